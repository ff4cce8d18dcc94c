#include "domain/base/math.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tomnext::math {
namespace {

// ln 2 in two parts; the high part has 21 trailing zero bits, so that k · ln2_high is exact for |k| < 2^11.
constexpr double ln2_high = 0x1.62e42fee00000p-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr double one_over_ln2 = 0x1.71547652b82fep0;

// 2^k by its bit pattern; exact.
double power_of_two(std::int64_t k) { return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52); }

}  // namespace

// Reduction x = k ln 2 + r with |r| ≤ ln 2 / 2, then the Taylor series of e^r to r^13 (remainder below 2^-58), summed from its small end,
// with r carried in two parts so that the leading 1 + r keeps its low bits.
double exp(double x) {
  if (x != x) return x;
  if (x > 709.782712893384) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0.0;
  const double scaled = x * one_over_ln2;
  const auto k = static_cast<std::int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double kd = static_cast<double>(k);
  const double high = x - kd * ln2_high;
  const double low = kd * ln2_low;
  const double r = high - low;
  const double lost = (high - r) - low;
  double sum = 0;
  for (int n = 13; n >= 2; --n) sum = sum * r / (n + 1) + 1.0;
  const double tail = r * r * 0.5 * sum + lost;
  const double value = 1.0 + (r + tail);
  if (k >= -1021 && k <= 1023) return value * power_of_two(k);
  if (k > 1023) return value * power_of_two(k - 1) * 2.0;
  return value * power_of_two(k + 64) * 0x1p-64;
}

// Reduction x = 2^k · m with m in [√½, √2), then ln m = 2 artanh(f / (2 + f)), f = m − 1, by its odd series to s^23 (remainder below 2^-60).
// 2/23, 2/21 … 2/3: the series of artanh.
constexpr std::array<double, 11> two_by_odd{2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3};

double log(double x) {
  if (x != x || x < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (x == std::numeric_limits<double>::infinity()) return x;
  std::int64_t k = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    k = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  k += static_cast<std::int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  if (m > 0x1.6a09e667f3bcdp0) {
    m *= 0.5;
    ++k;
  }
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  double sum = 0;
  for (const double c : two_by_odd) sum = sum * z + c;
  // ln(1+f) = f − s·(f − z·sum…): the leading f is exact, the correction is small.
  const double half_square = 0.5 * f * f;
  const double correction = s * (half_square + z * sum);
  const double kd = static_cast<double>(k);
  return kd * ln2_high - ((half_square - (correction + kd * ln2_low)) - f);
}

double logistic(double x) {
  if (x >= 0) return 1.0 / (1.0 + exp(-x));
  const double e = exp(x);
  return e / (1.0 + e);
}

}  // namespace tomnext::math
