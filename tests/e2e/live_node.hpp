// A node as an operator runs it: `tomnext run` beside the test, asked over HTTP.
#pragma once
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "actors/api/http_client.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/e2e/tool.hpp"

namespace tomnext::tests {

using nlohmann::json;

class live_node {
 public:
  /// `further`: options of `run` behind the configuration and the log.
  live_node(const std::string& configuration, const std::string& log, const std::vector<std::string>& further = {})
      : process_(std::string(TOMNEXT_BINARY_DIR) + "/tomnext", command(configuration, log, further)) {}

  background_process& process() { return process_; }
  /// Where it answers; waits until it says so. Empty where it ended instead.
  std::string url() {
    if (!url_.empty()) return url_;
    const auto told = eventually([this] {
      const auto text = process_.err();
      const auto begin = text.find("http://");
      const auto end = text.find(" answers", begin);
      if (begin != std::string::npos && end != std::string::npos) url_ = text.substr(begin, end - begin);
      return !url_.empty() || process_.ended();
    });
    INFO(process_.err());
    CHECK(told);
    return url_;
  }
  result<api::http_response> get(const std::string& path) { return api::http_get(url() + path, std::chrono::seconds(10)); }
  result<api::http_response> post(const std::string& path, const std::string& body) { return api::http_post(url() + path, body, std::chrono::seconds(10)); }
  /// Its answer as JSON; null where it does not answer, or not with 200.
  json ask(const std::string& path) {
    const auto answer = get(path);
    return answer && answer->status == 200 ? json::parse(answer->body, nullptr, false) : json();
  }
  /// What it says of one actor; null where it has none of that name.
  json actor(const std::string& name) {
    const auto all = ask("/api/v1/actors");
    if (all.is_array())
      for (const auto& a : all)
        if (a["name"] == name) return a;
    return {};
  }
  bool ready() {
    const auto answer = get("/readyz");
    return answer && answer->status == 200;
  }
  /// The seq up to which it has acknowledged; 0 where it does not answer.
  std::uint64_t durable() {
    const auto log = ask("/api/v1/log");
    return log.is_object() ? log["durable"].get<std::uint64_t>() : 0;
  }

 private:
  static std::vector<std::string> command(const std::string& configuration, const std::string& log, const std::vector<std::string>& further) {
    std::vector<std::string> all{"run", configuration, "--log", log, "--json"};
    all.insert(all.end(), further.begin(), further.end());
    return all;
  }
  background_process process_;
  std::string url_;
};

/// Runs a node to its end, and requires a good one.
inline json run_to_end(const std::string& configuration, const std::string& log, const std::vector<std::string>& further = {}) {
  live_node n(configuration, log, further);
  const auto p = n.process().wait();
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  return json::parse(p.out);
}

/// The back-test of a configuration, with its log.
inline json backtest_into(const std::string& configuration, const std::string& log, const std::vector<std::string>& further = {}) {
  std::vector<std::string> words{"backtest", configuration, "--log", log, "--json"};
  words.insert(words.end(), further.begin(), further.end());
  const auto p = tomnext_tool(words);
  INFO(p.err);
  REQUIRE(p.exit_code == 0);
  return json::parse(p.out);
}

/// `log compare` says that they are the same; `least`: so many events at least were compared.
inline void check_identical(const std::string& left, const std::string& right, std::uint64_t least) {
  const auto p = tomnext_tool({"log", "compare", left, right, "--json"});
  INFO(left << " and " << right << ": " << p.err << p.out);
  REQUIRE(p.exit_code == 0);
  const auto j = json::parse(p.out);
  CHECK(j["identical"] == true);
  CHECK(j["compared"].get<std::uint64_t>() >= least);
}

inline json verify(const std::string& log) {
  const auto p = tomnext_tool({"log", "verify", log, "--json"});
  INFO(log << ": " << p.err << p.out);
  REQUIRE(p.exit_code == 0);
  return json::parse(p.out);
}

/// Calls f(event) for every event of a log.
template <class F> void each_event(const std::string& directory, F&& f) {
  auto log = persistence::open_log_for_reading(directory);
  if (!log) FAIL(log.error().message);
  auto scan = (*log)->scan(1);
  if (!scan) FAIL(scan.error().message);
  for (;;) {
    auto group = (*scan)->next();
    if (!group) FAIL(group.error().message);
    if (!*group) return;
    for (const auto& e : (*group)->events) f(e);
  }
}
template <class E> std::vector<E> events_of(const std::string& directory) {
  std::vector<E> all;
  each_event(directory, [&](const event& e) {
    if (const auto* payload = e.get_if<E>()) all.push_back(*payload);
  });
  return all;
}

inline std::string demo_file() { return shipped_data("demo.yaml"); }
inline std::string lean_configuration() {
  return "data: [{format: lean-tick, files: [" + shipped_data("lean/20140505_quote.zip") +
         "], instrument: EUR/USD}]\n"
         "account: {currency: USD, balance: 1000000, positions: hedging}\n"
         "strategies: [{kind: ema_cross, name: cross, instrument: EUR/USD, bars: 1m-mid, fast: 5, slow: 10, size: 100000}]\n";
}
/// The demo's market, two strategies on bars of different length and side, an account in another currency, limits that deny now and then.
inline std::string two_strategies_configuration() {
  return "data: [{format: fxcm-m1, bid: " + shipped_data("fxcm/gbpusd-m1-bid-2012.csv.gz") + ", ask: " + shipped_data("fxcm/gbpusd-m1-ask-2012.csv.gz") +
         ", instrument: GBP/USD, stamp: close}]\n"
         "account: {currency: USD, balance: 1000000, positions: netting}\nvenue: {commission_rate: 0.00002}\nrisk: {position_max: 600000}\n"
         "strategies:\n"
         "  - {kind: ema_cross, name: quick, instrument: GBP/USD, bars: 3m-bid, fast: 4, slow: 9, size: 300000}\n"
         "  - {kind: ema_cross, name: slow, instrument: GBP/USD, bars: 15m-mid, fast: 10, slow: 20, size: 500000}\n";
}

/// G1 and G2 with the comparison's financing.
inline std::string comparison_configuration(bool bars_as_feed) {
  return "data: [{format: fxcm-m1, bid: " + shipped_data("fxcm/gbpusd-m1-bid-2012.csv.gz") + ", ask: " + shipped_data("fxcm/gbpusd-m1-ask-2012.csv.gz") +
         ", instrument: GBP/USD, stamp: close, as: " + (bars_as_feed ? "bars_as_feed" : "ticks") +
         "}]\n"
         "bars: {without_updates: true}\nquality: {flagged_quotes_trade: true}\ninstruments: {GBP/USD: {displayed_size: " +
         (bars_as_feed ? "250000" : "1000000") + "}}\naccount: {currency: " + (bars_as_feed ? "USD" : "GBP") +
         ", balance: 1000000, positions: hedging}\nvenue: {commission_rate: 0.00002}\n"
         "portfolio: {financing: compat, interest_rates: " +
         shipped_data("rates/short-term-interest-2011-2012.csv") +
         "}\n"
         "strategies: [{kind: ema_cross, name: cross, instrument: GBP/USD, bars: " +
         (bars_as_feed ? "1m-bid" : "5m-mid") + ", size: 1000000, ema_seed: first_close}]\n";
}

}  // namespace tomnext::tests
