// Moments and quantiles of a sample. Sums are compensated and taken about the mean, in the order of time.
#pragma once
#include <optional>
#include <span>
#include <vector>

namespace tomnext::statistics {

/// Arithmetic mean; 0 for none.
double mean(std::span<const double> values);
/// Sample standard deviation, divisor n − 1; 0 for fewer than two.
double deviation(std::span<const double> values);
/// Population standard deviation, divisor n; 0 for fewer than two.
double population_deviation(std::span<const double> values);
/// m₃ / m₂^1.5 of population moments (PerformanceAnalytics, "moment"). Absent without any deviation.
std::optional<double> skewness(std::span<const double> values);
/// m₄ / m₂² − 3 of population moments (PerformanceAnalytics, "excess"). Absent without any deviation.
std::optional<double> excess_kurtosis(std::span<const double> values);
/// The estimates for a population: Σd³/m₂^1.5 · n / ((n−1)(n−2)), and Σd⁴/m₂² · (n+1)(n−1) / (n(n−2)(n−3)) − 3(n−1)² / ((n−2)(n−3)).
/// PerformanceAnalytics, "sample" and "sample_excess". Absent for fewer than 3 and 4 values.
std::optional<double> sample_skewness(std::span<const double> values);
std::optional<double> sample_excess_kurtosis(std::span<const double> values);
/// √(Σ min(v − target, 0)² / n): all n in the divisor (PerformanceAnalytics, "full"; empyrical). 0 for none.
double downside_deviation(std::span<const double> values, double target = 0);
/// Type-7 quantile: linear between the order statistics around (n − 1) · p. R's and NumPy's default. Absent for none. 0 ≤ p ≤ 1.
/// R. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996).
std::optional<double> quantile(std::span<const double> values, double p);
/// The same of values that ascend already.
std::optional<double> quantile_of_sorted(std::span<const double> ascending, double p);

}  // namespace tomnext::statistics
