// One series beside another: correlation, and measures against a benchmark. Both have the same length, value by value of the same time.
#pragma once
#include <optional>
#include <span>

#include "domain/statistics/returns.hpp"

namespace tomnext::statistics {

/// Σ (a − ā)(b − b̄) / (n − 1). Absent under two values or where the lengths differ.
std::optional<double> covariance(std::span<const double> a, std::span<const double> b);
/// Pearson's r. Absent as above, and where one of them never moves.
std::optional<double> correlation(std::span<const double> a, std::span<const double> b);
/// Pearson's r of the ranks, equal values sharing their mean rank. C. Spearman, 1904.
std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b);
/// τ_b: (concordant − discordant) / √((pairs − ties in a)(pairs − ties in b)). O(n²). M. Kendall, 1938.
std::optional<double> pair_correlation(std::span<const double> a, std::span<const double> b);
/// cov(a, benchmark) / var(benchmark) (CAPM.beta; empyrical beta).
std::optional<double> beta(std::span<const double> returns, std::span<const double> benchmark);
/// Intercept of that regression per period: mean excess − β · mean excess of the benchmark (PerformanceAnalytics CAPM.alpha).
std::optional<double> alpha(std::span<const double> returns, std::span<const double> benchmark, const basis& by = {});
/// The same, compounded to a year: (1 + alpha)^N − 1 (empyrical alpha).
std::optional<double> annual_alpha(std::span<const double> returns, std::span<const double> benchmark, const basis& by = {});
/// Deviation of the difference · √N.
std::optional<double> tracking_error(std::span<const double> returns, std::span<const double> benchmark, const basis& by = {});
/// (cagr − cagr of the benchmark) / tracking error (PerformanceAnalytics).
std::optional<double> information_ratio(std::span<const double> returns, std::span<const double> benchmark, const basis& by = {});
/// mean / deviation of the difference, per period (empyrical excess_sharpe).
std::optional<double> excess_sharpe(std::span<const double> returns, std::span<const double> benchmark);
/// cagr / cagr of the benchmark (empyrical capture), over all periods, those where the benchmark rose (> 0), or those where it fell (< 0).
enum class market { all, up, down };
std::optional<double> capture(std::span<const double> returns, std::span<const double> benchmark, market when, const basis& by = {});

}  // namespace tomnext::statistics
