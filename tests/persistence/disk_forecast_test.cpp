#include "persistence/disk_forecast.hpp"

#include <random>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext::persistence;

namespace {

constexpr std::uint64_t megabyte = 1'000'000;

/// One sample a second.
std::vector<growth_sample> line(std::size_t count, double bytes_per_s, std::uint64_t from, std::int64_t at_s = 0) {
  std::vector<growth_sample> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(
        {(at_s + static_cast<std::int64_t>(i)) * 1'000'000'000, static_cast<std::uint64_t>(static_cast<double>(from) + bytes_per_s * static_cast<double>(i))});
  return all;
}

bool near(double a, double b, double share) { return a > b * (1 - share) && a < b * (1 + share); }

}  // namespace

TEST_CASE("steady growth: when the disk is full, down to what must stay free") {
  const auto f = forecast_full(line(10, 1e6, 5 * megabyte), 1000 * megabyte, 100 * megabyte);
  REQUIRE(f);
  CHECK(near(f->bytes_per_s.likely, 1e6, 1e-9));
  REQUIRE(f->likely_s);
  CHECK(near(*f->likely_s, 900, 1e-9));
  CHECK(near(f->earliest_s.value(), 900, 1e-6));
  CHECK(near(f->latest_s.value(), 900, 1e-6));
}

TEST_CASE("no growth, and shrinking: never") {
  for (const double rate : {0.0, -1000.0}) {
    const auto f = forecast_full(line(5, rate, 100 * megabyte), megabyte, 0);
    REQUIRE(f);
    CHECK_FALSE(f->earliest_s);
    CHECK_FALSE(f->likely_s);
    CHECK_FALSE(f->latest_s);
  }
}

TEST_CASE("a disk below its low-water mark is full now, whatever grows") {
  for (const double rate : {0.0, 10.0, -10.0}) {
    const auto f = forecast_full(line(3, rate, megabyte), 64 * megabyte, 64 * megabyte);
    REQUIRE(f);
    CHECK(f->likely_s == 0.0);
    CHECK(f->latest_s == 0.0);
    CHECK(forecast_full(line(3, rate, megabyte), 1, 64 * megabyte)->earliest_s == 0.0);
  }
}

TEST_CASE("what tells nothing is no forecast") {
  CHECK_FALSE(forecast_full({}, 100, 0));
  CHECK_FALSE(forecast_full(line(1, 5, 0), 100, 0));
  const std::vector<growth_sample> one_time(4, growth_sample{7, 9});
  CHECK_FALSE(forecast_full(one_time, 100, 0));
  CHECK(growth_of(line(2, 3, 0))->low == growth_of(line(2, 3, 0))->high);
}

TEST_CASE("noise widens the bounds, and the truth lies within them") {
  std::uint64_t within = 0;
  constexpr std::uint64_t seeds = 200;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::mt19937_64 g(seed);
    std::normal_distribution<double> noise(0, 3e5);
    auto samples = line(20, 1e5, 100 * megabyte);
    for (auto& s : samples) s.bytes = static_cast<std::uint64_t>(static_cast<double>(s.bytes) + noise(g));
    const auto rate = growth_of(samples);
    REQUIRE(rate);
    REQUIRE(rate->low < rate->likely);
    REQUIRE(rate->likely < rate->high);
    within += rate->low <= 1e5 && 1e5 <= rate->high ? 1 : 0;
  }
  // Two standard errors hold some 94 % of the time with 18 degrees of freedom; bounds that are half as wide would hold 67 %.
  CHECK(within > seeds * 88 / 100);
  CHECK(within < seeds);
}

TEST_CASE("times and sizes of any size keep their precision") {
  const auto late = growth_of(line(10, 7, std::uint64_t{1} << 50, 1'700'000'000));
  REQUIRE(late);
  CHECK(near(late->likely, 7, 0.01));
  const auto f = forecast_full(line(10, 1, 0), UINT64_MAX, 0);
  REQUIRE(f);
  CHECK(near(f->likely_s.value(), 1.8446744e19, 1e-6));
}
