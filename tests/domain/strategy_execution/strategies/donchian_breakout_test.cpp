#include "tests/domain/strategy_execution/strategies/bars.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("donchian_breakout needs the channel of the bars before this one") {
  CHECK(warm_up_of(*strategy_of("donchian_breakout", {})) == 21);
  CHECK(warm_up_of(*strategy_of("donchian_breakout", {{"period", "5"}})) == 6);
}

TEST_CASE("donchian_breakout enters where a bar closes beyond the channel before it, and leaves at the shorter one") {
  auto s = strategy_of("donchian_breakout", {{"period", "3"}, {"exit_period", "1"}});
  for (int i = 0; i < 3; ++i) CHECK_FALSE(after(*s, bar_of("1.1", "1.2", "1.0", "1.1")));
  CHECK_FALSE(after(*s, bar_of("1.1", "1.3", "1.1", "1.2")));  // its high was beyond, its close at the edge
  const auto up = after(*s, bar_of("1.2", "1.4", "1.15", "1.31"));
  REQUIRE(up);
  CHECK(up->direction == side::buy);
  CHECK(up->score == 1.0);
  CHECK(up->leave == side::sell);
  const auto leaves = after(*s, bar_of("1.2", "1.2", "1.1", "1.14"));
  REQUIRE(leaves);
  CHECK(leaves->direction == side::none);
  CHECK(leaves->leave == side::buy);
  const auto down = after(*s, bar_of("1.0", "1.0", "0.9", "0.95"));
  REQUIRE(down);
  CHECK(down->direction == side::sell);
  CHECK_FALSE(down->entry.only_if_flat);
}

TEST_CASE("donchian_breakout refuses an exit channel that is longer") {
  CHECK(refusal_of("donchian_breakout", {{"period", "5"}, {"exit_period", "6"}}) == "exit_period: 6 must not be more than period (5)");
}
