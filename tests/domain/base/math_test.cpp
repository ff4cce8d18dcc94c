#include "domain/base/math.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double least_normal = std::numeric_limits<double>::min();

// A plain generator with a fixed seed: the same values on every machine.
struct generator {
  std::uint64_t state = 0x9e3779b97f4a7c15u;
  std::uint64_t bits() {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }
  double between(double low, double high) { return low + (high - low) * (static_cast<double>(bits() >> 11) * 0x1p-53); }
};

// How many doubles apart.
std::uint64_t apart(double a, double b) {
  const auto key = [](double x) {
    const auto i = std::bit_cast<std::int64_t>(x);
    return i < 0 ? std::numeric_limits<std::int64_t>::min() - i : i;
  };
  const auto p = key(a), q = key(b);
  return p > q ? static_cast<std::uint64_t>(p) - static_cast<std::uint64_t>(q) : static_cast<std::uint64_t>(q) - static_cast<std::uint64_t>(p);
}

}  // namespace

TEST_CASE("math: exp is within one ulp of the library's", "[math]") {
  generator g;
  for (int i = 0; i < 300'000; ++i) {
    for (const double x : {g.between(-708, 709.78), g.between(-1, 1), g.between(-1e-3, 1e-3), std::bit_cast<double>(g.bits())}) {
      const double expected = std::exp(x);
      if (std::isnan(x)) {
        REQUIRE(std::isnan(math::exp(x)));
      } else if (expected >= least_normal) {
        INFO(x);
        REQUIRE(apart(math::exp(x), expected) <= 1);
      }
    }
  }
  for (int k = -1021; k <= 1023; ++k) {  // where the reduction changes its k
    for (const double x : {k * 0.69314718055994530942, (k + 0.5) * 0.69314718055994530942}) {
      for (const double near : {x, std::nextafter(x, infinite), std::nextafter(x, -infinite)}) {
        if (std::exp(near) >= least_normal) REQUIRE(apart(math::exp(near), std::exp(near)) <= 1);
      }
    }
  }
}

TEST_CASE("math: log is within one ulp of the library's", "[math]") {
  generator g;
  for (int i = 0; i < 300'000; ++i) {
    for (const double x : {std::bit_cast<double>(g.bits() >> 1), g.between(0.5, 2), g.between(1 - 1e-6, 1 + 1e-6), g.between(0, 1e6)}) {
      if (!(x > 0) || std::isinf(x)) continue;
      INFO(x);
      REQUIRE(apart(math::log(x), std::log(x)) <= 1);
    }
  }
  for (const double x : {std::numeric_limits<double>::denorm_min(), least_normal, std::nextafter(least_normal, 0), std::numeric_limits<double>::max(),
                         std::nextafter(1.0, 0), std::nextafter(1.0, 2), 0x1.6a09e667f3bcdp0, 0x1.6a09e667f3bccp0, 0x1.6a09e667f3bcep0, 2.0, 10.0}) {
    INFO(x);
    CHECK(apart(math::log(x), std::log(x)) <= 1);
  }
}

TEST_CASE("math: edges", "[math]") {
  CHECK(math::exp(0) == 1);
  CHECK(math::exp(-0.0) == 1);
  CHECK(math::exp(infinite) == infinite);
  CHECK(math::exp(-infinite) == 0);
  CHECK(math::exp(710) == infinite);
  CHECK(std::isfinite(math::exp(709.782712893384)));
  CHECK(math::exp(std::nextafter(709.782712893384, 710)) == infinite);
  CHECK(math::exp(-746) == 0);
  CHECK(math::exp(-745) == std::exp(-745.0));
  CHECK(std::isnan(math::exp(std::nan(""))));
  CHECK(math::log(1) == 0);
  CHECK(!std::signbit(math::log(1)));
  CHECK(math::log(0) == -infinite);
  CHECK(math::log(-0.0) == -infinite);
  CHECK(math::log(infinite) == infinite);
  CHECK(std::isnan(math::log(-1)));
  CHECK(std::isnan(math::log(-infinite)));
  CHECK(std::isnan(math::log(std::nan(""))));
}

TEST_CASE("math: logistic is a probability, symmetric about a half", "[math]") {
  generator g;
  for (int i = 0; i < 100'000; ++i) {
    const double x = g.between(-40, 40), p = math::logistic(x);
    REQUIRE((p >= 0 && p <= 1));
    REQUIRE(std::fabs(p + math::logistic(-x) - 1) <= 0x1p-52);
    REQUIRE(std::fabs(p - 1 / (1 + std::exp(-x))) <= 4e-16);
  }
  CHECK(math::logistic(0) == 0.5);
  CHECK(math::logistic(1e300) == 1);
  CHECK(math::logistic(-1e300) == 0);
  CHECK(math::logistic(-700) > 0);  // small values keep their digits
}
