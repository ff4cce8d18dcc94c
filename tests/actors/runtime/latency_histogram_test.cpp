#include "actors/runtime/latency_histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using tomnext::actors::latency_histogram;

namespace {
double read_back(std::uint64_t value) {
  latency_histogram h;
  h.record(value);
  return static_cast<double>(h.percentile(0.5));
}
}  // namespace

TEST_CASE("latency_histogram: a value from nanoseconds to hours is read back within an eighth", "[runtime]") {
  // Every power of two and its neighbours, and values spread evenly over the magnitudes.
  double worst = 0;
  const auto check = [&](std::uint64_t v) {
    if (v == 0) return;
    worst = std::max(worst, std::abs(read_back(v) - static_cast<double>(v)) / static_cast<double>(v));
  };
  for (unsigned bit = 0; bit < latency_histogram::width_max; ++bit)
    for (const std::uint64_t near : {0ULL, 1ULL, 2ULL}) check((std::uint64_t{1} << bit) + near - 1);
  std::mt19937_64 random{1};
  for (int i = 0; i < 20'000; ++i) check(static_cast<std::uint64_t>(std::exp2(std::uniform_real_distribution<>{0, 45.99}(random))));
  CHECK(worst <= 0.0626);
  CHECK(worst > 0.05);  // it is a histogram, not a list
  CHECK(read_back(0) == 0);
}

TEST_CASE("latency_histogram: percentiles agree with a sorted list", "[runtime]") {
  auto h = std::make_unique<latency_histogram>();
  std::vector<std::uint64_t> all;
  std::mt19937_64 random{7};
  std::lognormal_distribution<> d{10, 2};
  for (int i = 0; i < 100'000; ++i) {
    all.push_back(static_cast<std::uint64_t>(d(random)));
    h->record(all.back());
  }
  std::sort(all.begin(), all.end());
  CHECK(h->count() == all.size());
  for (const double q : {0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.9999, 1.0}) {
    const auto exact = static_cast<double>(all[static_cast<std::size_t>(std::ceil(q * static_cast<double>(all.size()))) - 1]);
    CHECK(std::abs(static_cast<double>(h->percentile(q)) - exact) <= 0.125 * exact);
  }
}

TEST_CASE("latency_histogram: nothing, too much and nonsense", "[runtime]") {
  latency_histogram h;
  CHECK(h.percentile(0.5) == 0);
  CHECK(h.count() == 0);
  h.record(std::numeric_limits<std::uint64_t>::max());  // counts as the longest
  const auto longest = static_cast<double>(h.percentile(1));
  CHECK(longest > 18.0 * 3600 * 1e9);
  CHECK(longest < 20.0 * 3600 * 1e9);
  h.record(1);
  h.record(1);
  CHECK(h.percentile(-3) == 1);
  CHECK(h.percentile(std::numeric_limits<double>::quiet_NaN()) == 1);
  CHECK(static_cast<double>(h.percentile(40)) == longest);
}

TEST_CASE("latency_histogram: readers see a growing count while one writes, and nothing is lost", "[runtime]") {
  auto h = std::make_unique<latency_histogram>();
  constexpr std::uint64_t written = 500'000;
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < written; ++i) h->record(i);
  });
  std::uint64_t before = 0;
  bool grows = true;
  while (before < written) {
    const auto now = h->count();
    grows = grows && now >= before && h->percentile(1) < 2 * written;
    before = now;
  }
  writer.join();
  CHECK(grows);
  CHECK(h->count() == written);
}
