#include "actors/replay/decision_replay.hpp"

#include "actors/replay/backtest.hpp"
#include "actors/replay/log_deployment.hpp"
#include "actors/replay/prepare.hpp"
#include "actors/replay/why.hpp"
#include "config/loader.hpp"
#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;

namespace {

// A back-test over the demo's data, once for all tests of this file.
struct recorded {
  tests::market_folder folder{"replay"};
  replay::backtest_report report;
  std::unique_ptr<persistence::event_log> log;

  recorded() {
    auto d = config::load(tests::shipped_data("demo.yaml"), {});
    if (!d) std::abort();
    auto r = replay::run_backtest(*d, {folder.file("log"), {}});
    if (!r) std::abort();
    report = *r;
    auto opened = persistence::open_log_for_reading(folder.file("log"));
    if (!opened) std::abort();
    log = std::move(*opened);
  }
};
recorded& run_once() {
  static recorded r;
  return r;
}

// What the log says of itself is enough.
std::vector<replay::composed_host> hosts_from_log(const persistence::event_log& log, const std::string& directory,
                                                  const std::vector<config::override_setting>& overrides = {}) {
  auto made = replay::deployment_of_log(log, directory, overrides);
  if (!made) FAIL(made.error().message);
  auto hosts = replay::compose_hosts(made->deployment, made->parts);
  if (!hosts) FAIL(hosts.error().message);
  return std::move(*hosts);
}
std::vector<replay::composed_host> hosts_from_log(const recorded& r, const std::vector<config::override_setting>& overrides = {}) {
  return hosts_from_log(*r.log, r.folder.file("log"), overrides);
}

replay::decision_report verify(const persistence::event_log& log, std::vector<replay::composed_host> hosts) {
  auto r = replay::replay_decisions(log, std::move(hosts), {});
  if (!r) FAIL(r.error().message);
  return *r;
}

// The recorded log with some events changed, in memory. Removed events close the gap: seqs are given anew, causes follow.
template <class Change> std::unique_ptr<persistence::memory_log> changed_log(const persistence::event_log& log, Change change) {
  auto copy = std::make_unique<persistence::memory_log>();
  auto scan = log.scan(1);
  REQUIRE(scan);
  std::map<std::uint64_t, std::uint64_t> renumbered;
  std::uint64_t seq = 0;
  for (;;) {
    auto g = (*scan)->next();
    REQUIRE(g);
    if (!*g) break;
    auto made = std::make_shared<persistence::group>();
    made->epoch = (*g)->epoch;
    for (event e : (*g)->events) {
      if (!change(e)) continue;
      renumbered[e.head.seq] = ++seq;
      e.head.seq = seq;
      if (e.head.cause != 0) e.head.cause = renumbered.at(e.head.cause);
      if (e.head.host.value >= replay::first_composed_host) e.head.position = e.head.cause;
      if (e.head.correlation != 0) e.head.correlation = renumbered.at(e.head.correlation);
      made->events.push_back(e);
    }
    if (made->events.empty()) continue;
    const persistence::group_ref ref = made;
    REQUIRE(copy->append({&ref, 1}));
  }
  return copy;
}

}  // namespace

TEST_CASE("every decision of a back-test's log is made again, from the log alone", "[replay]") {
  auto& r = run_once();
  const auto v = verify(*r.log, hosts_from_log(r));
  REQUIRE(v.identical());
  CHECK(v.events == r.report.events);
  CHECK(v.pending == 0);
  CHECK(v.skipped.empty());
  CHECK(v.compared > 40'000);
  CHECK(v.state_hash == r.report.state_hash);
}

TEST_CASE("with one parameter changed the first difference is named with both values", "[replay]") {
  auto& r = run_once();
  const auto v = verify(*r.log, hosts_from_log(r, {{"strategies.0.fast", "9"}}));
  REQUIRE_FALSE(v.identical());
  CHECK(v.difference->host == "strategy_execution/cross");
  REQUIRE(v.difference->recorded);
  REQUIRE(v.difference->decided);
  auto cause = replay::event_at(*r.log, v.difference->decided->head.cause);
  REQUIRE(cause);
  CHECK(cause->is<bar_closed>());
}

TEST_CASE("a changed payload, a missing reaction and an invented one are differences", "[replay]") {
  auto& r = run_once();
  std::uint64_t n = 0;
  SECTION("a fill's price") {
    auto log = changed_log(*r.log, [&](event& e) {
      if (!e.is<order_filled>() || ++n != 100) return true;
      auto f = e.as<order_filled>();
      f.at_price.value += 10'000;
      e.set(f);
      return true;
    });
    const auto v = verify(*log, hosts_from_log(r));
    REQUIRE(v.difference);
    CHECK(v.difference->host == "trading_gateway/simulated");
    CHECK(v.difference->recorded->as<order_filled>().at_price.value == v.difference->decided->as<order_filled>().at_price.value + 10'000);
  }
  SECTION("a valuation is left out, and nothing answers to it") {
    std::uint64_t cause = 0;
    auto log = changed_log(*r.log, [&](event& e) {
      if (!e.is<account_valued>() || ++n != 300) return true;
      cause = e.head.cause;
      return false;
    });
    const auto v = verify(*log, hosts_from_log(r));
    REQUIRE(v.difference);
    CHECK(v.difference->host == "portfolio_management/account:1");
    CHECK(v.difference->seq == cause);
    CHECK(v.difference->decided->is<account_valued>());
  }
  SECTION("an event that nobody decided") {
    auto log = changed_log(*r.log, [&](event& e) {
      if (e.is<feature_vector_updated>() && ++n == 50) e.head.host = host_id{16};  // in the venue's name
      return true;
    });
    const auto v = verify(*log, hosts_from_log(r));
    REQUIRE(v.difference);
    CHECK(v.difference->host == "trading_gateway/venue");
    CHECK(v.difference->recorded);
  }
}

TEST_CASE("a log that ends in the middle of its reactions is no difference, but says so", "[replay]") {
  auto& r = run_once();
  bool cut = false;
  std::uint64_t n = 0;
  auto log = changed_log(*r.log, [&](event& e) {
    cut = cut || (e.is<order_filled>() && ++n == 10);
    return !cut;
  });
  const auto v = verify(*log, hosts_from_log(r));
  CHECK(v.identical());
  CHECK(v.pending > 0);
}

TEST_CASE("what another version decided is folded, named and not compared", "[replay]") {
  auto& r = run_once();
  // The strategy's version, and some of its decisions, are of another build.
  auto log = changed_log(*r.log, [&](event& e) {
    if (const auto* a = e.get_if<host_activated>(); a != nullptr && a->name == text("strategy_execution/cross")) {
      auto other = *a;
      other.service_version = 7;
      e.set(other);
    }
    if (const auto* s = e.get_if<signal_stage_changed>()) {
      auto other = *s;
      other.why = "in other words";
      e.set(other);
    }
    return true;
  });
  const auto v = verify(*log, hosts_from_log(r));
  REQUIRE(v.identical());
  REQUIRE(v.skipped.size() == 1);
  CHECK(v.skipped[0].host == "strategy_execution/cross");
  CHECK(v.skipped[0].recorded_version == 7);
  CHECK(v.state_hash == r.report.state_hash);
}

TEST_CASE("an input that was parked is passed over here too", "[replay]") {
  auto& r = run_once();
  std::uint64_t all = 0, n = 0, parked = 0;
  (void)changed_log(*r.log, [&](event& e) {
    all += e.is<regime_assessed>() ? 1 : 0;
    return true;
  });
  REQUIRE(all > 10);
  // In the place of the last answer of its host stands that the host passed the input over.
  auto log = changed_log(*r.log, [&](event& e) {
    if (!e.is<regime_assessed>() || ++n != all) return true;
    parked = e.head.cause;
    e.set(input_parked{parked, "killed this host 3 times: boom", "analysis_engine/analysis:GBP/USD"});
    return true;
  });
  const auto v = verify(*log, hosts_from_log(r));
  INFO("input " << parked);
  CHECK(v.identical());
  CHECK(v.pending == 1);  // the alert that says so, which this log ends without
}

TEST_CASE("a log of other hosts is refused by name", "[replay]") {
  auto& r = run_once();
  auto v = replay::replay_decisions(*r.log, hosts_from_log(r, {{"strategies.0.name", "other"}}), {});
  REQUIRE_FALSE(v);
  CHECK_THAT(v.error().message, tests::has_part("strategy_execution/cross") && tests::has_part("strategy_execution/other"));
}

TEST_CASE("why: a right-open bar has the quote at its opening, and not the one at its close", "[replay]") {
  persistence::memory_log log;
  auto g = std::make_shared<persistence::group>();
  g->epoch = 1;
  const auto add = [&](const auto& payload, timestamp at) {
    header h;
    h.seq = g->events.size() + 1;
    h.at = at;
    h.cause = h.seq == 3 ? 2 : 0;
    g->events.emplace_back(h, payload);
  };
  for (const auto at : {timestamp{minute_ns}, timestamp{2 * minute_ns}})
    add(quote_accepted{instrument_id{1}, price{100}, price{100}, {}, {}, at, 0, g->events.size() + 1}, at);
  const price p{100};
  add(bar_closed{instrument_id{1}, 60, price_side::bid, {minute_ns}, {2 * minute_ns}, p, p, p, p, 1, bar_interval::right_open}, {2 * minute_ns});
  const persistence::group_ref whole = g;
  REQUIRE(log.append({&whole, 1}));
  const auto tree = replay::why(log, 3);
  REQUIRE(tree);
  REQUIRE(tree->causes.size() == 2);  // the cause, and the quote that gave all four prices
  CHECK(tree->causes[1].what.head.seq == 1);
}

TEST_CASE("why: the last fill leads to the quotes that made its bar, and to its book", "[replay]") {
  auto& r = run_once();
  auto fills = replay::last_of(*r.log, order_filled::type_number);
  REQUIRE(fills);
  // The last fill closes at the end of the data; the one before it belongs to a signal.
  std::uint64_t seq = 0;
  auto scan = r.log->scan(1);
  REQUIRE(scan);
  for (;;) {
    auto g = (*scan)->next();
    REQUIRE(g);
    if (!*g) break;
    for (const auto& e : (*g)->events)
      if (e.is<order_filled>() && e.head.seq < fills->head.seq) seq = e.head.seq;
  }
  auto tree = replay::why(*r.log, seq);
  REQUIRE(tree);
  const auto text = replay::to_tree(*tree);
  INFO(text);
  for (const char* step :
       {"order_filled", "venue_order_reported", "send_started", "order_approved", "order_intended", "bar_closed", "quote_accepted", "book: "})
    CHECK_THAT(text, tests::has_part(step));
  // The bar's quotes are named by what they gave.
  for (const char* role : {"open", "high", "low", "close"}) CHECK_THAT(text, tests::has_part(role));
  auto last = replay::why(*r.log, fills->head.seq);
  REQUIRE(last);
  CHECK_THAT(replay::to_tree(*last), tests::has_part("source_state_changed") && tests::has_part("quote_accepted"));
}

TEST_CASE("a model's bytes lie beside the log, and its decisions are made again from there", "[replay]") {
  tests::market_folder folder("model");
  const auto file = folder.file("model.json");
  std::filesystem::copy_file(tests::shipped_data("ml/gbtree_binary_logistic_missing.model.json"), file);
  const auto deployment = [&](const std::string& features) {
    return config::load(tests::shipped_data("demo.yaml"),
                        {{"models", "[{name: trees, file: " + file + ", instrument: GBP/USD" + features + "}]"}, {"strategies.0.confirm_by_model", "true"}});
  };
  // The file names no features: which of ours they are must be said, all of them, and by their names.
  const auto refused = [&](const std::string& features) {
    auto bad = deployment(features);
    REQUIRE(bad);
    auto ran = replay::run_backtest(*bad, {});
    REQUIRE_FALSE(ran);
    return ran.error().message;
  };
  CHECK_THAT(refused(""), tests::has_part("reads 4 features without names") && tests::has_part("ema_20, log_return_1"));
  CHECK_THAT(refused(", features: [ema_20]"), tests::has_part("reads 4 features, 1 are listed"));
  CHECK_THAT(refused(", features: [ema_20, spread, atr_14, atr_15]"), tests::has_part("'atr_15'"));

  auto d = deployment(", features: [spread, log_return_1, atr_14, volatility_20]");
  if (!d) FAIL(d.error().message);
  auto report = replay::run_backtest(*d, {folder.file("log"), {}});
  if (!report) FAIL(report.error().message);
  std::filesystem::remove(file);  // nothing but the log is needed from here on
  auto log = persistence::open_log_for_reading(folder.file("log"));
  REQUIRE(log);
  auto added = replay::last_of(**log, model_file_added::type_number);
  REQUIRE(added);
  CHECK(added->as<model_file_added>().name == text("trees"));
  auto given = replay::last_of(**log, signal_confirmation_given::type_number);
  REQUIRE(given);
  auto predicted = replay::last_of(**log, prediction_made::type_number);
  REQUIRE(predicted);
  CHECK(predicted->as<prediction_made>().model_hash == added->as<model_file_added>().content_hash);
  CHECK(predicted->as<prediction_made>().probability > 0);
  auto vector = replay::last_of(**log, feature_vector_updated::type_number);
  REQUIRE(vector);
  CHECK(predicted->as<prediction_made>().vector_hash == vector->as<feature_vector_updated>().vector_hash);
  const auto v = verify(**log, hosts_from_log(**log, folder.file("log")));
  CHECK(v.identical());
  CHECK(v.state_hash == report->state_hash);
  // A model file that is gone stops the run by name.
  auto gone = replay::run_backtest(*d, {folder.file("other"), {}});
  REQUIRE_FALSE(gone);
  CHECK_THAT(gone.error().message, tests::has_part("model trees") && tests::has_part("model.json"));
  CHECK_FALSE(std::filesystem::exists(folder.file("other")));
}

TEST_CASE("a log of market data has no decisions to make again", "[replay]") {
  persistence::memory_log empty;
  auto made = replay::deployment_of_log(empty, "nowhere", {});
  REQUIRE_FALSE(made);
  CHECK_THAT(made.error().message, tests::has_part("no configuration"));
}
