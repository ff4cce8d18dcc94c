// backtesting.py's own statistics of five back-tests, out of its equity curves and trade lists.
#include "domain/statistics/bar_engine.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext;
using namespace tomnext::statistics;

namespace {

timestamp time_of(const std::string& text) { return *parse_timestamp(text + "Z"); }

// "7 days 03:00:00"
std::int64_t duration_of(const std::string& text) {
  const auto clock = text.substr(text.rfind(' ') + 1);
  return (std::stoll(text) * 24 + std::stoll(clock)) * hour_ns + std::stoll(clock.substr(3)) * minute_ns + std::stoll(clock.substr(6)) * second_ns;
}
// The engine rounds up to whole hours, the unit of h1 and h4 bars.
std::int64_t up_to_hours(double ns) { return static_cast<std::int64_t>(std::ceil(ns / static_cast<double>(hour_ns))) * hour_ns; }

std::vector<bar_engine::bar> bars_of(const std::string& path) {
  const auto t = tests::read_table(path);
  std::vector<bar_engine::bar> bars;
  for (std::size_t i = 0; i < t.size(); ++i) bars.push_back({time_of(t.rows[i][0]), t.number(i, "Equity")});
  return bars;
}
std::vector<bar_engine::bar_trade> trades_of(const std::string& path) {
  const auto t = tests::read_table(path);
  std::vector<bar_engine::bar_trade> trades;
  for (std::size_t i = 0; i < t.size(); ++i)
    trades.push_back({static_cast<std::size_t>(t.number(i, "EntryBar")), static_cast<std::size_t>(t.number(i, "ExitBar")), time_of(t.at(i, "EntryTime")),
                      time_of(t.at(i, "ExitTime")), t.number(i, "PnL"), t.number(i, "ReturnPct")});
  return trades;
}

}  // namespace

TEST_CASE("statistics: the independent bar engine's figures of five back-tests", "[statistics][shared]") {
  const std::string folder = "reference/backtest/";
  if (!tests::shared_data(folder)) {
    WARN("SKIPPED: no reference/backtest beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  std::size_t compared = 0;
  for (const std::string job :
       {"eurusd-h1-sma10-30-fixed", "eurusd-h1-sma10-30-fixed-comm", "eurusd-h1-sma10-30-fixed-spread", "gbpusd-h4-rsi-sltp", "usdjpy-h1-stop-breakout"}) {
    const auto file = [&](const std::string& suffix) { return *tests::shared_data(folder + job + suffix); };
    const auto bars = bars_of(file("-equity.csv.gz"));
    const auto s = bar_engine::summary_of(bars, trades_of(file("-trades.csv")));
    const auto stats = nlohmann::json::parse(tests::file_text(file(".json")))["stats"];
    const auto check = [&](const char* name, std::optional<double> ours, double scale, double tolerance = 1e-12) {
      INFO(job << ": " << name << " " << stats[name]);
      REQUIRE(ours);
      const double expected = stats[name].get<double>() * scale;
      CHECK(std::fabs(*ours - expected) <= tolerance * std::max(std::fabs(expected), 1.0));
      ++compared;
    };
    check("Exposure Time [%]", s.exposure, 0.01);
    check("Equity Final [$]", s.equity_final, 1);
    check("Equity Peak [$]", s.equity_peak, 1);
    check("Return [%]", s.total_return, 0.01);
    check("Return (Ann.) [%]", s.annual_return, 0.01);
    check("Volatility (Ann.) [%]", s.annual_volatility, 0.01);
    check("CAGR [%]", s.cagr, 0.01);
    check("Sharpe Ratio", s.sharpe, 1);
    check("Sortino Ratio", s.sortino, 1);
    check("Calmar Ratio", s.calmar, 1);
    check("Max. Drawdown [%]", s.max_drawdown, -0.01);
    check("# Trades", static_cast<double>(s.trades), 1);
    check("Win Rate [%]", s.win_rate, 0.01);
    check("Best Trade [%]", s.best_trade, 0.01);
    check("Worst Trade [%]", s.worst_trade, 0.01);
    check("Avg. Trade [%]", s.average_trade, 0.01);
    check("Profit Factor", s.profit_factor, 1);
    check("Expectancy [%]", s.expectancy, 0.01);
    check("SQN", s.system_quality_number, 1);
    check("Kelly Criterion", s.kelly_fraction, 1);
    INFO(job);
    CHECK(s.max_drawdown_duration_ns == duration_of(stats["Max. Drawdown Duration"]));
    CHECK(s.max_trade_duration_ns == duration_of(stats["Max. Trade Duration"]));
    CHECK(up_to_hours(*s.average_trade_duration_ns) == duration_of(stats["Avg. Trade Duration"]));
    compared += 3;
  }
  CHECK(compared == 5 * 23);
}

TEST_CASE("statistics: the bar engine's convention of too little is nothing", "[statistics]") {
  const auto none = bar_engine::summary_of({}, {});
  CHECK(!none.annual_return);
  CHECK(!none.win_rate);
  const std::vector<bar_engine::bar> one{{timestamp{0}, 100}};
  const auto s = bar_engine::summary_of(one, {});
  CHECK(s.equity_final == 100);
  CHECK(!s.cagr);
  CHECK(!s.sharpe);
  CHECK(!s.max_drawdown_duration_ns);
  const std::vector<bar_engine::bar> flat{{timestamp{0}, 100}, {timestamp{day_ns}, 100}, {timestamp{2 * day_ns}, 100}};
  const auto f = bar_engine::summary_of(flat, {});
  CHECK(f.annual_return == 0);
  CHECK(f.annual_volatility == 0);
  CHECK(!f.sharpe);
  CHECK(!f.sortino);
  CHECK(!f.calmar);
}
