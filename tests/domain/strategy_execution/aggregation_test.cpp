#include "domain/strategy_execution/aggregation.hpp"

#include <cmath>
#include <limits>

#include <rapidcheck.h>

#include "tests/support/catch.hpp"

using namespace tomnext::strategy_execution;

TEST_CASE("weights are renormalised over the components that spoke") {
  CHECK(aggregate({}, {}) == 0);
  CHECK(aggregate({.technical = 0.6, .model = {}, .regime = {}, .correlation = {}}, {}) == Approx(0.6));
  CHECK(aggregate({.technical = {}, .model = {}, .regime = 0.4, .correlation = -0.2}, {}) == Approx(0.1));
  CHECK(aggregate({.technical = 0.8, .model = -0.4, .regime = {}, .correlation = {}}, {}) == Approx((0.5 * 0.8 - 0.3 * 0.4) / 0.8));
  CHECK(aggregate({.technical = 0.5, .model = -0.5, .regime = 0.5, .correlation = 0.5}, {}) == Approx(0.25 - 0.15 + 0.05 + 0.05));
  CHECK(aggregate({.technical = 0.5, .model = 1.0, .regime = {}, .correlation = {}}, {0, 0, 0, 0}) == 0);
}

TEST_CASE("technical and model that agree in sign count a fifth more; the score stays within one") {
  CHECK(aggregate({.technical = 0.4, .model = 0.4, .regime = {}, .correlation = {}}, {}) == Approx(0.48));
  CHECK(aggregate({.technical = -0.4, .model = -0.4, .regime = {}, .correlation = {}}, {}) == Approx(-0.48));
  CHECK(aggregate({.technical = 0.4, .model = 0.0, .regime = {}, .correlation = {}}, {}) == Approx(0.25));
  CHECK(aggregate({.technical = 1.0, .model = 0.9, .regime = {}, .correlation = {}}, {}) == 1.0);
  CHECK(aggregate({.technical = -1.0, .model = -0.9, .regime = {}, .correlation = {}}, {}) == -1.0);
  CHECK(aggregate({.technical = 0.4, .model = {}, .regime = 0.4, .correlation = {}}, {}) == Approx(0.4));
}

TEST_CASE("a score is within one, and mirrored voices give the mirrored score") {
  CHECK(rc::check("mirrored", [] {
    auto voice = [] { return *rc::gen::inRange(0, 4) == 0 ? std::optional<double>() : std::optional(*rc::gen::inRange(-100, 101) / 100.0); };
    const voices v{voice(), voice(), voice(), voice()};
    auto mirror = [](std::optional<double> x) { return x ? std::optional(-*x) : x; };
    const voices m{mirror(v.technical), mirror(v.model), mirror(v.regime), mirror(v.correlation)};
    const double score = aggregate(v, {});
    RC_ASSERT(std::abs(score) <= 1.0);
    RC_ASSERT(aggregate(m, {}) == -score);
  }));
}
