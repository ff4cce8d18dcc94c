#include "domain/analysis_engine/analysis_host.hpp"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "domain/base/archive.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using namespace tomnext::analysis_engine;
using driver = tests::host_driver<analysis_host>;

namespace {

constexpr host_id self{16};
constexpr instrument_id pound{1};
constexpr bar_spec five_minutes{300, price_side::mid};
constexpr timestamp monday{15'005 * day_ns};

analysis_configuration configured() { return {pound, five_minutes}; }
driver make() { return driver(analysis_host(self, configured()), self); }

// A walk that trends, rests and jumps, so that all regimes occur.
bar_closed bar(int n, bar_spec spec = five_minutes) {
  const double slow = std::sin(n * 0.03), fast = std::sin(n * 1.7) * (n / 40 % 3 == 0 ? 8 : 1);
  const auto close = static_cast<std::int64_t>(1'300'000'000 + 20'000'000 * slow + 300'000 * fast);
  bar_closed b{
      pound, spec.step_s, spec.from, monday + n * 300 * second_ns, monday + (n + 1) * 300 * second_ns, {close}, {close + 200'000}, {close - 200'000}, {close},
      4};
  if (n % 17 == 0) b.high = b.low = b.close, b.ticks = 0;  // nothing traded
  return b;
}
std::vector<regime_assessed> feed(driver& d, int n, bar_spec spec = five_minutes) {
  const auto b = bar(n, spec);
  return tests::only<regime_assessed>(d.input(b, b.closed_at));
}
std::string saved(const driver& d) {
  state_writer w;
  w(d.host());
  return w.bytes();
}

}  // namespace

TEST_CASE("analysis: nothing while warming up, then one regime for each bar", "[analysis]") {
  auto d = make();
  for (int n = 0; n < 300; ++n) {
    const auto out = feed(d, n);
    REQUIRE(out.size() == (n + 1 >= 50 ? 1u : 0u));
    if (out.empty()) {
      CHECK(d.host().newest().regime == regime_kind::unknown);
      continue;
    }
    CHECK(out[0].instrument == pound);
    CHECK(out[0].step_s == 300);
    CHECK(out[0].from == price_side::mid);
    CHECK(out[0].regime != regime_kind::unknown);
    CHECK((out[0].confidence >= 0.5 && out[0].confidence <= 1));
    CHECK(d.host().newest().regime == out[0].regime);
    CHECK(d.host().newest().confidence == out[0].confidence);
  }
}

TEST_CASE("analysis: what it puts out is what the meter says of the same bars", "[analysis]") {
  auto d = make();
  regime_meter meter(configured().thresholds);
  std::array<int, 5> seen{};
  for (int n = 0; n < 1'000; ++n) {
    const auto b = bar(n);
    meter.update(b.high.to_double(), b.low.to_double(), b.close.to_double());
    const auto out = feed(d, n);
    if (out.empty()) continue;
    const auto a = meter.assess();
    REQUIRE(out[0] == regime_assessed{pound, 300, price_side::mid, a.regime, a.confidence, a.adx, a.volatility_ratio});
    ++seen[static_cast<std::size_t>(a.regime)];
  }
  for (const auto r : {regime_kind::trend, regime_kind::range, regime_kind::volatile_market, regime_kind::quiet}) {
    INFO(static_cast<int>(r));
    CHECK(seen[static_cast<std::size_t>(r)] > 0);  // the walk exercises every rule
  }
}

TEST_CASE("analysis: bars of other specifications are not its own", "[analysis]") {
  auto d = make(), undisturbed = make();
  for (int n = 0; n < 60; ++n) {
    CHECK(feed(d, n, {60, price_side::mid}).empty());
    CHECK(feed(d, n, {300, price_side::bid}).empty());
    CHECK(feed(d, n) == feed(undisturbed, n));
  }
  CHECK(saved(d) == saved(undisturbed));
}

TEST_CASE("analysis: a host restored from its archive goes on to the same bits", "[analysis]") {
  for (const int cut : {0, 1, 14, 28, 49, 50, 77}) {
    auto lived = make(), restored = make();
    for (int n = 0; n < cut; ++n) {
      feed(lived, n);
      feed(restored, n);
    }
    const auto bytes = saved(restored);
    analysis_host fresh(self, configured());
    state_reader r(bytes);
    r(fresh);
    REQUIRE((!r.failed() && r.at_end()));
    restored.replace(std::move(fresh));
    CHECK(saved(restored) == bytes);
    for (int n = cut; n < cut + 100; ++n) REQUIRE(feed(restored, n) == feed(lived, n));
    CHECK(saved(restored) == saved(lived));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      analysis_host damaged(self, configured());
      state_reader of_part(std::string_view(bytes).substr(0, length));
      of_part(damaged);
      REQUIRE(of_part.failed());
    }
  }
}
