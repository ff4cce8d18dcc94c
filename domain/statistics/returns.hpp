// Measures of a series of equity or returns. Each docstring gives the formula; annualisation is by 252 trading days.
#pragma once
#include <optional>
#include <span>
#include <vector>

namespace tomnext::statistics {

/// Fewer returns than this say nothing: the measures are then absent.
inline constexpr std::size_t returns_min = 20;
inline constexpr double trading_days_per_year = 252;

/// r_i = equity_i / equity_{i-1} − 1. Stops at an equity that is not positive.
std::vector<double> returns_of(std::span<const double> equity);
/// Arithmetic mean; 0 for none.
double mean(std::span<const double> values);
/// Sample standard deviation, divisor n − 1; 0 for fewer than two.
double deviation(std::span<const double> values);
/// mean / deviation · √252, risk-free rate 0. Absent under `returns_min` returns or without any deviation. W. Sharpe, 1994.
std::optional<double> sharpe(std::span<const double> daily_returns);
/// mean / √(Σ min(r, 0)² / n) · √252, target 0. Absent as above. F. Sortino, 1991.
std::optional<double> sortino(std::span<const double> daily_returns);
/// Deviation · √252.
std::optional<double> volatility(std::span<const double> daily_returns);

struct drawdown {
  double depth{};          ///< (peak − trough) / peak, above 1 where equity falls below zero; falls from a peak that is not positive have none
  std::size_t duration{};  ///< longest stretch below an earlier peak, in steps
};
/// The deepest fall of a series below its running maximum, and the longest time under water.
drawdown max_drawdown(std::span<const double> equity);

}  // namespace tomnext::statistics
