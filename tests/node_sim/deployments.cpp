#include "tests/node_sim/deployments.hpp"

#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "actors/replay/backtest.hpp"
#include "actors/replay/prepare.hpp"
#include "config/loader.hpp"
#include "tests/crash/fast_folder.hpp"
#include "tests/node_sim/chance.hpp"
#include "tests/support/catch.hpp"

namespace tomnext::tests {
namespace {

constexpr int minutes = 110;

fast_folder& scratch() {
  static fast_folder folder;
  return folder;
}

std::string time_text(std::int64_t seconds) {
  const std::time_t s = seconds;
  std::tm t{};
  gmtime_r(&s, &t);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S+00:00", &t);
  return text;
}
std::string price_text(std::int64_t points) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%05lld", static_cast<long long>(points / 100'000), static_cast<long long>(points % 100'000));
  return text;
}

/// One-minute bars of a random walk, in points of 10^-5. `broken_line`: one minute in the middle has no readable price.
void write_market(const std::string& bid_file, const std::string& ask_file, std::uint64_t seed, std::int64_t begin, bool broken_line) {
  chance c(seed);
  std::ofstream bid(bid_file), ask(ask_file);
  for (auto* f : {&bid, &ask}) *f << "timestamp,open,high,low,close\n";
  auto last = static_cast<std::int64_t>(150'000 + c.below(20'000));
  for (int m = 0; m < minutes; ++m) {
    if (m % 23 == 7) continue;  // nothing traded
    const auto when = time_text(begin + m * 60);
    if (broken_line && m == minutes / 2) {
      bid << when << ",1.5,x,1.5,1.5\n";
      ask << when << ",1.5,1.5,1.5,1.5\n";
      continue;
    }
    const auto open = last;
    const auto close = open + static_cast<std::int64_t>(c.below(121)) - 60;
    const auto high = std::max(open, close) + static_cast<std::int64_t>(c.below(20));
    const auto low = std::min(open, close) - static_cast<std::int64_t>(c.below(20));
    const auto spread = static_cast<std::int64_t>(5 + c.below(20));
    for (const bool is_bid : {true, false}) {
      auto& out = is_bid ? bid : ask;
      out << when;
      for (const auto p : {open, high, low, close}) out << "," << price_text(is_bid ? p : p + spread);
      out << "\n";
    }
    last = close;
  }
}

/// Snapshots every few seconds, of which one may wait; and what fails each time, since this log lies on no disk.
const std::string jobs =
    "node:\n  jobs:\n    - {name: snapshots, schedule: '*/3 * * * * *', overlap: queue_one, timeout_s: 60, action: snapshot_hosts}\n"
    "    - {name: backup, schedule: '*/10 * * * * *', missed: run_all, missed_max: 3, action: log_backup, target: nowhere}\n";

/// What differs between the variants: one pair or two, netting or hedging, small books (fills in parts), tight limits (denials), a broken line (rejected),
/// jobs by the calendar.
std::string yaml_of(std::uint64_t v) {
  const bool two_pairs = v % 3 == 2;
  const bool broken_line = v % 4 == 1;
  const std::string folder = scratch() / "";
  // A Thursday evening: the trading day rolls at 22:00 UTC. Variants begin at different minutes before it.
  const std::int64_t begin = 1'328'216'400 - 2'400 + static_cast<std::int64_t>(v) * 240;
  std::string data;
  for (const std::string pair : {"GBP/USD", "EUR/USD"}) {
    if (pair == "EUR/USD" && !two_pairs) break;
    const auto stem = folder + pair.substr(0, 3) + std::to_string(v);
    write_market(stem + "-bid.csv", stem + "-ask.csv", v * 2 + (pair == "EUR/USD" ? 1 : 0) + 77, begin, broken_line && pair == "GBP/USD");
    data += "  - {format: fxcm-m1, bid: " + stem + "-bid.csv, ask: " + stem + "-ask.csv, instrument: " + pair + ", stamp: close}\n";
  }
  return "data:\n" + data + "quality: {malformed_lines: reject, spike_threshold: 0}\n" +
         "instruments:\n  GBP/USD: {displayed_size: " + (v % 2 == 0 ? "30000" : "0") + "}\n" +
         "account: {currency: USD, balance: 1000000, positions: " + (v % 5 == 3 ? "hedging" : "netting") + "}\nvenue: {commission_rate: 0.00002}\n" +
         (v % 4 == 2 ? "risk: {position_max: 150000, orders_per_second_max: 2}\n" : "") + "monitoring: {drawdown: 0.0002}\nstrategies:\n" +
         "  - {kind: ema_cross, name: cross, instrument: GBP/USD, bars: 1m-mid, fast: 2, slow: 4, size: 100000}\n" +
         "  - {kind: fragile, name: fragile, instrument: " + (two_pairs ? "EUR/USD" : "GBP/USD") + ", bars: 1m-mid, size: 50000}\n" + (v % 4 == 3 ? jobs : "");
}

std::vector<event> events_of(const persistence::event_log& log) {
  std::vector<event> all;
  auto scan = log.scan(1);
  if (!scan) FAIL(scan.error().message);
  for (;;) {
    auto g = (*scan)->next();
    if (!g) FAIL(g.error().message);
    if (!*g) return all;
    all.insert(all.end(), (*g)->events.begin(), (*g)->events.end());
  }
}

std::unique_ptr<small_deployment> make(std::uint64_t v) {
  auto made = std::make_unique<small_deployment>();
  auto d = config::load_text(yaml_of(v), "small.yaml", "", {});
  if (!d) FAIL(d.error().message);
  if (auto ready = replay::prepare(*d); !ready) FAIL(ready.error().message);
  auto parts = replay::load_models(*d, "");
  if (!parts) FAIL(parts.error().message);
  made->what = std::move(*d);
  made->parts = std::move(*parts);
  const auto results = scratch() / ("backtest" + std::to_string(v));
  if (auto report = replay::run_backtest(made->what, {results, {}}); !report) FAIL(report.error().message);
  auto log = persistence::open_log_for_reading(results);
  if (!log) FAIL(log.error().message);
  made->backtest = events_of(**log);
  for (const auto& e : made->backtest)
    if (e.is<quote_accepted>() || e.is<quote_rejected>()) ++made->quotes;
  return made;
}

}  // namespace

small_deployment& deployment_of(std::uint64_t variant) {
  static std::map<std::uint64_t, std::unique_ptr<small_deployment>> made;
  auto& d = made[variant % deployments];
  if (!d) d = make(variant % deployments);
  return *d;
}

}  // namespace tomnext::tests
