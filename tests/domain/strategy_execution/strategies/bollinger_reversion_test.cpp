#include "tests/domain/strategy_execution/strategies/bars.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("bollinger_reversion needs its bands") {
  CHECK(warm_up_of(*strategy_of("bollinger_reversion", {})) == 20);
  CHECK(warm_up_of(*strategy_of("bollinger_reversion", {{"period", "4"}})) == 4);
}

TEST_CASE("bollinger_reversion enters outside the bands from flat, and leaves at the mean") {
  auto s = strategy_of("bollinger_reversion", {{"period", "4"}, {"deviations", "1"}, {"stop_loss", "0.01"}});
  for (const char* c : {"1.5", "1.5", "1.5"}) CHECK_FALSE(after(*s, close_of(c)));
  const auto below = after(*s, close_of("1.4"));  // mean 1.475, deviation 0.0433
  REQUIRE(below);
  CHECK(below->direction == side::buy);
  CHECK(below->fast == Approx(1.475 - 0.0433012702));
  CHECK(below->slow == Approx(1.475 + 0.0433012702));
  CHECK(below->entry.only_if_flat);
  CHECK(below->entry.stop_loss == at("1.386"));
  CHECK(below->leave == side::sell);
  const auto back = after(*s, close_of("1.48"));
  REQUIRE(back);
  CHECK(back->direction == side::none);
  CHECK_FALSE(back->entry.stop_loss);
  CHECK(back->leave == side::buy);
  const auto above = after(*s, close_of("1.6"));
  CHECK(above->direction == side::sell);
  CHECK(above->entry.stop_loss == at("1.616"));
}

TEST_CASE("bollinger_reversion refuses parameters that make no sense") {
  CHECK(refusal_of("bollinger_reversion", {{"period", "1"}}) == "period: '1' is not a whole number from 2 to 1000");
  CHECK(refusal_of("bollinger_reversion", {{"deviations", "0"}}) == "deviations: must be positive");
  CHECK(refusal_of("bollinger_reversion", {{"stop_loss", "1"}}) == "stop_loss: must be less than 1, the whole price");
}
