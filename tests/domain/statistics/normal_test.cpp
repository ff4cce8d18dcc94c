#include "domain/statistics/normal.hpp"

#include <cmath>

#include "tests/support/catch.hpp"

using namespace tomnext::statistics;

TEST_CASE("statistics: the normal distribution is the libm's erfc to fifteen digits, also far out in the tail", "[statistics]") {
  for (int i = -3700; i <= 800; ++i) {
    const double x = i / 100.0, expected = 0.5 * std::erfc(-x / std::sqrt(2.0));
    INFO(x);
    // Rounding −x/√2 alone moves the expected value by x² · 2^-53.
    REQUIRE(std::fabs(normal_cumulative(x) - expected) <= (4e-15 + x * x * 6e-16) * expected);
    REQUIRE(std::fabs(normal_density(x) - std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0))) <= (1e-15 + x * x * 3e-16) * normal_density(x));
  }
  CHECK(normal_cumulative(0) == 0.5);
  CHECK(normal_cumulative(-50) == 0);
  CHECK(normal_cumulative(50) == 1);
}

TEST_CASE("statistics: quantiles invert the distribution", "[statistics]") {
  for (int i = 1; i < 1000; ++i) {
    const double p = i / 1000.0;
    REQUIRE(std::fabs(normal_cumulative(normal_quantile(p)) - p) < 1e-15);
    REQUIRE(std::fabs(normal_quantile(p) + normal_quantile(1 - p)) < 2e-14);
  }
  for (double p = 0.1; p > 1e-300; p /= 10) REQUIRE(std::fabs(normal_cumulative(normal_quantile(p)) / p - 1) < 1e-12);
  CHECK(normal_quantile(0.5) == 0);
  // Tables: 1.959964, 2.326348, and R's qnorm(1e-10).
  CHECK(std::fabs(normal_quantile(0.975) - 1.9599639845400545) < 1e-14);
  CHECK(std::fabs(normal_quantile(0.99) - 2.3263478740408408) < 1e-14);
  CHECK(std::fabs(normal_quantile(1e-10) + 6.3613409024040557) < 1e-13);
  CHECK(std::isinf(normal_quantile(0)));
  CHECK(std::isinf(normal_quantile(1)));
}
