// The statistics of backtesting.py, an independent bar engine: its own conventions, for comparing with it. Reports use `report.hpp`.
#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "domain/base/describe.hpp"
#include "domain/base/time.hpp"

namespace tomnext::statistics::bar_engine {

/// Equity at the close of a bar; one for each bar, ascending.
struct bar {
  timestamp at;
  double equity{};
};
struct bar_trade {
  std::size_t entry_bar{}, exit_bar{};  ///< places in the bars
  timestamp entered, exited;
  double profit{};           ///< net of commission
  double return_fraction{};  ///< of the entry's value, net of commission
};

/// r: returns between the last equities of calendar days (UTC) that have a bar, Sundays included: n days, n − 1 returns. g = (Π (1 + r))^(1/(n−1)) − 1, 0 where
/// a day loses everything. s²: their sample variance. N = 252 days a year. A figure is absent where its divisor is 0 or there is nothing to take it of.
struct summary {
  double exposure{};  ///< share of bars from entry to exit, both included, of any trade
  double equity_final{}, equity_peak{};
  double total_return{};                                 ///< last equity / first − 1
  std::optional<double> annual_return;                   ///< (1 + g)^N − 1
  std::optional<double> annual_volatility;               ///< √((s² + (1+g)²)^N − (1+g)^(2N)): of the product of N independent returns
  std::optional<double> cagr;                            ///< (last / first)^(365.25 days / elapsed) − 1
  std::optional<double> sharpe;                          ///< annual return / annual volatility
  std::optional<double> sortino;                         ///< annual return / (√mean(min(r, 0)²) · √N)
  std::optional<double> calmar;                          ///< annual return / deepest draw-down of the bars
  double max_drawdown{};                                 ///< of the bars, a positive fraction
  std::optional<std::int64_t> max_drawdown_duration_ns;  ///< from the bar of the peak to that of the recovery, or to the last one
  std::size_t trades{};
  std::optional<double> win_rate;                 ///< trades with profit > 0 / trades
  std::optional<double> best_trade, worst_trade;  ///< by return
  std::optional<double> average_trade;            ///< geometric mean of the returns
  std::optional<std::int64_t> max_trade_duration_ns;
  std::optional<double> average_trade_duration_ns;
  std::optional<double> profit_factor;          ///< Σ positive returns / |Σ negative returns|
  std::optional<double> expectancy;             ///< mean return
  std::optional<double> system_quality_number;  ///< √n · mean profit / sample deviation of profits
  std::optional<double> kelly_fraction;         ///< W − (1 − W) / (mean win / mean loss), by profits
  TOMNEXT_FIELDS(FIELD(1, exposure) FIELD(2, equity_final) FIELD(3, equity_peak) FIELD(4, total_return) FIELD(5, annual_return) FIELD(6, annual_volatility)
                     FIELD(7, cagr) FIELD(8, sharpe) FIELD(9, sortino) FIELD(10, calmar) FIELD(11, max_drawdown) FIELD(12, max_drawdown_duration_ns)
                         FIELD(13, trades) FIELD(14, win_rate) FIELD(15, best_trade) FIELD(16, worst_trade) FIELD(17, average_trade)
                             FIELD(18, max_trade_duration_ns) FIELD(19, average_trade_duration_ns) FIELD(20, profit_factor) FIELD(21, expectancy)
                                 FIELD(22, system_quality_number) FIELD(23, kelly_fraction))
};
/// The engine rounds durations up to the step of its bars; here they are as they are.
summary summary_of(std::span<const bar> bars, std::span<const bar_trade> trades);

}  // namespace tomnext::statistics::bar_engine
