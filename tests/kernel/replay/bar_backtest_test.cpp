// The independent bar engine's back-tests once more, this time as a configuration through all services: strategy, risk, gateway, venue, portfolio.
#include <cmath>

#include <fstream>
#include <map>

#include "actors/replay/backtest.hpp"
#include "config/loader.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/matchers.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext;
using tests::market_folder;

namespace {

struct job {
  const char* name;
  const char* data;
  const char* source;  ///< more keys of the source
  const char* pair;
  const char* currency;
  const char* cash;
  const char* venue;     ///< more keys of the venue
  const char* strategy;  ///< kind and parameters
  const char* bars;
};

std::string yaml_of(const job& j, const std::string& file) {
  const std::string pair = j.pair;
  return "data: [{format: bars-csv, file: " + file + ", instrument: " + pair + ", " + j.source + "}]\n" +
         "quality: {flagged_quotes_trade: true}\ninstruments: {" + pair + ": {quote_minor_units: 6}}\n" +  // money to the millionth: the engine rounds nothing
         "account: {currency: " + j.currency + ", minor_units: 6, balance: " + j.cash + "}\n" + "venue: {profile: next_bar_open, financing: none" + j.venue +
         "}\nresearch: {enabled: false}\nstrategies: [{" + j.strategy + ", name: s, instrument: " + pair + ", bars: " + j.bars + ", size: 10000}]\n";
}
config::deployment deployment_of(const std::string& yaml) {
  auto d = config::load_text(yaml, "case.yaml", "", {});
  if (!d) FAIL(d.error().message);
  return *d;
}
replay::backtest_report run_bars(const config::deployment& d) {
  auto r = replay::run_backtest(d, {});
  if (!r) FAIL(r.error().message);
  return *r;
}
double money(amount a) { return static_cast<double>(a.value) / 1e6; }

// Its last point may differ: on the last bar that engine fills entries which that very bar has decided (see entries_at_end of the venue).
void check_equity(const job& j, const replay::backtest_report& r) {
  const auto expected = tests::read_table(*tests::shared_data(std::string("reference/backtest/") + j.name + "-equity.csv.gz"));
  REQUIRE(r.equity.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i + 1 < expected.size(); ++i) worst = std::max(worst, std::fabs(r.equity[i].equity - expected.number(i, "Equity")));
  CHECK(worst < 2e-4);  // each fill's commission is booked to the millionth
  CHECK(std::fabs(r.equity.back().equity - money(r.final_balance)) < 1e-6);
}

void check(const job& j) {
  INFO(j.name);
  const auto file = tests::shared_data(j.data);
  const auto expected = tests::read_table(*tests::shared_data(std::string("reference/backtest/") + j.name + "-trades.csv"));
  const auto r = run_bars(deployment_of(yaml_of(j, *file)));
  CHECK(r.denied_orders == 0);
  CHECK(r.rejected_orders == 0);
  CHECK(r.open_positions == 0);
  REQUIRE(r.trades.size() == expected.size());
  double worst_price = 0, worst_money = 0;
  for (std::size_t i = 0; i < r.trades.size(); ++i) {
    INFO("trade " << i);
    const auto& t = r.trades[i];
    const auto number = [&](const char* column) { return expected.number(i, column); };
    REQUIRE(t.size.to_double() == number("Size"));
    REQUIRE(t.entry_bar == static_cast<std::uint64_t>(number("EntryBar")));
    REQUIRE(t.exit_bar == static_cast<std::uint64_t>(number("ExitBar")));
    for (const auto& [column, level] : {std::pair{"SL", t.stop_loss}, std::pair{"TP", t.take_profit}}) {
      REQUIRE(expected.has(i, column) == static_cast<bool>(level));
      if (level) worst_price = std::max(worst_price, std::fabs(level.to_double() - number(column)));
    }
    worst_price = std::max({worst_price, std::fabs(t.entry_price - number("EntryPrice")), std::fabs(t.exit_price - number("ExitPrice"))});
    worst_money = std::max({worst_money, std::fabs(money(t.profit) - number("PnL")), std::fabs(money(t.commission) - number("Commission"))});
  }
  check_equity(j, r);
  CHECK(worst_price < 1e-9);
  CHECK(worst_money < 3e-6);  // commissions are booked to the millionth
  double sum = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) sum += expected.number(i, "PnL");
  CHECK(std::fabs(money(r.final_balance) - money(r.opening_balance) - sum) < 1e-3);
}

}  // namespace

TEST_CASE("bar back-tests by configuration reproduce the independent engine's trades through all services", "[backtest][shared]") {
  if (!tests::shared_data("reference/backtest/README.md")) {
    WARN("SKIPPED: no reference/backtest beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const char *euro = "reference/backtest/EURUSD-h1-backtestingpy.csv.gz", *cross = "kind: sma_cross, fast: 10, slow: 30";
  for (const auto& j : {
           job{"eurusd-h1-sma10-30-fixed", euro, "step: 1h", "EUR/USD", "USD", "10000", "", cross, "1h-bid"},
           job{"eurusd-h1-sma10-30-fixed-spread", euro, "step: 1h", "EUR/USD", "USD", "10000", ", spread_ratio: 0.0001", cross, "1h-bid"},
           job{"eurusd-h1-sma10-30-fixed-comm", euro, "step: 1h", "EUR/USD", "USD", "10000", ", commission_rate: 0.00002", cross, "1h-bid"},
           job{"gbpusd-h4-rsi-sltp", "market/ejtrader/GBPUSDh4-to2017.csv.gz", "step: 4h, points: 100000, from: 2015-01-01", "GBP/USD", "USD", "10000", "",
               "kind: rsi_reversal, period: 14, stop_loss: 0.004, take_profit: 0.006", "4h-bid"},
           job{"usdjpy-h1-stop-breakout", "market/ejtrader/USDJPYh1-to2017.csv.gz", "step: 1h, points: 1000, from: 2016-01-01", "USD/JPY", "JPY", "1000000", "",
               "kind: stop_entry, period: 20, stop_loss: 0.005, take_profit: 0.01", "1h-bid"},
       })
    check(j);
}
