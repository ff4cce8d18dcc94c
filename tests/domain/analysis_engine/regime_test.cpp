#include "domain/analysis_engine/regime.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::analysis_engine;

namespace {

const regime_thresholds usual;
constexpr double infinite = std::numeric_limits<double>::infinity();
double just_below(double x) { return std::nextafter(x, -infinite); }
double just_above(double x) { return std::nextafter(x, infinite); }

// A market of which nothing is remarkable: a range. Each test changes one figure.
struct figures {
  double adx = 20, volatility_ratio = 1, breakout_atr = 1, range_ratio = 1.5;
};
assessment of(const figures& f) { return classify(f.adx, f.volatility_ratio, f.breakout_atr, f.range_ratio, usual); }
regime_kind kind(const figures& f) { return of(f).regime; }

}  // namespace

TEST_CASE("regime: each rule begins exactly at its threshold", "[regime]") {
  CHECK(kind({}) == regime_kind::range);
  CHECK(kind({.adx = 25}) == regime_kind::trend);
  CHECK(kind({.adx = just_below(25)}) == regime_kind::range);
  CHECK(kind({.volatility_ratio = 1.5}) == regime_kind::volatile_market);
  CHECK(kind({.volatility_ratio = just_below(1.5)}) == regime_kind::range);
  CHECK(kind({.breakout_atr = 2}) == regime_kind::volatile_market);
  CHECK(kind({.breakout_atr = just_below(2)}) == regime_kind::range);
  CHECK(kind({.volatility_ratio = 1 / 1.5}) == regime_kind::quiet);
  CHECK(kind({.volatility_ratio = just_above(just_above(1 / 1.5))}) == regime_kind::range);
  CHECK(kind({.volatility_ratio = 0.1}) == regime_kind::quiet);
}

TEST_CASE("regime: the first rule that holds decides", "[regime]") {
  CHECK(kind({.adx = 40, .volatility_ratio = 1.5}) == regime_kind::volatile_market);          // volatile before trend
  CHECK(kind({.adx = 40, .breakout_atr = 5}) == regime_kind::trend);                          // a breakout in a trend is the trend
  CHECK(kind({.adx = 40, .volatility_ratio = 0.5}) == regime_kind::trend);                    // trend before quiet
  CHECK(kind({.volatility_ratio = 0.5, .breakout_atr = 2}) == regime_kind::volatile_market);  // breakout before quiet
}

TEST_CASE("regime: confidence is a half at the threshold and one at twice of it", "[regime]") {
  CHECK(of({.adx = 25}).confidence == 0.5);
  CHECK(of({.adx = 37.5}).confidence == 0.75);
  CHECK(of({.adx = 50}).confidence == 1);
  CHECK(of({.adx = 90}).confidence == 1);
  CHECK(of({.volatility_ratio = 1.5}).confidence == 0.5);
  CHECK(of({.volatility_ratio = 3}).confidence == 1);
  CHECK(of({.breakout_atr = 2}).confidence == 0.5);
  CHECK(of({.breakout_atr = 3}).confidence == 0.75);
  CHECK(std::fabs(of({.volatility_ratio = 1 / 1.5}).confidence - 0.5) < 1e-15);
  CHECK(std::fabs(of({.volatility_ratio = 0.5 / 1.5}).confidence - 0.75) < 1e-15);
  CHECK(of({.volatility_ratio = 0}).confidence == 1);
}

TEST_CASE("regime: a range is surer the weaker the trend, or the tighter the bars", "[regime]") {
  CHECK(of({.adx = 0}).confidence == 1);
  CHECK(of({.adx = 12.5}).confidence == 0.75);
  CHECK(std::fabs(of({.adx = just_below(25)}).confidence - 0.5) < 1e-15);
  CHECK(of({.adx = 20, .range_ratio = 1.2}).confidence == 0.6);   // at its threshold the range ratio says nothing
  CHECK(of({.adx = 20, .range_ratio = 0.6}).confidence == 0.75);  // the surer of both
  CHECK(of({.adx = 5, .range_ratio = 1.1}).confidence == 0.9);
}

TEST_CASE("regime: the figures it rests on come with it", "[regime]") {
  const auto a = of({.adx = 31, .volatility_ratio = 1.25});
  CHECK(a.adx == 31);
  CHECK(a.volatility_ratio == 1.25);
}

namespace {

regime_meter fed(const std::vector<double>& closes, double half_range, const regime_thresholds& t = usual) {
  regime_meter m(t);
  for (const double c : closes) m.update(c + half_range, c - half_range, c);
  return m;
}

}  // namespace

TEST_CASE("meter: ready once the slowest of its averages is", "[regime]") {
  regime_meter m(usual);
  for (int i = 1; i <= 60; ++i) {
    m.update(1.31, 1.29, 1.3);
    CHECK(m.ready() == (i >= 50));
  }
  regime_thresholds quick;
  quick.slow_period = 10;
  regime_meter q(quick);
  for (int i = 1; i <= 40; ++i) {
    q.update(1.31, 1.29, 1.3);
    CHECK(q.ready() == (i >= 28));  // ADX(14)
  }
}

TEST_CASE("meter: markets that anyone would call so", "[regime]") {
  std::vector<double> rising, alternating, waking, calming, still(100, 1.3);
  for (int i = 0; i < 100; ++i) {
    rising.push_back(1.3 + i * 0.001);
    alternating.push_back(1.3 + (i % 2 == 0 ? 0.001 : -0.001));
    waking.push_back(1.3 + (i % 2 == 0 ? 1 : -1) * (i < 90 ? 0.0005 : 0.01));
    calming.push_back(1.3 + (i % 2 == 0 ? 1 : -1) * (i < 60 ? 0.01 : 0.0005));
  }
  CHECK(fed(rising, 0.0005).assess().regime == regime_kind::trend);
  CHECK(fed(rising, 0.0005).assess().adx > 90);
  CHECK(fed(alternating, 0.0005).assess().regime == regime_kind::range);
  CHECK(fed(waking, 0.0005).assess().regime == regime_kind::volatile_market);
  CHECK(fed(calming, 0.0005).assess().regime == regime_kind::quiet);
  auto jump = alternating;
  jump.back() = 1.3 + 0.01;  // several ATR off its mean, in a market without a trend
  CHECK(fed(jump, 0.0005).assess().regime == regime_kind::volatile_market);

  const auto dead = fed(still, 0).assess();  // no scale at all
  CHECK(dead.regime == regime_kind::quiet);
  CHECK(dead.confidence == 1);
}
