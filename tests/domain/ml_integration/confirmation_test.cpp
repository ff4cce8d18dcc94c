#include "domain/ml_integration/confirmation.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::ml_integration;

TEST_CASE("confirmation: both thresholds hold at equality") {
  const confirmation_thresholds t;
  CHECK(verdict_on(.65, t) == confirmation::confirm);
  CHECK(verdict_on(.6499, t) == confirmation::abstain);
  CHECK(verdict_on(.5, t) == confirmation::abstain);
  CHECK(verdict_on(.3501, t) == confirmation::abstain);
  CHECK(verdict_on(.35, t) == confirmation::reject);
  CHECK(verdict_on(std::numeric_limits<double>::quiet_NaN(), t) == confirmation::abstain);
}

TEST_CASE("confirmation: a sell is right where the price does not rise") {
  CHECK(probability_for(side::buy, .75) == .75);
  CHECK(probability_for(side::sell, .75) == .25);
  CHECK(verdict_on(probability_for(side::sell, .35), {}) == confirmation::confirm);
  CHECK(verdict_on(probability_for(side::sell, .75), {}) == confirmation::reject);
}
