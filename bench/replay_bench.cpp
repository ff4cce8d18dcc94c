// Every decision of a recorded log made again and compared, beside what it cannot be faster than: the same log read, checked and decoded.
#include "actors/replay/decision_replay.hpp"
#include "bench/backtest_log.hpp"
#include "bench/harness.hpp"
#include "bench/market.hpp"
#include "persistence/rocksdb_log.hpp"

using namespace tomnext;
using namespace tomnext::bench;

namespace {

/// Seconds of a whole reading.
double read_all(const persistence::event_log& log, std::uint64_t& events) {
  const auto began = stopwatch::now();
  auto scan = must(log.scan(1));
  events = 0;
  for (;;) {
    auto g = must(scan->next());
    if (!g) return seconds_since(began);
    events += g->events.size();
  }
}

double replay_all(const persistence::event_log& log, const market& m, replay::decision_report& report) {
  auto hosts = must(replay::compose_hosts(m.d, {}));
  const auto began = stopwatch::now();
  report = must(replay::replay_decisions(log, std::move(hosts), {}));
  if (!report.identical()) stop({errc::log_corrupt, "event " + std::to_string(report.difference->seq) + " is decided otherwise"});
  return seconds_since(began);
}

}  // namespace

int main(int argc, char** argv) {
  harness h("replay_bench", "Decision replay: a recorded log decided again, beside a scan of it.");
  std::uint64_t repeats = 40;
  h.options().add_option("--repeats", repeats, "how often the month is taken")->check(CLI::Range(1, 1'000))->capture_default_str();
  h.parse(argc, argv);
  const scratch_folder folder(h.folder());
  const market m = load(repeats);
  {
    persistence::rocksdb_options o;
    o.when = persistence::durability::os;
    auto log = must(persistence::open_log(folder / "log", o));
    append_backtest(*log, m);
  }
  auto log = must(persistence::open_log_for_reading(folder / "log"));
  std::vector<double> reading, replaying;
  std::uint64_t events = 0;
  replay::decision_report report;
  for (int i = 0; i < rounds; ++i) {
    reading.push_back(read_all(*log, events));
    replaying.push_back(replay_all(*log, m, report));
  }
  const auto millions = static_cast<double>(events) / 1e6;
  h.add({"decision replay, read, decided and compared", millions / median(replaying), "M events/s", "scan of the same log", millions / median(reading), 5.0});
  h.note(std::to_string(events) + " events, " + std::to_string(report.inputs) + " inputs of hosts, " + std::to_string(report.compared) + " decisions compared");
  h.print();
  return 0;
}
