// A back-test whose quotes come from a log: read, checked, decoded, judged and traded on. Beside it, in the same run, the scan of the same log alone. The ticks
// are the FXCM ticks of May 2014 that the shared data hold; without them there is nothing to measure, and it says so.
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "actors/replay/backtest.hpp"
#include "actors/replay/composition.hpp"
#include "actors/replay/import.hpp"
#include "actors/replay/prepare.hpp"
#include "actors/replay/quotes_ahead.hpp"
#include "bench/harness.hpp"
#include "config/loader.hpp"
#include "persistence/rocksdb_log.hpp"

using namespace tomnext;
using namespace tomnext::bench;

namespace {

std::string shared_folder() {
  const char* set = std::getenv("TOMNEXT_SHARED_DATA");
  return set != nullptr ? set : std::string(TOMNEXT_SOURCE_DIR) + "/../shared/data";
}

config::deployment with_data(const std::string& data) {
  return must(config::load_text("data: [" + data +
                                    "]\ninstruments: {EUR/USD: {}, NZD/USD: {}}\naccount: {currency: USD, balance: 1000000}\n"
                                    "strategies: [{kind: ema_cross, instrument: EUR/USD, bars: 1m-mid, size: 100000, fast: 10, slow: 20}]\n",
                                "bench.yaml", "", {}));
}

/// The ticks of both pairs.
std::uint64_t import_ticks(const std::string& log) {
  std::string data;
  for (const std::string pair : {"eurusd", "nzdusd"}) {
    std::string files;
    for (const char* day : {"01", "02", "04", "05", "06", "07", "08", "09"})
      files += (files.empty() ? "" : ", ") + shared_folder() + "/market/lean/forex/fxcm/tick/" + pair + "/201405" + day + "_quote.zip";
    data +=
        std::string(data.empty() ? "" : ", ") + "{format: lean-tick, files: [" + files + "], instrument: " + (pair == "eurusd" ? "EUR/USD" : "NZD/USD") + "}";
  }
  const auto d = with_data(data);
  return must(replay::import_files({d.data, d.instruments, d.quality, log, {}})).accepted;
}

double scan_all(const std::string& directory) {
  auto log = must(persistence::open_log_for_reading(directory));
  const auto began = stopwatch::now();
  auto scan = must(log->scan(1));
  while (must(scan->next())) {}
  return seconds_since(began);
}

/// Every service in the loop, and nothing kept of what they say.
double run_alone(config::deployment d) {
  must(replay::prepare(d));
  replay::null_log none;
  replay::kernel<replay::null_log> k(none);
  must(replay::compose(d, {}, [&]<class S>(const replay::host_description& h, S service) { k.add(h, std::move(service)); }));
  const auto began = stopwatch::now();
  k.activate(0);
  replay::preamble(d, {}, [&](const auto& e) { k.input(e, d.begins, replay::configuration_ingress, 0); });
  const auto feed = must(replay::open_quotes_ahead(replay::feed_of(d)));
  must(replay::for_each_batch(*feed, {}, [&](std::span<const replay::judged_quote> batch) -> result<bool> {
    for (const auto& q : batch) hear(k, q);
    return true;
  }));
  k.end_of_data();
  if (k.failure()) stop(*k.failure());
  return seconds_since(began);
}

/// From open files to the report, the calendar's days apart.
double backtest(config::deployment d, const std::string& log) {
  must(replay::prepare(d));
  const auto began = stopwatch::now();
  replay::backtest_options o;
  o.log = log;
  (void)must(replay::run_backtest(d, o));
  return seconds_since(began);
}

}  // namespace

int main(int argc, char** argv) {
  harness h("log_backtest_bench", "A back-test whose quotes come from a log, beside the scan of that log.");
  h.parse(argc, argv);
  if (!std::filesystem::exists(shared_folder() + "/market/lean/forex/fxcm/tick")) {
    h.note("SKIPPED: no market/lean/forex/fxcm/tick in " + shared_folder() + "; TOMNEXT_SHARED_DATA names another folder");
    h.print();
    return 0;
  }
  const scratch_folder folder(h.folder());
  const auto quotes = folder / "quotes";
  const auto ticks = static_cast<double>(import_ticks(quotes));
  const auto d = with_data("{log: " + quotes + "}");
  std::vector<double> scanning, alone, hashed, durable;
  for (int i = 0; i < rounds; ++i) {
    scanning.push_back(scan_all(quotes));
    alone.push_back(run_alone(d));
    hashed.push_back(backtest(d, ""));
    durable.push_back(backtest(d, folder / "results"));
    std::filesystem::remove_all(folder / "results");
  }
  const double scan = ticks / median(scanning) / 1e6;
  h.add({"ticks of a log: checked, decoded, judged, traded", ticks / median(alone) / 1e6, "M ticks/s", "scan of the same log", scan, 8});
  h.add({"the same, results hashed", ticks / median(hashed) / 1e6, "M ticks/s", "scan of the same log", scan, {}});
  h.add({"the same, results durable", ticks / median(durable) / 1e6, "M ticks/s", "scan of the same log", scan, 5});
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  h.add({"most memory so far", static_cast<double>(use.ru_maxrss) / 1024, "MiB", "", 0, {}});
  h.note(std::to_string(static_cast<std::uint64_t>(ticks)) + " ticks");
  h.print();
  return 0;
}
