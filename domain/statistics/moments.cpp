#include "domain/statistics/moments.hpp"

#include <algorithm>
#include <cmath>

#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {
namespace {

// Equal values have no deviation, whatever the rounding of their mean.
bool all_equal(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
}
// Σ (v − m)^k.
double power_sum(std::span<const double> values, double m, int k) {
  compensated_sum sum;
  for (const double v : values) {
    double p = v - m;
    for (int i = 1; i < k; ++i) p *= v - m;
    sum.add(p);
  }
  return sum.value();
}
// Σ (v − m)², less what the rounding of the mean has added to it.
double squares_about_mean(std::span<const double> values) {
  if (values.size() < 2 || all_equal(values)) return 0;
  const double m = mean(values), off = power_sum(values, m, 1);
  return std::max(0.0, power_sum(values, m, 2) - off * off / static_cast<double>(values.size()));
}
// Σ d^k / m₂^(k/2), m₂ with divisor n.
std::optional<double> standardised(std::span<const double> values, int k) {
  const double s = population_deviation(values);
  if (s <= 0) return std::nullopt;
  const double m = mean(values);
  compensated_sum sum;
  for (const double v : values) {
    const double z = (v - m) / s;
    sum.add(k == 3 ? z * z * z : z * z * z * z);
  }
  return finite_or_none(sum.value());
}

}  // namespace

double mean(std::span<const double> values) {
  compensated_sum sum;
  for (const double v : values) sum.add(v);
  return values.empty() ? 0 : sum.value() / static_cast<double>(values.size());
}

double deviation(std::span<const double> values) {
  return values.size() < 2 ? 0 : std::sqrt(squares_about_mean(values) / static_cast<double>(values.size() - 1));
}
double population_deviation(std::span<const double> values) {
  return values.size() < 2 ? 0 : std::sqrt(squares_about_mean(values) / static_cast<double>(values.size()));
}

std::optional<double> skewness(std::span<const double> values) {
  const auto sum = standardised(values, 3);
  if (!sum) return std::nullopt;
  return *sum / static_cast<double>(values.size());
}
std::optional<double> excess_kurtosis(std::span<const double> values) {
  const auto sum = standardised(values, 4);
  if (!sum) return std::nullopt;
  return *sum / static_cast<double>(values.size()) - 3;
}
std::optional<double> sample_skewness(std::span<const double> values) {
  const auto sum = standardised(values, 3);
  const auto n = static_cast<double>(values.size());
  if (!sum || n < 3) return std::nullopt;
  return *sum * n / ((n - 1) * (n - 2));
}
std::optional<double> sample_excess_kurtosis(std::span<const double> values) {
  const auto sum = standardised(values, 4);
  const auto n = static_cast<double>(values.size());
  if (!sum || n < 4) return std::nullopt;
  return *sum * (n + 1) * (n - 1) / (n * (n - 2) * (n - 3)) - 3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3));
}

double downside_deviation(std::span<const double> values, double target) {
  compensated_sum squares;
  for (const double v : values)
    if (v < target) squares.add((v - target) * (v - target));
  return values.empty() ? 0 : std::sqrt(squares.value() / static_cast<double>(values.size()));
}

std::optional<double> quantile_of_sorted(std::span<const double> ascending, double p) {
  if (ascending.empty() || !(p >= 0 && p <= 1)) return std::nullopt;
  const double place = p * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= ascending.size()) return ascending.back();
  return ascending[below] + (place - static_cast<double>(below)) * (ascending[below + 1] - ascending[below]);
}
std::optional<double> quantile(std::span<const double> values, double p) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return quantile_of_sorted(sorted, p);
}

}  // namespace tomnext::statistics
