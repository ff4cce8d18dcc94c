// All that a report says of an account's or a back-test's history, in one call.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "domain/statistics/distribution.hpp"
#include "domain/statistics/drawdowns.hpp"
#include "domain/statistics/equity_days.hpp"
#include "domain/statistics/periods.hpp"
#include "domain/statistics/returns.hpp"
#include "domain/statistics/trades.hpp"

namespace tomnext::statistics {

inline constexpr std::size_t drawdowns_reported = 10;

/// The convention of all figures: daily time-weighted returns at 17:00 New York, flows removed, sample deviation, annualised by 252 days, risk-free rate 0; with
/// fewer than 20 returns a measure is absent ("n/a"), as it is where it would be no number. Formulas: `returns.hpp`, `tail_risk.hpp`, `selection.hpp`.
struct performance {
  std::size_t days{};
  bool used_up{};                      ///< equity was used up; figures are of the days until then
  std::optional<double> total_return;  ///< Π (1 + r) − 1, of any number of days
  std::optional<double> cagr, volatility, sharpe, sortino, calmar;
  double max_drawdown{};                     ///< of the days' ends
  std::size_t max_drawdown_duration_days{};  ///< longest time under water, in trading days
  double max_drawdown_of_points{};           ///< of all points of the curve, within days too
  std::int64_t max_drawdown_duration_ns{};   ///< longest time from a peak of the points to its recovery, or to the end
  std::optional<double> tail_ratio, omega, skewness, excess_kurtosis, kelly_leverage, stability, ulcer_index;
  std::optional<double> best_day, worst_day, positive_days_share;
  std::optional<double> value_at_risk_95, expected_shortfall_95, value_at_risk_99, expected_shortfall_99;  ///< historical, of one day, positive
  std::optional<double> probabilistic_sharpe;       ///< probability that the true Sharpe ratio is above 0
  std::optional<double> minimum_track_record_days;  ///< from how many days on that probability exceeds 0.95
  std::optional<double> exposure;                   ///< share of time with an open trade
  double flow{};                                    ///< paid in and out
  TOMNEXT_FIELDS(FIELD(1, days) FIELD(2, used_up) FIELD(3, total_return) FIELD(4, cagr) FIELD(5, volatility) FIELD(6, sharpe) FIELD(7, sortino) FIELD(8, calmar)
                     FIELD(9, max_drawdown) FIELD(10, max_drawdown_duration_days) FIELD(11, max_drawdown_of_points) FIELD(12, max_drawdown_duration_ns)
                         FIELD(13, tail_ratio) FIELD(14, omega) FIELD(15, skewness) FIELD(16, excess_kurtosis) FIELD(17, kelly_leverage) FIELD(18, stability)
                             FIELD(19, ulcer_index) FIELD(20, best_day) FIELD(21, worst_day) FIELD(22, positive_days_share) FIELD(23, value_at_risk_95)
                                 FIELD(24, expected_shortfall_95) FIELD(25, value_at_risk_99) FIELD(26, expected_shortfall_99) FIELD(27, probabilistic_sharpe)
                                     FIELD(28, minimum_track_record_days) FIELD(29, exposure) FIELD(30, flow))
};
/// A fall below a peak of the days' ends. The peak may be the opening: then its day is the first.
struct dated_drawdown {
  date first_day_under;  ///< the first day that ended below the peak
  date trough;
  std::optional<date> recovery;
  double depth{};
  std::size_t duration_days{};  ///< trading days under water
  TOMNEXT_FIELDS(FIELD(1, first_day_under) FIELD(2, trough) FIELD(3, recovery) FIELD(4, depth) FIELD(5, duration_days))
};

struct history {
  std::span<const equity_point> equity;  ///< ascending, each with the flow it contains (`with_flows`)
  std::span<const trade> trades;         ///< closed ones, in the order of their exits
  day_boundaries boundaries;             ///< that hold all points and exits
};
struct report {
  performance total;
  trade_statistics trades;
  std::vector<dated_drawdown> drawdowns;  ///< the deepest `drawdowns_reported`, deepest first
  std::vector<trading_day> days;
  std::vector<period_return> weeks, months, years;
  std::vector<year_of_months> monthly_table;
  std::vector<trades_of_period> trades_by_day, trades_by_week, trades_by_month;
  std::vector<trades_of_strategy> trades_by_strategy;
  std::vector<trades_of_instrument> trades_by_instrument;
  histogram daily_returns, trade_profits;
  TOMNEXT_FIELDS(FIELD(1, total) FIELD(2, trades) FIELD(3, drawdowns) FIELD(4, days) FIELD(5, weeks) FIELD(6, months) FIELD(7, years) FIELD(8, monthly_table)
                     FIELD(9, trades_by_day) FIELD(10, trades_by_week) FIELD(11, trades_by_month) FIELD(12, trades_by_strategy) FIELD(13, trades_by_instrument)
                         FIELD(14, daily_returns) FIELD(15, trade_profits))
};
/// Errors of `days_of` and `trades_by`, and `invalid_argument` for a trade whose profit, commission or excursion is no number, or that ends before it began.
result<report> statistics_of(const history& of);

}  // namespace tomnext::statistics
