#include "actors/replay/backtest.hpp"

#include "config/loader.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using tests::market_folder;

namespace {

config::deployment demo(const std::vector<config::override_setting>& overrides = {}) {
  auto d = config::load(tests::shipped_data("demo.yaml"), overrides);
  if (!d) FAIL(d.error().message);
  return *d;
}

replay::backtest_report run(const config::deployment& d, const replay::backtest_options& options = {}) {
  auto r = replay::run_backtest(d, options);
  if (!r) FAIL(r.error().message);
  return *r;
}

// The configuration file of an oracle's case.
std::string yaml_of(const oracle::settings& s) {
  std::string y = "data:\n";
  auto symbol = [](const oracle::pair_data& p) { return p.base + "/" + p.quote; };
  for (const auto& p : s.pairs)
    y += "  - {format: fxcm-m1, bid: " + p.bid_file + ", ask: " + p.ask_file + ", instrument: " + symbol(p) +
         ", stamp: " + (s.stamp_to_close_ms == 0 ? "close" : "open") + "}\n";
  y += "instruments:\n";
  for (const auto& p : s.pairs)
    y += "  " + symbol(p) + ": {price_precision: " + std::to_string(p.decimals) + ", displayed_size: " + std::to_string(s.displayed) + "}\n";
  y += std::string("bars: {without_updates: ") + (s.empty_bars ? "true" : "false") + "}\nquality: {flagged_quotes_trade: true}\n";
  y += "account: {currency: " + s.account + ", balance: " + std::to_string(s.balance / oracle::ten_to(oracle::digits_of(s.account))) +
       ", positions: " + (s.hedging ? "hedging" : "netting") + "}\n";
  char rate[32];
  std::snprintf(rate, sizeof rate, "0.%09lld", static_cast<long long>(s.commission_ppb));
  y += std::string("venue: {commission_rate: ") + rate + "}\nresearch: {enabled: false}\nstrategies:\n";
  for (std::size_t i = 0; i < s.strategies.size(); ++i) {
    const auto& st = s.strategies[i];
    y += "  - {kind: ema_cross, name: s" + std::to_string(i) + ", instrument: " + symbol(s.pairs[static_cast<std::size_t>(st.pair)]) +
         ", bars: " + std::to_string(st.step_s) + "s-" +
         (st.from == 'm'   ? "mid"
          : st.from == 'b' ? "bid"
                           : "ask") +
         ", fast: " + std::to_string(st.fast) + ", slow: " + std::to_string(st.slow) + ", size: " + std::to_string(st.size) + ", ema_seed: first_close}\n";
  }
  return y;
}

void compare_with_oracle(const oracle::settings& s, bool trades = true) {
  const auto text = yaml_of(s);
  INFO(text);
  auto d = config::load_text(text, "case.yaml", "", {});
  if (!d) FAIL(d.error().message);
  const auto wanted = oracle::run(s).go();
  const auto got = run(*d);
  CHECK(got.ticks == wanted.ticks);
  CHECK(got.bars == wanted.bars);
  CHECK(got.denied_orders == 0);
  CHECK(got.orders == wanted.orders);
  CHECK(got.fills == wanted.fills);
  CHECK(got.positions == wanted.positions);
  CHECK(got.final_balance.value == wanted.balance);
  if (trades) CHECK(wanted.orders > 20);
}

}  // namespace

TEST_CASE("G1 comes out as published, by the general rules", "[backtest]") {
  const auto r = run(demo());
  CHECK(r.ticks == 120'468);
  CHECK(r.bars == 8'353);
  CHECK(r.orders == 570);
  CHECK(r.fills == 570);
  CHECK(r.positions == 285);
  CHECK(tomnext::to_string(r.final_balance, r.minor_units) == "962062.51");
  CHECK(r.denied_orders == 0);
  CHECK(r.rejected_ticks == 0);
}

TEST_CASE("the oracle itself finds G1", "[backtest]") {
  oracle::settings s;
  s.pairs = {tests::gbp_usd()};
  s.stamp_to_close_ms = 0;
  s.account = "GBP";
  s.balance = 100'000'000;
  s.empty_bars = true;
  s.displayed = 1'000'000;
  s.commission_ppb = 20'000;
  s.strategies = {{0, 10, 20, 300, 'm', 1'000'000}};
  const auto o = oracle::run(s).go();
  CHECK(o.balance == 96'206'251);
  CHECK(o.bars == 8'353);
  CHECK(o.orders == 570);
  CHECK(o.positions == 285);
}

TEST_CASE("the same run twice, and with or without a log, is the same to the last bit", "[backtest]") {
  market_folder folder("twice");
  const auto d = demo();
  const auto one = run(d), two = run(d), logged = run(d, {folder.file("results"), {}});
  CHECK(one.head_hash == two.head_hash);
  CHECK(one.state_hash == two.state_hash);
  CHECK(one.head_hash == logged.head_hash);
  CHECK(one.state_hash == logged.state_hash);
  CHECK(one.events == logged.events);
  auto log = persistence::open_log_for_reading(folder.file("results"));
  REQUIRE(log);
  CHECK((*log)->head().seq == logged.events);
  // Another parameter is another history.
  CHECK(run(demo({{"strategies.0.slow", "21"}})).head_hash != one.head_hash);
}

TEST_CASE("balances agree with the oracle: parameters, sides, sizes, commissions", "[backtest]") {
  oracle::settings s;
  s.pairs = {tests::gbp_usd()};
  s.account = "USD";
  s.balance = 100'000'000;
  s.commission_ppb = 20'000;
  s.displayed = 1'000'000;
  SECTION("the file's stamps are opens") { s.strategies = {{0, 10, 20, 300, 'm', 1'000'000}}; }
  SECTION("fast averages on short bars, more than is displayed") {
    s.displayed = 250'000;
    s.strategies = {{0, 3, 7, 60, 'b', 777'777}};
  }
  SECTION("ask bars of a quarter of an hour, empty ones too, no limit of size") {
    s.displayed = 0;
    s.empty_bars = true;
    s.strategies = {{0, 5, 50, 900, 'a', 123'457}};
  }
  SECTION("the account in the base currency") {
    s.account = "GBP";
    s.commission_ppb = 123'457;
    s.strategies = {{0, 8, 21, 420, 'm', 333'333}};
  }
  SECTION("without commission") {
    s.commission_ppb = 0;
    s.strategies = {{0, 2, 3, 3600, 'm', 1}};
  }
  for (const bool hedging : {true, false}) {
    s.hedging = hedging;
    compare_with_oracle(s);
  }
}

TEST_CASE("balances agree with the oracle: other account currencies", "[backtest]") {
  market_folder folder("currencies");
  oracle::settings s;
  s.balance = 100'000'000;
  s.commission_ppb = 20'000;
  s.displayed = 600'000;
  s.strategies = {{1, 10, 20, 300, 'm', 1'000'000}};
  SECTION("through the inverted pair") {
    s.account = "EUR";
    s.pairs = {tests::made_pair(folder, "EUR", "USD", 5, 4, 5, 12'000), tests::gbp_usd()};
  }
  SECTION("yen, without decimals") {
    s.account = "JPY";
    s.pairs = {tests::made_pair(folder, "USD", "JPY", 3, 50, 1, 12'000), tests::gbp_usd()};
  }
  SECTION("a pair quoted in yen, from yen to dollars") {
    s.account = "USD";
    s.pairs = {tests::made_pair(folder, "USD", "JPY", 3, 50, 1, 12'000), tests::made_pair(folder, "GBP", "JPY", 3, 79, 1, 12'000)};
  }
  for (const bool hedging : {true, false}) {
    s.hedging = hedging;
    compare_with_oracle(s);
  }
}

TEST_CASE("balances agree with the oracle: two strategies at once", "[backtest]") {
  market_folder folder("two");
  oracle::settings s;
  s.account = "USD";
  s.balance = 500'000'000;
  s.commission_ppb = 20'000;
  s.displayed = 1'000'000;
  s.pairs = {tests::gbp_usd()};
  SECTION("on the same bars") { s.strategies = {{0, 10, 20, 300, 'm', 1'000'000}, {0, 5, 30, 300, 'm', 400'000}}; }
  SECTION("on different bars of one pair") { s.strategies = {{0, 10, 20, 300, 'm', 1'000'000}, {0, 4, 9, 600, 'b', 700'000}}; }
  SECTION("on two pairs whose ticks share their times") {
    s.pairs = {tests::made_pair(folder, "EUR", "USD", 5, 4, 5, 12'000), tests::gbp_usd()};
    s.strategies = {{1, 10, 20, 300, 'm', 1'000'000}, {0, 10, 20, 300, 'm', 500'000}};
  }
  for (const bool hedging : {true, false}) {
    s.hedging = hedging;
    compare_with_oracle(s);
  }
}

TEST_CASE("a missing conversion rate stops the run and leaves nothing", "[backtest]") {
  market_folder folder("missing");
  auto r = replay::run_backtest(demo({{"account.currency", "CHF"}}), {folder.file("results"), {}});
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::conversion_rate_missing);
  CHECK_THAT(r.error().message, tests::has_part("USD to CHF") && tests::has_part("portfolio_management/account:1"));
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("a cancelled run and a broken file leave nothing", "[backtest]") {
  market_folder folder("cancelled");
  std::uint64_t seen = 0;
  auto r = replay::run_backtest(demo(), {folder.file("results"), [&](std::uint64_t quotes) {
                                           seen = quotes;
                                           return quotes < 50'000;
                                         }});
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::cancelled);
  CHECK(seen >= 50'000);
  CHECK(std::filesystem::is_empty(folder.path));
  auto missing = replay::run_backtest(demo({{"data.0.bid", "nowhere.csv"}}), {folder.file("results"), {}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::file_unreadable);
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("results never go over an existing log or other files", "[backtest]") {
  market_folder folder("existing");
  const auto d = demo();
  (void)run(d, {folder.file("results"), {}});
  auto again = replay::run_backtest(d, {folder.file("results"), {}});
  REQUIRE_FALSE(again);
  CHECK_THAT(again.error().message, tests::has_part("there is a log already"));
  std::filesystem::create_directories(folder.file("other"));
  std::ofstream(folder.file("other/precious")) << "x";
  auto over = replay::run_backtest(d, {folder.file("other"), {}});
  REQUIRE_FALSE(over);
  CHECK(std::filesystem::exists(folder.file("other/precious")));
}

TEST_CASE("LEAN ticks: crossed quotes are counted exactly, and fill nothing by default", "[backtest]") {
  const std::string text = "data: [{format: lean-tick, files: [" + tests::shipped_data("lean/20140505_quote.zip") +
                           "], instrument: EUR/USD}]\n"
                           "account: {currency: USD, balance: 1000000, positions: hedging}\n"
                           "strategies: [{kind: ema_cross, instrument: EUR/USD, bars: 1m-mid, fast: 5, slow: 10, size: 100000}]\n";
  market_folder folder("lean");
  auto d = config::load_text(text, "lean.yaml", "", {});
  if (!d) FAIL(d.error().message);
  const auto r = run(*d, {folder.file("results"), {}});
  CHECK(r.ticks == 58'143);
  CHECK(r.rejected_ticks == 0);
  CHECK(r.fills > 20);
  auto log = persistence::open_log_for_reading(folder.file("results"));
  REQUIRE(log);
  std::uint64_t crossed = 0, fills_on_flagged = 0;
  std::int64_t bid = 0, ask = 0;
  auto scan = (*log)->scan(1);
  REQUIRE(scan);
  for (;;) {
    auto g = (*scan)->next();
    REQUIRE(g);
    if (!*g) break;
    for (const auto& e : (*g)->events) {
      if (const auto* q = e.get_if<quote_accepted>()) {
        crossed += (q->flags & quote_flag::crossed) != 0;
        CHECK_FALSE(((q->flags & quote_flag::crossed) != 0) != (q->bid > q->ask));
        if (q->flags == 0) {
          bid = q->bid.value;
          ask = q->ask.value;
        }
      }
      if (const auto* f = e.get_if<order_filled>()) fills_on_flagged += f->at_price.value != (f->direction == side::buy ? ask : bid);
    }
  }
  CHECK(crossed == 4'987);
  CHECK(fills_on_flagged == 0);
}
