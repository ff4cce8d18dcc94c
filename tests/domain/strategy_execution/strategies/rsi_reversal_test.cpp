#include "tests/domain/strategy_execution/strategies/bars.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("rsi_reversal needs its index on two bars") {
  CHECK(warm_up_of(*strategy_of("rsi_reversal", {{"period", "3"}})) == 5);
  CHECK(warm_up_of(*strategy_of("rsi_reversal", {})) == 16);
}

TEST_CASE("rsi_reversal enters from flat as the index comes back through a level, with its protection") {
  auto s = strategy_of("rsi_reversal", {{"period", "2"}, {"stop_loss", "0.004"}, {"take_profit", "0.006"}});
  for (const char* c : {"1.50", "1.49", "1.48", "1.47"}) CHECK_FALSE(after(*s, close_of(c)));  // the index is 0
  const auto up = after(*s, close_of("1.51302"));
  REQUIRE(up);
  CHECK(up->direction == side::buy);
  CHECK(up->entry.kind == order_kind::market);
  CHECK(up->entry.only_if_flat);
  CHECK(up->entry.stop_loss == at("1.50696792"));
  CHECK(up->entry.take_profit == at("1.52209812"));
  CHECK(up->leave == side::none);
  for (const char* c : {"1.52", "1.53", "1.54"}) CHECK_FALSE(after(*s, close_of(c)));
  const auto down = after(*s, close_of("1.50000"));
  REQUIRE(down);
  CHECK(down->direction == side::sell);
  CHECK(down->entry.stop_loss == at("1.506"));
  CHECK(down->entry.take_profit == at("1.491"));
}

TEST_CASE("rsi_reversal without shares has no protection, and refuses parameters that make no sense") {
  auto s = strategy_of("rsi_reversal", {{"period", "2"}});
  for (const char* c : {"1.50", "1.49", "1.48", "1.47"}) after(*s, close_of(c));
  const auto up = after(*s, close_of("1.51"));
  REQUIRE(up);
  CHECK_FALSE(up->entry.stop_loss);
  CHECK_FALSE(up->entry.take_profit);
  CHECK(refusal_of("rsi_reversal", {{"oversold", "70"}}) == "oversold: must be less than overbought");
  CHECK(refusal_of("rsi_reversal", {{"oversold", "101"}}) == "oversold: '101' is not a decimal number from 0 to 100");
  CHECK(refusal_of("rsi_reversal", {{"stop_loss", "1"}}) == "stop_loss: stop_loss and take_profit must be less than 1, the whole price");
}
