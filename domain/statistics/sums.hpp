// Sums that lose nothing worth mentioning, and results that are a number or absent.
#pragma once
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "domain/base/math.hpp"

namespace tomnext::statistics {

/// A sum that carries what rounding drops, so that large values which cancel leave the small ones intact.
/// A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54 (1974).
class compensated_sum {
 public:
  void add(double x) {
    const double t = sum_ + x;
    lost_ += std::fabs(sum_) >= std::fabs(x) ? (sum_ - t) + x : (x - t) + sum_;
    sum_ = t;
  }
  [[nodiscard]] double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0, lost_ = 0;
};

/// The number, or nothing where it is none: no measure is ever NaN or infinite.
inline std::optional<double> finite_or_none(double x) {
  if (!(std::fabs(x) <= std::numeric_limits<double>::max())) return std::nullopt;
  return x;
}
/// a / b, or nothing where that is no number.
inline std::optional<double> ratio(double a, double b) { return b == 0 ? std::nullopt : finite_or_none(a / b); }
/// base^exponent for base ≥ 0, the same bits on every machine: e^(exponent · ln base).
inline double power(double base, double exponent) { return exponent == 0 ? 1 : base <= 0 ? 0 : math::exp(exponent * math::log(base)); }

}  // namespace tomnext::statistics
