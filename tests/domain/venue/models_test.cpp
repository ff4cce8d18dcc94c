#include "domain/venue/models.hpp"

#include <cmath>
#include <set>

#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::venue;
using tests::units;

TEST_CASE("models at their defaults change nothing") {
  const market_models none;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    CHECK(latency(none, order_id{i}) == 0);
    CHECK_FALSE(rejects(none, order_id{i}));
    CHECK(slippage_steps(none, order_id{i}, 0) == 0);
    CHECK(filled_share(none, order_id{i}, 0, units(7), units(1)) == units(7));
  }
}

TEST_CASE("draws are those of their arguments, and are spread evenly") {
  constexpr int n = 20'000;
  for (std::uint64_t seed : {1u, 2u, 99u}) {
    double sum = 0, below = 0;
    std::set<std::int64_t> seen;
    for (std::uint64_t i = 1; i <= n; ++i) {
      const auto d = draw(seed, order_id{3ull << 32 | i}, draw_for::reject, 0);
      REQUIRE(d >= 0);
      REQUIRE(d < rate::one);
      CHECK(d == draw(seed, order_id{3ull << 32 | i}, draw_for::reject, 0));
      sum += static_cast<double>(d) / rate::one;
      below += d < rate::one / 10;
      seen.insert(d);
    }
    CHECK(std::fabs(sum / n - 0.5) < 0.01);  // five standard deviations
    CHECK(std::fabs(below / n - 0.1) < 0.011);
    CHECK(seen.size() == n);
  }
  CHECK(draw(1, order_id{5}, draw_for::reject, 0) != draw(2, order_id{5}, draw_for::reject, 0));
  CHECK(draw(1, order_id{5}, draw_for::reject, 0) != draw(1, order_id{5}, draw_for::slippage, 0));
  CHECK(draw(1, order_id{5}, draw_for::slippage, 0) != draw(1, order_id{5}, draw_for::slippage, 1));
}

TEST_CASE("each model keeps within its bounds, reaches them, and has its frequency") {
  market_models m;
  m.latency_ns = 1000;
  m.latency_jitter_ns = 3;
  m.slippage_probability = *rate::parse("0.25");
  m.slippage_steps_max = 3;
  m.partial_fill_probability = *rate::parse("0.5");
  m.reject_probability = *rate::parse("0.1");
  std::set<std::int64_t> latencies, steps, shares;
  int slips = 0, cuts = 0, refused = 0;
  constexpr int n = 20'000;
  for (std::uint64_t i = 1; i <= n; ++i) {
    latencies.insert(latency(m, order_id{i}));
    const auto s = slippage_steps(m, order_id{i}, 0);
    steps.insert(s);
    slips += s > 0;
    const auto part = filled_share(m, order_id{i}, 0, units(40), units(10));
    shares.insert(part.value);
    cuts += part < units(40);
    refused += rejects(m, order_id{i});
  }
  CHECK(latencies == std::set<std::int64_t>{1000, 1001, 1002, 1003});
  CHECK(steps == std::set<std::int64_t>{0, 1, 2, 3});
  CHECK(shares == std::set<std::int64_t>{1000, 2000, 3000, 4000});  // hundredths of a unit
  CHECK(std::abs(slips - n / 4) < 320);
  CHECK(std::abs(cuts - n * 3 / 8) < 350);  // half are cut, and a quarter of those to the whole
  CHECK(std::abs(refused - n / 10) < 220);
  CHECK(filled_share(m, order_id{1}, 0, units(1), units(10)) == units(1));
}
