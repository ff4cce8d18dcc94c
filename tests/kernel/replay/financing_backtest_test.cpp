// Financing in whole back-tests: the published comparison, the same by an independent oracle, and our own methods added up from the log.
#include <map>

#include "actors/replay/backtest.hpp"
#include "actors/replay/decision_replay.hpp"
#include "actors/replay/hosts.hpp"
#include "actors/replay/log_deployment.hpp"
#include "config/loader.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using tests::market_folder;

namespace {

const std::string interest_file = tests::shipped_data("rates/short-term-interest-2011-2012.csv");

config::deployment loaded(const std::string& text) {
  INFO(text);
  auto d = config::load_text(text, "case.yaml", "", {});
  if (!d) FAIL(d.error().message);
  return *d;
}
config::deployment demo(const std::vector<config::override_setting>& overrides) {
  auto d = config::load(tests::shipped_data("demo.yaml"), overrides);
  if (!d) FAIL(d.error().message);
  return *d;
}
replay::backtest_report run(const config::deployment& d, const replay::backtest_options& options = {}) {
  auto r = replay::run_backtest(d, options);
  if (!r) FAIL(r.error().message);
  return *r;
}
std::string money(amount a) { return tomnext::to_string(a, 2); }

const std::vector<config::override_setting> compat{{"portfolio.financing", "compat"}, {"portfolio.interest_rates", interest_file}};

// GBP/USD, February 2012, as the oracle's settings say, on the minute's bid bars or on ticks.
std::string yaml_of(const oracle::settings& s, const std::string& financing) {
  const auto& st = s.strategies.at(0);
  std::string y = "data: [{format: fxcm-m1, bid: " + tests::bid_file() + ", ask: " + tests::ask_file() +
                  ", instrument: GBP/USD, stamp: close, as: " + (s.bars_as_feed ? "bars_as_feed" : "ticks") + "}]\n";
  y += std::string("bars: {without_updates: ") + (s.empty_bars ? "true" : "false") + "}\nquality: {flagged_quotes_trade: true}\nresearch: {enabled: false}\n";
  y += "instruments: {GBP/USD: {displayed_size: " + std::to_string(s.displayed) + "}}\n";
  y += "account: {currency: " + s.account + ", balance: " + std::to_string(s.balance / 100) + ", positions: " + (s.hedging ? "hedging" : "netting") + "}\n";
  y += "venue: {commission_rate: 0.00002}\nportfolio: {" + financing + "}\n";
  y += "strategies: [{kind: ema_cross, instrument: GBP/USD, bars: " + std::to_string(st.step_s) + "s-" + (st.from == 'm' ? "mid" : "bid") +
       ", fast: " + std::to_string(st.fast) + ", slow: " + std::to_string(st.slow) + ", size: " + std::to_string(st.size) + ", ema_seed: first_close}]\n";
  return y;
}
const std::string by_compat = "financing: compat, interest_rates: " + interest_file;

oracle::settings settings_of(const std::string& account) {
  oracle::settings s;
  s.pairs = {tests::gbp_usd()};
  s.stamp_to_close_ms = 0;
  s.account = account;
  s.balance = 100'000'000;
  s.commission_ppb = 20'000;
  s.displayed = 1'000'000;
  return s;
}
oracle::settings bars_as_feed() {
  auto s = settings_of("USD");
  s.bars_as_feed = true;
  s.displayed = 250'000;
  s.strategies = {{0, 10, 20, 60, 'b', 1'000'000}};
  return s;
}
oracle::settings with_interest(oracle::settings s) {
  s.interest = {{"GBP", {{"2012-02", 1'072'490'000}, {"2012-03", 1'037'570'000}}}, {"USD", {{"2012-02", 300'000'000}, {"2012-03", 290'000'000}}}};
  return s;
}

void compare(const replay::backtest_report& got, const oracle::outcome& wanted) {
  CHECK(got.bars == wanted.bars);
  CHECK(got.orders == wanted.orders);
  CHECK(got.fills == wanted.fills);
  CHECK(got.positions == wanted.positions);
  CHECK(got.financing_bookings == wanted.swaps);
  CHECK(got.financing.value == wanted.financing);
  CHECK(got.final_balance.value == wanted.balance);
}

template <class Look> void each_event(const std::string& directory, Look&& look) {
  auto log = persistence::open_log_for_reading(directory);
  if (!log) FAIL(log.error().message);
  auto scan = (*log)->scan(1);
  REQUIRE(scan);
  for (;;) {
    auto g = (*scan)->next();
    REQUIRE(g);
    if (!*g) return;
    for (const auto& e : (*g)->events) look(e);
  }
}

}  // namespace

TEST_CASE("G1 with the comparison's financing comes out as published", "[backtest][financing]") {
  const auto r = run(demo(compat));
  CHECK(r.orders == 570);
  CHECK(r.financing_bookings == 29);
  CHECK(money(r.final_balance) == "961069.95");
  CHECK(money(r.financing) == "-992.56");
  const auto table = replay::to_table(r), json = replay::to_json(r);
  CHECK_THAT(table, tests::has_part("for comparison only, financially wrong"));
  CHECK_THAT(json, tests::has_part("\"financing_bookings\":29") && tests::has_part("\"financing: compat\""));
}

TEST_CASE("G2, bars as the feed, comes out as published, with and without financing, and says that it looks ahead", "[backtest][financing]") {
  const auto plain = run(loaded(yaml_of(bars_as_feed(), "financing: none")));
  CHECK(plain.ticks == 60'234);
  CHECK(plain.bars == 30'117);
  CHECK(plain.orders == 2'984);
  CHECK(plain.fills == 5'968);
  CHECK(plain.positions == 1'492);
  CHECK(money(plain.final_balance) == "1089279.95");
  const auto financed = run(loaded(yaml_of(bars_as_feed(), by_compat)));
  CHECK(financed.financing_bookings == 25);
  CHECK(money(financed.final_balance) == "1088112.72");
  CHECK_THAT(replay::to_table(plain), tests::has_part("look-ahead: orders filled at the quotes of the minute before"));
  CHECK_THAT(replay::to_json(plain), tests::has_part("\"look_ahead\":true") && tests::has_part("\"bars_as_feed\""));
  CHECK_THAT(replay::to_json(run(demo({}))), tests::has_part("\"look_ahead\":false"));
}

TEST_CASE("the comparison agrees with the oracle: other accounts, bars and sizes", "[backtest][financing]") {
  auto s = settings_of("GBP");
  SECTION("five minutes of mid, weekends charged") {
    s.empty_bars = true;
    s.strategies = {{0, 10, 20, 300, 'm', 1'000'000}};
    CHECK(oracle::run(with_interest(s)).go().swaps == 29);
  }
  SECTION("no bars where nothing traded") { s.strategies = {{0, 10, 20, 300, 'm', 1'000'000}}; }
  SECTION("the account in dollars, an hour of bids") {
    s = settings_of("USD");
    s.empty_bars = true;
    s.strategies = {{0, 3, 8, 3600, 'b', 777'777}};
  }
  SECTION("bars as the feed, slower, in pounds") {
    s = bars_as_feed();
    s.account = "GBP";
    s.strategies = {{0, 25, 60, 60, 'b', 300'000}};
  }
  SECTION("bars as the feed, all at the top") {
    s = bars_as_feed();
    s.displayed = 0;
    s.strategies = {{0, 5, 9, 60, 'b', 1'234'567}};
  }
  for (const bool hedging : {true, false}) {
    s.hedging = hedging;
    compare(run(loaded(yaml_of(s, "financing: none"))), oracle::run(s).go());
    const auto charged = with_interest(s);
    compare(run(loaded(yaml_of(charged, by_compat))), oracle::run(charged).go());
  }
}

TEST_CASE("our own financing, added up from the log: each position over each roll, by its days, to the cent", "[backtest][financing]") {
  market_folder folder("financed");
  // A day of points each, Tuesday 7th without, one holiday of the dollar.
  std::ofstream swaps(folder.file("swaps.csv"));
  swaps << "date,instrument,long,short\n";
  for (int d = 1; d <= 29; ++d)
    if (d != 7) swaps << "2012-02-" << (d < 10 ? "0" : "") << d << ",GBP/USD,-0.3" << d % 10 << ",0.1" << d % 7 << "\n";
  swaps.close();
  const auto d = demo(
      {{"portfolio.financing", "points"}, {"portfolio.swap_rates", folder.file("swaps.csv")}, {"calendar.holidays", "[{currency: USD, dates: [2012-02-20]}]"}});
  const auto r = run(d, {folder.file("log"), {}});
  CHECK(r.financing_deferred == 1);
  CHECK(r.financing_bookings == 20);
  std::map<std::uint64_t, std::int64_t> open;  // position → size in hundredths
  std::int64_t booked = 0, realised = 0, commission = 0, of_days = 0, days = 0, in_force = 0;
  std::map<std::int32_t, std::int32_t> days_of;
  std::int64_t start_of_next_day = 0;
  each_event(folder.file("log"), [&](const event& e) {
    if (const auto* p = e.get_if<position_changed>()) {
      realised += p->realised.value;
      commission += p->commission.value;
      if (p->net.value == 0) open.erase(p->position.value);
      else open[p->position.value] = p->net.value;
    }
    if (const auto* f = e.get_if<financing_booked>()) {
      REQUIRE(open.at(f->position.value) == f->net.value);
      booked += f->booked.value;
      ++in_force;
      days_of[f->day.days] = f->days;
      days += f->days;
      const bool deferred = f->day == date_of({2012, 2, 7});
      CHECK((f->state == financing_state::deferred) == deferred);
      // size · points · 10^-5 · days, in dollars, into pounds by the rate that it names: ± half a cent.
      const double dollars = f->net.to_double() * (f->net.value > 0 ? 1 : -1) * f->figure.to_double() * 1e-5 * f->days;
      CHECK(std::abs(dollars * f->conversion_rate.to_double() - static_cast<double>(f->booked.value) / 100) < 0.0051);
      CHECK((deferred || f->days == 0 || (f->figure.value < 0) == (f->net.value > 0)));
    }
    if (const auto* c = e.get_if<day_closed>()) {
      of_days += c->financing.value;
      // Nothing between two days: the next begins with what the last ended at.
      if (start_of_next_day != 0) CHECK(c->start_equity.value == start_of_next_day);
      start_of_next_day = c->end_equity.value;
    }
  });
  CHECK(in_force == 21);
  CHECK(booked == r.financing.value);
  CHECK(of_days == booked);
  CHECK(r.final_balance.value == r.opening_balance.value + realised - commission + booked);
  CHECK(r.commission.value == commission);
  // Wednesdays three days; Presidents' Day: Thursday's trade settles on Tuesday as Friday's would have on Wednesday.
  CHECK(days_of[date_of({2012, 2, 8}).days] == 3);
  CHECK(days_of[date_of({2012, 2, 15}).days] == 4);
  CHECK(days_of[date_of({2012, 2, 16}).days] == 0);
  CHECK(days_of[date_of({2012, 2, 17}).days] == 1);
  CHECK_THAT(replay::to_table(r), tests::has_part("points, 20 bookings; 1 more deferred: no rates were published for them"));
}

TEST_CASE("what a broker reports replaces what is computed, also over a whole run", "[backtest][financing]") {
  market_folder folder("reported");
  std::ofstream(folder.file("statement.csv")) << "date,instrument,amount\n2011-12-30,GBP/USD,-5\n2012-02-08,GBP/USD,-100.01\n"
                                                 "2012-02-09,GBP/USD,10\n2012-02-09,GBP/USD,2.5\n2012-03-05,GBP/USD,-7\n";
  const auto figures = std::vector<config::override_setting>{{"portfolio.financing", "points"}, {"instruments.GBP/USD.swap", "[0, 0]"}};
  auto reported = figures;
  reported.push_back({"portfolio.swap_statement", folder.file("statement.csv")});
  const auto without = run(demo(figures)), with = run(demo(reported));
  CHECK(money(without.financing) == "0.00");
  CHECK(money(without.final_balance) == "962062.51");
  CHECK(money(with.financing) == "-87.51");
  CHECK(money(with.final_balance) == "961975.00");
}

TEST_CASE("a differential earns what the comparison does not: signed by side", "[backtest][financing]") {
  market_folder folder("differential");
  const auto r = run(demo({{"portfolio.financing", "differential"}, {"portfolio.interest_rates", interest_file}}), {folder.file("log"), {}});
  CHECK(r.financing_bookings == 21);  // the weekdays of February 2012
  CHECK(r.financing_deferred == 0);
  int longs = 0, shorts = 0;
  each_event(folder.file("log"), [&](const event& e) {
    if (const auto* f = e.get_if<financing_booked>()) {
      // Sterling pays more than the dollar.
      if (f->days != 0) CHECK((f->net.value > 0) == (f->booked.value > 0));
      ++(f->net.value > 0 ? longs : shorts);
    }
  });
  CHECK((longs > 0 && shorts > 0));
}

TEST_CASE("without any figures the default defers, and moves no money", "[backtest][financing]") {
  const auto r = run(demo({{"portfolio.financing", "points"}}));
  // Presidents' Day leaves one roll without days, which needs no figures.
  CHECK(r.financing_bookings == 1);
  CHECK(r.financing_deferred == 20);
  CHECK(money(r.financing) == "0.00");
  CHECK(money(r.final_balance) == "962062.51");
}

TEST_CASE("files that do not serve stop the run before it begins", "[backtest][financing]") {
  market_folder folder("files");
  const auto refused = [&](const std::vector<config::override_setting>& o) {
    auto r = replay::run_backtest(demo(o), {});
    return r ? std::string() : r.error().message;
  };
  std::ofstream(folder.file("none.csv")) << "LOCATION,MEASURE,FREQUENCY,TIME,Value\nUSA,PC_PA,M,2012-02,0.3\nUSA,PC_PA,M,2012-03,0.3\n";
  CHECK_THAT(refused({{"portfolio.financing", "compat"}, {"portfolio.interest_rates", folder.file("none.csv")}}),
             tests::has_part("no rate of GBP for 2012-01") && tests::has_part("GBP/USD"));
  CHECK_THAT(refused({{"portfolio.financing", "compat"}, {"portfolio.interest_rates", folder.file("nowhere.csv")}}), tests::has_part("nowhere.csv"));
  std::ofstream(folder.file("other.csv")) << "date,instrument,amount\n2012-02-08,EUR/USD,-1\n";
  CHECK_THAT(refused({{"portfolio.financing", "points"}, {"portfolio.swap_statement", folder.file("other.csv")}}), tests::has_part("'EUR/USD' is none of"));
  std::ofstream(folder.file("fine.csv")) << "date,instrument,amount\n2012-02-08,GBP/USD,-1.001\n";
  CHECK_THAT(refused({{"portfolio.financing", "points"}, {"portfolio.swap_statement", folder.file("fine.csv")}}), tests::has_part("more decimals"));
}

TEST_CASE("decisions about financing are made again alike from the log alone", "[backtest][financing]") {
  market_folder folder("again");
  std::string text;
  SECTION("comparison, bars as the feed") { text = yaml_of(bars_as_feed(), by_compat); }
  SECTION("points that nobody published, and a statement") {
    std::ofstream(folder.file("statement.csv")) << "date,instrument,amount\n2012-02-08,GBP/USD,-100.01\n";
    auto s = settings_of("GBP");
    s.strategies = {{0, 10, 20, 300, 'm', 1'000'000}};
    text = yaml_of(s, "financing: points, swap_statement: " + folder.file("statement.csv"));
  }
  const auto r = run(loaded(text), {folder.file("log"), {}});
  CHECK(r.financing_bookings > 0);
  auto log = persistence::open_log_for_reading(folder.file("log"));
  REQUIRE(log);
  auto made = replay::deployment_of_log(**log, folder.file("log"), {});
  if (!made) FAIL(made.error().message);
  auto hosts = replay::compose_hosts(made->deployment, made->parts);
  REQUIRE(hosts);
  auto verdict = replay::replay_decisions(**log, std::move(*hosts), {});
  if (!verdict) FAIL(verdict.error().message);
  CHECK_FALSE(verdict->difference);
}
