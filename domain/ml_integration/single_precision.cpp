#include "domain/ml_integration/single_precision.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

// XGBoost's predictions depend in their last bit on how expf and logf round, and neither rounds correctly always. So the method and the coefficients
// are those of the two functions in Arm Optimized Routines (S. Nagy, 2017; MIT licence), which glibc and musl use, in code of our own. std::fma rounds
// once on every machine, so the bits are those of a libm that runs on a CPU with fused multiply-add, wherever this runs.
namespace tomnext::ml_integration {
namespace {

constexpr int steps = 32;  // of 2^x between one power of two and the next
// 2^(i / 32), correctly rounded.
constexpr std::array<double, steps> power_of_two_at{
    0x1.0000000000000p+0, 0x1.059b0d3158574p+0, 0x1.0b5586cf9890fp+0, 0x1.11301d0125b51p+0, 0x1.172b83c7d517bp+0, 0x1.1d4873168b9aap+0, 0x1.2387a6e756238p+0,
    0x1.29e9df51fdee1p+0, 0x1.306fe0a31b715p+0, 0x1.371a7373aa9cbp+0, 0x1.3dea64c123422p+0, 0x1.44e086061892dp+0, 0x1.4bfdad5362a27p+0, 0x1.5342b569d4f82p+0,
    0x1.5ab07dd485429p+0, 0x1.6247eb03a5585p+0, 0x1.6a09e667f3bcdp+0, 0x1.71f75e8ec5f74p+0, 0x1.7a11473eb0187p+0, 0x1.82589994cce13p+0, 0x1.8ace5422aa0dbp+0,
    0x1.93737b0cdc5e5p+0, 0x1.9c49182a3f090p+0, 0x1.a5503b23e255dp+0, 0x1.ae89f995ad3adp+0, 0x1.b7f76f2fb5e47p+0, 0x1.c199bdd85529cp+0, 0x1.cb720dcef9069p+0,
    0x1.d5818dcfba487p+0, 0x1.dfc97337b9b5fp+0, 0x1.ea4afa2a490dap+0, 0x1.f50765b6e4540p+0,
};
constexpr double steps_per_e = 0x1.71547652b82fep0 * steps;  // 32 / ln 2
// 2^(r / 32) ≈ 1 + r (c1 + r (c2 + r c3)) for |r| ≤ 1/2.
constexpr double c1 = 0x1.62e42ff0c52d6p-1 / steps, c2 = 0x1.ebfce50fac4f3p-3 / steps / steps, c3 = 0x1.c6af84b912394p-5 / steps / steps / steps;

// 1 / c and ln c, for one c in each sixteenth of [0.7, 1.4).
struct interval {
  double inverse, log;
};
constexpr std::array<interval, 16> intervals{{
    {0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2},
    {0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
    {0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2},
    {0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
    {0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3},
    {0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
    {0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4},
    {0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
    {0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5},
    {1, 0},
    {0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5},
    {0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
    {0x1.b2036576afce6p-1, 0x1.526e57720db08p-3},
    {0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
    {0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2},
    {0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2},
}};
constexpr double ln2 = 0x1.62e42fefa39efp-1;
// ln(1 + r) ≈ r + r² (a2 + r (a3 + r a4)).
constexpr double a2 = -0x1.ffffef20a4123p-2, a3 = 0x1.5575b0be00b6ap-2, a4 = -0x1.00ea348b88334p-2;

double scaled(double x, std::int64_t exponent) { return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) + (static_cast<std::uint64_t>(exponent) << 52)); }

}  // namespace

// x = (k + r) ln 2 / 32 with a whole k and |r| ≤ 1/2, so e^x = 2^(k/32) · 2^(r/32).
float exp_single(float x) {
  if (std::isnan(x)) return x;
  if (x > 0x1.62e42ep6f) return std::numeric_limits<float>::infinity();
  if (x < -104.0f) return 0;
  const auto wide = static_cast<double>(x);
  const double whole = std::nearbyint(steps_per_e * wide);
  const double r = std::fma(steps_per_e, wide, -whole);
  const auto k = static_cast<std::int64_t>(whole);
  const double power = scaled(power_of_two_at[static_cast<std::size_t>(k & (steps - 1))], k >> 5);
  const double polynomial = std::fma(std::fma(c3, r, c2), r * r, std::fma(c1, r, 1.0));
  return static_cast<float>(polynomial * power);
}

// x = 2^k z with z in [0.7, 1.4), and ln z = ln c + ln(z / c).
float log_single(float x) {
  if (x == 1) return 0;
  if (x == 0) return -std::numeric_limits<float>::infinity();
  if (!(x > 0)) return std::numeric_limits<float>::quiet_NaN();
  if (std::isinf(x)) return x;
  const bool tiny = x < std::numeric_limits<float>::min();
  const auto bits = std::bit_cast<std::uint32_t>(tiny ? x * 0x1p23f : x);
  constexpr std::uint32_t lowest = 0x3f330000;  // 0.69921875, where the first interval begins
  const std::uint32_t above = bits - lowest;
  const auto& part = intervals[above >> 19 & 15];
  const std::int32_t k = static_cast<std::int32_t>(above) >> 23;
  const auto z = static_cast<double>(std::bit_cast<float>(bits - (above & 0xff800000u)));
  const double r = std::fma(z, part.inverse, -1.0);
  const double base = std::fma(static_cast<double>(k - (tiny ? 23 : 0)), ln2, part.log);
  const double square = r * r;
  return static_cast<float>(std::fma(std::fma(a4, square, std::fma(a3, r, a2)), square, base + r));
}

}  // namespace tomnext::ml_integration
