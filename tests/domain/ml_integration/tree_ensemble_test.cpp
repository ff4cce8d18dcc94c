#include "domain/ml_integration/tree_ensemble.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::ml_integration;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();

tree_node leaf(float value) { return {-1, -1, 0, value, false}; }
tree_node split(std::uint32_t feature, float at, std::int32_t left, std::int32_t right, bool missing_left = false) {
  return {left, right, feature, at, missing_left};
}
using row = std::vector<float>;

tree_ensemble made(std::vector<tree> trees, float base = 0, objective_kind objective = objective_kind::regression, std::size_t features = 2) {
  auto e = tree_ensemble::make(std::move(trees), base, objective, features);
  INFO((e ? "" : e.error().message));
  REQUIRE(e);
  return *e;
}

void check_refused(std::vector<tree> trees, const std::string& says, float base = 0, std::size_t features = 2) {
  const auto e = tree_ensemble::make(std::move(trees), base, objective_kind::regression, features);
  REQUIRE(!e);
  INFO(e.error().message);
  CHECK(e.error().code == errc::invalid_argument);
  CHECK(e.error().message.find(says) != std::string::npos);
}

}  // namespace

TEST_CASE("tree: below the threshold goes left, the threshold itself goes right", "[tree]") {
  const auto e = made({{split(1, 2, 1, 2), leaf(10), leaf(20)}});
  CHECK(e.predict(row{0, 1.9999999f}).margin == 10);
  CHECK(e.predict(row{0, 2}).margin == 20);
  CHECK(e.predict(row{0, infinite}).margin == 20);
  CHECK(e.predict(row{0, -infinite}).margin == 10);
  CHECK(e.predict(row{0, -0.0f}).margin == 10);
}

TEST_CASE("tree: a missing value takes the default branch of each split it meets", "[tree]") {
  const auto e = made({{split(0, 0, 1, 2, true), split(1, 0, 3, 4, false), leaf(1), leaf(2), leaf(3)}});
  CHECK(e.predict(row{missing, -1}).margin == 2);
  CHECK(e.predict(row{missing, missing}).margin == 3);
  CHECK(e.predict(row{1, missing}).margin == 1);
}

TEST_CASE("tree: leaves are added in float32, from the base margin, in the order of the trees", "[tree]") {
  // 2^24 + 1 is no float32: 1 is lost beside 2^24, and kept where the ones come first.
  const float large = 0x1p24f;
  CHECK(made({{leaf(1)}, {leaf(1)}, {leaf(large)}}).predict(row{0, 0}).margin == large + 2);
  CHECK(made({{leaf(large)}, {leaf(1)}, {leaf(1)}}).predict(row{0, 0}).margin == large);
  CHECK(made({{leaf(1)}, {leaf(1)}}, large).predict(row{0, 0}).margin == large);
  CHECK(made({}, 0.25f).predict(row{0, 0}).margin == 0.25f);
}

TEST_CASE("tree: only the logistic objective gives a probability", "[tree]") {
  const auto classifier = made({{leaf(0)}}, 0, objective_kind::logistic);
  CHECK(classifier.gives_probability());
  CHECK(classifier.predict(row{0, 0}).probability == 0.5f);
  const auto regression = made({{leaf(3)}});
  CHECK(!regression.gives_probability());
  CHECK(regression.predict(row{0, 0}).probability == 0);
}

TEST_CASE("tree: what is no tree is refused with its place", "[tree]") {
  check_refused({{}}, "tree 0, node 0: the tree is empty");
  check_refused({{leaf(1)}, {split(0, 0, 1, 3), leaf(1), leaf(2)}}, "tree 1, node 0: a child that is not behind it");
  check_refused({{split(0, 0, 0, 1), leaf(1)}}, "a child that is not behind it");                                     // its own child
  check_refused({{split(0, 0, 1, 2), split(0, 0, 0, 2), leaf(1)}}, "tree 0, node 1: a child that is not behind it");  // a cycle
  check_refused({{split(0, 0, 1, -1), leaf(1)}}, "a child that is not behind it");
  check_refused({{split(0, 0, 1, std::numeric_limits<std::int32_t>::max()), leaf(1)}}, "a child that is not behind it");
  check_refused({{split(2, 0, 1, 2), leaf(1), leaf(2)}}, "feature 2 of 2");
  check_refused({{split(0, 0, 1, 2), leaf(1), leaf(2)}}, "feature 0 of 0", 0, 0);
  check_refused({{leaf(missing)}}, "the leaf is no number");
  check_refused({{leaf(infinite)}}, "the leaf is no number");
  check_refused({{split(0, missing, 1, 2), leaf(1), leaf(2)}}, "the split is no number");
  check_refused({{leaf(1)}}, "the base margin is no number", missing);
}

TEST_CASE("tree: a tree as deep as it is long is walked to its end", "[tree]") {
  constexpr std::int32_t depth = 100'000;
  tree t;
  for (std::int32_t i = 0; i < depth; ++i) {
    t.push_back(split(0, static_cast<float>(i), 2 * i + 1, 2 * i + 2));
    t.push_back(leaf(static_cast<float>(i)));
  }
  t.push_back(leaf(-1));
  const auto e = made({t});
  CHECK(e.predict(row{-1, 0}).margin == 0);
  CHECK(e.predict(row{infinite, 0}).margin == -1);
}

TEST_CASE("sigmoid: never leaves [0, 1], and rises", "[tree]") {
  CHECK(sigmoid(0) == 0.5f);
  CHECK(sigmoid(infinite) == 1);
  CHECK(sigmoid(200) == 1);
  CHECK(sigmoid(-infinite) == sigmoid(-88.7f));  // e^x is limited there, as in XGBoost
  CHECK(sigmoid(-infinite) > 0);
  CHECK(std::isnan(sigmoid(missing)));
  float before = 0;
  for (float x = -90; x < 90; x += 0.125f) {
    const float p = sigmoid(x);
    CHECK(p >= before);
    CHECK(std::fabs(static_cast<double>(p) - 1 / (1 + std::exp(-static_cast<double>(x)))) < 1.5e-7);
    before = p;
  }
}

TEST_CASE("logit: undoes sigmoid within rounding", "[tree]") {
  CHECK(logit(0.5f) == 0);
  for (float p = 0.01f; p < 1; p += 0.01f) CHECK(std::fabs(sigmoid(logit(p)) - p) < 2e-7f);
}
