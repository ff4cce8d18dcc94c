// The back-test loop on G1 repeated 100 times: in memory, hashed, and with its log written durably. Beside the last one, in the same run, the bare
// write and fdatasync of the same bytes. Medians of five rounds; reading the files is stated apart.
#include <time.h>

#include <functional>
#include <string>
#include <vector>

#include "actors/replay/composition.hpp"
#include "actors/replay/group_builder.hpp"
#include "actors/replay/log_writer.hpp"
#include "actors/replay/result_log.hpp"
#include "bench/counting_log.hpp"
#include "bench/harness.hpp"
#include "bench/market.hpp"
#include "bench/raw_file.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/memory_log.hpp"

using namespace tomnext;
using namespace tomnext::bench;

namespace {

double seconds_of(const std::function<void()>& work) {
  const auto began = stopwatch::now();
  work();
  return seconds_since(began);
}

/// CPU time of this thread, or of all: what the loop costs where other programs want the cores too.
double cpu_s(clockid_t whose) {
  timespec t{};
  ::clock_gettime(whose, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct figures {
  double loop_s = 0, thread_s = 0, process_s = 0;
  std::uint64_t events = 0;
};
struct series {
  std::vector<double> loop, thread, process;
  void add(const figures& f) {
    loop.push_back(f.loop_s);
    thread.push_back(f.thread_s);
    process.push_back(f.process_s);
  }
};

template <class Log> figures run(const market& m, Log& log, const std::function<void()>& end = {}) {
  replay::kernel<Log> k(log);
  must(replay::compose(m.d, {}, [&]<class S>(const replay::host_description& h, S service) { k.add(h, std::move(service)); }));
  figures f;
  const double thread = cpu_s(CLOCK_THREAD_CPUTIME_ID), process = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
  f.loop_s = seconds_of([&] {
    k.activate(0);
    replay::preamble(m.d, {}, [&](const auto& e) { k.input(e, m.d.begins, replay::configuration_ingress, 0); });
    for (const auto& q : m.quotes) k.quote(q);
    k.end_of_data();
    if (end) end();
  });
  f.thread_s = cpu_s(CLOCK_THREAD_CPUTIME_ID) - thread;
  f.process_s = cpu_s(CLOCK_PROCESS_CPUTIME_ID) - process;
  if (k.failure()) stop(*k.failure());
  f.events = k.seq();
  return f;
}

/// Of the whole log: what its groups come to as rows.
std::uint64_t encoded_bytes(const market& m) {
  std::uint64_t bytes = 0;
  std::string buffer;
  replay::group_builder builder(1, [&](persistence::group_ref g) {
    persistence::encode_group(*g, {}, buffer);
    bytes += buffer.size();
  });
  (void)run(m, builder, [&] { builder.flush(); });
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  harness h("backtest_bench", "The back-test loop on G1 repeated: in memory, hashed, and with its log written durably.");
  std::uint64_t repeats = 100;
  std::string only;
  h.options().add_option("--only", only, "one row alone, for a profile")->check(CLI::IsMember({"memory", "hashed", "durable"}));
  h.options().add_option("--repeats", repeats, "how often the month is taken")->check(CLI::Range(1, 1'000))->capture_default_str();
  h.parse(argc, argv);
  const scratch_folder folder(h.folder());
  const market m = load(repeats);
  const auto ticks = static_cast<double>(m.quotes.size());

  series memory, hashed, durable;
  std::vector<double> raw, commits;
  std::uint64_t events = 0;
  const std::uint64_t bytes = only.empty() || only == "durable" ? encoded_bytes(m) : 0;
  const auto wanted = [&](const char* name) { return only.empty() || only == name ? rounds : 0; };
  for (int i = 0; i < wanted("memory"); ++i) {
    replay::null_log none;
    const auto f = run(m, none);
    memory.add(f);
    events = f.events;
  }
  for (int i = 0; i < wanted("hashed"); ++i) {
    persistence::memory_log log(persistence::retention::hash_only);
    replay::log_writer writer(log);
    replay::group_builder builder(1, [&](persistence::group_ref g) { writer.write(std::move(g)); });
    hashed.add(run(m, builder, [&] {
      builder.flush();
      (void)must(writer.finish());
    }));
  }
  for (int i = 0; i < wanted("durable"); ++i) {
    const std::string directory = folder / "log";
    {
      auto results = must(replay::result_log::begin(directory));
      counting_log counted(results.log());
      replay::log_writer writer(counted);
      replay::group_builder builder(results.log().head().epoch, [&](persistence::group_ref g) { writer.write(std::move(g)); });
      durable.add(run(m, builder, [&] {
        builder.flush();
        (void)must(writer.finish());
        must(results.finish());
      }));
      commits.push_back(static_cast<double>(counted.commits()));
    }
    std::filesystem::remove_all(directory);
    raw.push_back(sum(raw_appends(folder / "raw", bytes, 1)) / 1e6);
  }

  const auto row = [&](const char* name, const series& x, std::optional<double> target, const char* peer, double peer_s) {
    if (x.loop.empty()) return;
    const double s = median(x.loop);
    h.add({name, ticks / s / 1e6, "M ticks/s", peer, peer_s > 0 ? ticks / peer_s / 1e6 : 0, target});
    h.note(std::string(name) + ": median " + std::to_string(s) + " s; CPU of the loop's thread " + std::to_string(median(x.thread)) + " s, of all " +
           std::to_string(median(x.process)) + " s");
  };
  row("back-test in memory", memory, 15, "", 0);
  row("back-test, its log encoded and hashed", hashed, 8, "", 0);
  row("back-test, its log written durably", durable, 5, "bare write+fdatasync of the same bytes", raw.empty() ? 0 : median(raw));
  h.add({"reading and judging (one month, not in the loop)", static_cast<double>(m.month) / m.reading_s / 1e6, "M ticks/s", "", 0, {}});
  h.note(std::to_string(m.quotes.size()) + " ticks, " + std::to_string(events) + " events, " + std::to_string(bytes) + " bytes of rows, " +
         std::to_string(static_cast<std::uint64_t>(commits.empty() ? 0 : median(commits))) + " commits");
  h.print();
  return 0;
}
