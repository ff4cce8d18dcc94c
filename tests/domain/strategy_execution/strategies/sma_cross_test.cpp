#include "tests/domain/strategy_execution/strategies/bars.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("sma_cross needs both averages on two bars") {
  CHECK(warm_up_of(*strategy_of("sma_cross", {{"fast", "2"}, {"slow", "4"}})) == 5);
  CHECK(warm_up_of(*strategy_of("sma_cross", {})) == 31);
}

TEST_CASE("sma_cross speaks on the bar of a cross alone, and turns a position round") {
  auto s = strategy_of("sma_cross", {{"fast", "1"}, {"slow", "2"}});
  for (const char* c : {"1.3", "1.2"}) CHECK_FALSE(after(*s, close_of(c)));
  const auto up = after(*s, close_of("1.4"));  // 1.2 < 1.25, then 1.4 > 1.3
  REQUIRE(up);
  CHECK(up->direction == side::buy);
  CHECK(up->score == 1.0);
  CHECK(up->fast == Approx(1.4));
  CHECK(up->slow == Approx(1.3));
  CHECK_FALSE(up->entry.only_if_flat);
  CHECK_FALSE(after(*s, close_of("1.5")));
  const auto down = after(*s, close_of("1.4"));
  REQUIRE(down);
  CHECK(down->direction == side::sell);
}

TEST_CASE("sma_cross: a cross through equality is none") {
  auto s = strategy_of("sma_cross", {{"fast", "1"}, {"slow", "2"}});
  for (const char* c : {"1.3", "1.2", "1.2", "1.3"}) CHECK_FALSE(after(*s, close_of(c)));  // below, equal, above
  CHECK(after(*s, close_of("1.2")));
}

TEST_CASE("sma_cross refuses parameters that make no sense") {
  CHECK(refusal_of("sma_cross", {{"fast", "30"}}) == "fast: 30 must be less than slow (30)");
  CHECK(refusal_of("sma_cross", {{"slow", "0"}}) == "slow: '0' is not a whole number from 1 to 10000");
  CHECK(refusal_of("sma_cross", {{"seed", "1"}}) == "unknown key 'seed'; allowed: fast, slow");
}
