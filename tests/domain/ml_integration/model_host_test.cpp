#include "domain/ml_integration/model_host.hpp"

#include <cmath>
#include <limits>

#include "tests/domain/guard_driver.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::ml_integration;
using tomnext::tests::only;

namespace {

using model = tests::guard_driver<model_host>;
constexpr instrument_id pound{1};
constexpr timestamp noon{1'000 * second_ns};
const double missing = std::numeric_limits<double>::quiet_NaN();

// Two trees on the sign of feature 0, ±ln 2 each; a missing value goes left in one and right in the other. So the margin is ±ln 4, and 0 where it is missing.
std::shared_ptr<const tree_ensemble> ensemble(objective_kind objective) {
  constexpr float ln2 = 0x1.62e43p-1f;
  const auto sign_of_first = [&](bool missing_left) { return tree{{1, 2, 0, 0, missing_left}, {-1, -1, 0, -ln2, false}, {-1, -1, 0, ln2, false}}; };
  auto made = tree_ensemble::make({sign_of_first(true), sign_of_first(false)}, 0, objective, 2);
  return std::make_shared<const tree_ensemble>(*made);
}

model_configuration settings(objective_kind objective = objective_kind::logistic) {
  model_configuration c;
  c.model = model_id{5};
  c.content_hash.bytes[0] = 42;
  c.ensemble = ensemble(objective);
  c.instrument = pound;
  return c;
}
feature_vector_updated vector_of(std::initializer_list<double> values, instrument_id instrument = pound) {
  feature_vector_updated v;
  v.instrument = instrument;
  v.step_s = 60;
  v.schema = 11;
  v.vector_hash = 99;
  for (const double x : values) v.values.push_back(x);
  return v;
}
signal_proposed signal(side direction) {
  signal_proposed s;
  s.strategy = strategy_id{3};
  s.signal = signal_id{8};
  s.instrument = pound;
  s.direction = direction;
  return s;
}
signal_confirmation_given answer(model& m, side direction) {
  const auto given = only<signal_confirmation_given>(m(noon, signal(direction)));
  REQUIRE(given.size() == 1);
  CHECK(given[0].model == model_id{5});
  CHECK(given[0].strategy == strategy_id{3});
  CHECK(given[0].signal == signal_id{8});
  return given[0];
}

}  // namespace

TEST_CASE("model: each vector makes a prediction that names the model file and the vector") {
  model m(settings());
  const auto made = only<prediction_made>(m(noon, vector_of({1, 0})));
  REQUIRE(made.size() == 1);
  CHECK(made[0].model == model_id{5});
  CHECK(made[0].signal == signal_id{});
  CHECK(std::abs(made[0].probability - .8) < 1e-3);
  CHECK(std::abs(made[0].margin - 1.386) < 1e-3);
  CHECK(made[0].model_hash.bytes[0] == 42);
  CHECK(made[0].vector_hash == 99);
  CHECK(m(noon, vector_of({1, 0}, instrument_id{2})).empty());
}

TEST_CASE("model: a signal is confirmed, rejected or left alone, by its own direction") {
  model m(settings());
  m(noon, vector_of({1, 0}));
  CHECK(answer(m, side::buy).verdict == confirmation::confirm);
  CHECK(answer(m, side::sell).verdict == confirmation::reject);
  CHECK(std::abs(answer(m, side::sell).probability - .2) < 1e-3);
  m(noon, vector_of({-1, 0}));  // the newest vector counts
  CHECK(answer(m, side::buy).verdict == confirmation::reject);
  CHECK(answer(m, side::sell).verdict == confirmation::confirm);
  m(noon, vector_of({missing, 0}));  // a missing value takes the default branch
  CHECK(answer(m, side::buy).verdict == confirmation::abstain);
  CHECK(answer(m, side::none).verdict == confirmation::abstain);
  CHECK(m.host().verdicts(confirmation::confirm) == 2);
  CHECK(m.host().predictions() == 10);
}

TEST_CASE("model: a signal's answer comes with the prediction that it rests on") {
  model m(settings());
  m(noon, vector_of({1, 0}));
  const auto made = only<prediction_made>(m(noon, signal(side::buy)));
  REQUIRE(made.size() == 1);
  CHECK(made[0].signal == signal_id{8});
  CHECK(std::abs(made[0].probability - .8) < 1e-3);
  auto other = signal(side::buy);
  other.instrument = instrument_id{2};
  CHECK(m(noon, other).empty());
}

TEST_CASE("model: without a readable vector it abstains, says why, and predicts nothing") {
  model m(settings());
  CHECK(answer(m, side::buy).reason == text("no feature vector yet"));
  CHECK(m(noon, vector_of({1, 0, 0})).empty());
  CHECK(answer(m, side::buy).reason == text("the model reads 2 features, the vector has 3"));
  CHECK(m(noon, vector_of({missing, missing})).empty());
  CHECK(answer(m, side::buy).reason == text("all features are missing"));
  CHECK(answer(m, side::buy).verdict == confirmation::abstain);
  CHECK(m.host().predictions() == 0);

  auto c = settings();
  c.ensemble = nullptr;
  model none(c);
  CHECK(answer(none, side::buy).reason == text("the model is not loaded"));
}

TEST_CASE("model: schema, bars and places of its features can be pinned") {
  auto c = settings();
  c.schema = 12;
  model pinned(c);
  CHECK(pinned(noon, vector_of({1, 0})).empty());
  CHECK(answer(pinned, side::buy).reason == text("feature schema 11, not 12"));

  c = settings();
  c.bars = {300, price_side::mid};
  model of_bars(c);
  of_bars(noon, vector_of({1, 0}));
  CHECK(answer(of_bars, side::buy).reason == text("no feature vector yet"));

  c = settings();
  c.feature_indices = {2, 0};
  model placed(c);
  placed(noon, vector_of({1, 0, -1}));
  CHECK(answer(placed, side::buy).verdict == confirmation::reject);
  placed(noon, vector_of({1, 0}));
  CHECK(answer(placed, side::buy).verdict == confirmation::abstain);
}

TEST_CASE("model: a regression predicts, and abstains") {
  model m(settings(objective_kind::regression));
  const auto made = only<prediction_made>(m(noon, vector_of({1, 0})));
  REQUIRE(made.size() == 1);
  CHECK(std::abs(made[0].margin - 1.386) < 1e-3);
  CHECK(made[0].probability == 0);
  CHECK(answer(m, side::buy).reason == text("the model gives no probability"));
}

TEST_CASE("model: values beyond single precision are taken as its largest") {
  model m(settings());
  m(noon, vector_of({1e300, 0}));
  CHECK(answer(m, side::buy).verdict == confirmation::confirm);
  m(noon, vector_of({-std::numeric_limits<double>::infinity(), 0}));
  CHECK(answer(m, side::buy).verdict == confirmation::reject);
}

TEST_CASE("model: a host restored from its archive answers like the one that lived on") {
  model m(settings());
  m(noon, vector_of({1, 0}));
  answer(m, side::buy);
  model other = m;
  REQUIRE(tests::restart(other, settings(), tests::saved(m)));
  CHECK(answer(other, side::buy) == answer(m, side::buy));
  CHECK(tests::saved(other) == tests::saved(m));
}
