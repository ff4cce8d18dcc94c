// Measures of a series of returns. Each docstring gives the formula; annualisation is by 252 trading days unless a basis says otherwise.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "domain/statistics/drawdowns.hpp"
#include "domain/statistics/moments.hpp"

namespace tomnext::statistics {

/// Fewer returns than this say nothing: the measures are then absent.
inline constexpr std::size_t returns_min = 20;
inline constexpr double trading_days_per_year = 252;

/// What a measure is taken by. The default is that of all reports: daily returns, 252 a year, risk-free rate and target 0.
struct basis {
  double periods_per_year = trading_days_per_year;
  double risk_free = 0;  ///< per period
  double target = 0;     ///< per period: the minimum acceptable return
  std::size_t returns_min = statistics::returns_min;
};

/// r_i = equity_i / equity_{i-1} − 1. Stops at an equity that is not positive.
std::vector<double> returns_of(std::span<const double> equity);
/// The curve that begins at 1 and earns these returns: n + 1 values.
std::vector<double> growth_of(std::span<const double> returns);
/// Π (1 + r) − 1 (PerformanceAnalytics Return.cumulative, geometric). 0 for none; absent where it overflows.
std::optional<double> total_return(std::span<const double> returns);
/// Compound annual growth rate: (Π (1 + r))^(N / n) − 1 for N periods a year and n returns (empyrical cagr; PerformanceAnalytics Return.annualized, geometric).
/// −1 where everything is lost. Absent under `returns_min` returns.
std::optional<double> cagr(std::span<const double> returns, const basis& by = {});
/// (mean − risk-free) / deviation · √N. Absent under `returns_min` returns or without any deviation. W. Sharpe, 1994.
std::optional<double> sharpe(std::span<const double> returns, const basis& by = {});
/// (mean − target) / √(Σ min(r − target, 0)² / n) · √N. Absent as above. F. Sortino, 1991.
std::optional<double> sortino(std::span<const double> returns, const basis& by = {});
/// Sample deviation · √N.
std::optional<double> volatility(std::span<const double> returns, const basis& by = {});
/// cagr / deepest draw-down of the compounded curve (empyrical, PerformanceAnalytics). Absent without a draw-down. T. Young, 1991.
std::optional<double> calmar(std::span<const double> returns, const basis& by = {});
/// 95th percentile / |5th percentile|, type 7 (empyrical). Absent under `returns_min` returns or where the 5th is 0.
std::optional<double> tail_ratio(std::span<const double> returns, const basis& by = {});
/// Σ max(r − target, 0) / Σ max(target − r, 0). Absent without a return below the target. C. Keating and W. Shadwick, 2002.
std::optional<double> omega(std::span<const double> returns, const basis& by = {});
/// (mean − risk-free) / variance: the leverage of greatest growth under normal returns (PerformanceAnalytics KellyRatio, "full"). E. Thorp, 2006.
std::optional<double> kelly_leverage(std::span<const double> returns, const basis& by = {});
/// R² of the regression of cumulated log returns on time (empyrical stability_of_timeseries): 1 is a straight line. Absent under 2 returns, without any
/// movement, or where everything is lost.
std::optional<double> stability(std::span<const double> returns);

}  // namespace tomnext::statistics
