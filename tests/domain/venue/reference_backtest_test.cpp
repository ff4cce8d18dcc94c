// Back-tests that an independent bar engine has run: every trade and the whole equity curve.
#include <cmath>

#include "domain/strategy_execution/strategy.hpp"
#include "tests/domain/venue/bar_backtest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext;
using tests::table;

namespace {

struct job {
  const char* name;
  const char* data;
  double points;      ///< per unit of price: 1 where the file has prices
  unsigned decimals;  ///< of a price
  const char* since;  ///< the first day that counts
  std::int64_t step_s;
  const char* kind;
  std::map<std::string, std::string> parameters;
  double cash;
  const char* spread;
  const char* commission;
  std::size_t trades;
};

// "2017-04-19 09:00:00" as an instant: the reference names no zone, and none matters here.
timestamp time_of(const std::string& text) {
  auto t = parse_timestamp(text + "Z");
  REQUIRE(t);
  return *t;
}

std::vector<bar_closed> bars_of(const job& j) {
  const auto t = tests::read_table(*tests::shared_data(j.data));
  const bool capitals = t.columns.contains("Close");
  const auto time = t.columns.contains("Date") ? "Date" : "";
  std::vector<bar_closed> bars;
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (t.at(i, time) < j.since) continue;
    // The files hold doubles such as 160341.99999999997: the price is the nearest one with the instrument's decimals.
    const auto at = [&](const char* upper, const char* lower) {
      const double units = t.number(i, capitals ? upper : lower) / j.points * static_cast<double>(power_of_ten(j.decimals));
      return price{std::llround(units) * power_of_ten(price::scale - j.decimals)};
    };
    bar_closed b;
    b.instrument = instrument_id{1};
    b.opened_at = time_of(t.at(i, time));
    b.closed_at = b.opened_at + j.step_s * second_ns;
    b.open = at("Open", "open");
    b.high = at("High", "high");
    b.low = at("Low", "low");
    b.close = at("Close", "close");
    bars.push_back(b);
  }
  return bars;
}

void check_trades(const std::string& folder, const job& j, const std::vector<tests::bar_trade>& trades) {
  const auto expected = tests::read_table(*tests::shared_data(folder + j.name + "-trades.csv"));
  REQUIRE(expected.size() == j.trades);
  REQUIRE(trades.size() == j.trades);
  double worst_price = 0, worst_money = 0;
  for (std::size_t i = 0; i < trades.size(); ++i) {
    INFO(j.name << ", trade " << i);
    const auto& t = trades[i];
    const auto number = [&](const char* column) { return expected.number(i, column); };
    REQUIRE(t.size == number("Size"));
    REQUIRE(t.entry_bar == static_cast<std::size_t>(number("EntryBar")));
    REQUIRE(t.exit_bar == static_cast<std::size_t>(number("ExitBar")));
    const auto protection = [&](const char* column, price p) {
      REQUIRE(expected.has(i, column) == static_cast<bool>(p));
      if (p) worst_price = std::max(worst_price, std::fabs(p.to_double() - number(column)));
    };
    protection("SL", t.stop_loss);
    protection("TP", t.take_profit);
    worst_price = std::max({worst_price, std::fabs(t.entry.to_double() - number("EntryPrice")), std::fabs(t.exit.to_double() - number("ExitPrice"))});
    worst_money = std::max({worst_money, std::fabs(t.profit() - number("PnL")), std::fabs(t.commission - number("Commission"))});
  }
  CHECK(worst_price < 1e-9);
  CHECK(worst_money < 1e-6);
}

void check_equity(const std::string& folder, const job& j, const std::vector<double>& equity) {
  const auto expected = tests::read_table(*tests::shared_data(folder + j.name + "-equity.csv.gz"));
  REQUIRE(expected.size() == equity.size());
  double worst = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < equity.size(); ++i)
    if (const double apart = std::fabs(equity[i] - expected.number(i, "Equity")); apart > worst) {
      worst = apart;
      at = i;
    }
  INFO("largest at bar " << at);
  CHECK(worst < 1e-5);
}

}  // namespace

TEST_CASE("an independent bar engine's back-tests are reproduced trade by trade, and their equity bar by bar", "[shared]") {
  const std::string folder = "reference/backtest/";
  if (!tests::shared_data(folder + "README.md")) {
    WARN("SKIPPED: no reference/backtest beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto euro = folder + "EURUSD-h1-backtestingpy.csv.gz";
  const std::map<std::string, std::string> averages{{"fast", "10"}, {"slow", "30"}};
  const std::vector<job> jobs{
      {"eurusd-h1-sma10-30-fixed", euro.c_str(), 1, 5, "", 3'600, "sma_cross", averages, 10'000, "0", "0", 167},
      {"eurusd-h1-sma10-30-fixed-spread", euro.c_str(), 1, 5, "", 3'600, "sma_cross", averages, 10'000, "0.0001", "0", 167},
      {"eurusd-h1-sma10-30-fixed-comm", euro.c_str(), 1, 5, "", 3'600, "sma_cross", averages, 10'000, "0", "0.00002", 167},
      {"gbpusd-h4-rsi-sltp",
       "market/ejtrader/GBPUSDh4-to2017.csv.gz",
       1e5,
       5,
       "2015-01-01",
       14'400,
       "rsi_reversal",
       {{"period", "14"}, {"oversold", "30"}, {"overbought", "70"}, {"stop_loss", "0.004"}, {"take_profit", "0.006"}},
       10'000,
       "0",
       "0",
       164},
      {"usdjpy-h1-stop-breakout",
       "market/ejtrader/USDJPYh1-to2017.csv.gz",
       1e3,
       3,
       "2016-01-01",
       3'600,
       "stop_entry",
       {{"period", "20"}, {"stop_loss", "0.005"}, {"take_profit", "0.01"}},
       1'000'000,
       "0",
       "0",
       249},
  };
  for (const auto& j : jobs) {
    INFO(j.name);
    auto logic = strategy_execution::make_strategy(j.kind, j.parameters);
    REQUIRE(logic);
    tests::bar_backtest run(std::move(*logic), quantity::whole(10'000), j.cash, *rate::parse(j.spread), *rate::parse(j.commission));
    const auto result = run.run(bars_of(j));
    check_trades(folder, j, result.trades);
    check_equity(folder, j, result.equity);
  }
}
