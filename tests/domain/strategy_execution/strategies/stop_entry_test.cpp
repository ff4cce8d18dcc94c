#include "tests/domain/strategy_execution/strategies/bars.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("stop_entry needs its channels, the exit's also one bar ago, and the range where it reads it") {
  CHECK(warm_up_of(*strategy_of("stop_entry", {})) == 21);
  CHECK(warm_up_of(*strategy_of("stop_entry", {{"period", "5"}, {"exit_period", "2"}})) == 5);
  CHECK(warm_up_of(*strategy_of("stop_entry", {{"period", "2"}, {"atr_period", "9"}})) == 3);
  CHECK(warm_up_of(*strategy_of("stop_entry", {{"period", "2"}, {"atr_period", "9"}, {"stop_loss_atr", "2"}})) == 9);
}

TEST_CASE("stop_entry places its stop at the channel's edge at every bar, and leaves below the exit channel as it was") {
  auto s = strategy_of("stop_entry", {{"period", "2"}, {"stop_loss", "0.005"}, {"take_profit", "0.01"}});
  after(*s, bar_of("119", "119.2", "118.9", "119"));
  after(*s, bar_of("119", "119.4", "118.8", "119"));
  const auto o = after(*s, bar_of("119", "119.1", "118.7", "118.8"));
  REQUIRE(o);
  CHECK(o->direction == side::buy);
  CHECK(o->entry.kind == order_kind::stop);
  CHECK(o->entry.only_if_flat);
  CHECK(o->entry.at == at("119.4"));
  CHECK(o->entry.stop_loss == at("118.803"));
  CHECK(o->entry.take_profit == at("120.594"));
  CHECK(o->leave == side::none);  // 118.8 is the old lowest low, not below it
  CHECK(after(*s, bar_of("118.8", "118.9", "118.6", "118.69"))->leave == side::buy);
}

TEST_CASE("stop_entry short mirrors it; distances may be in ranges") {
  auto s = strategy_of("stop_entry",
                       {{"period", "2"}, {"direction", "short"}, {"atr_period", "1"}, {"offset_atr", "0.5"}, {"stop_loss_atr", "2"}, {"take_profit_atr", "3"}});
  after(*s, bar_of("1.1", "1.1", "1.1", "1.1"));
  after(*s, bar_of("1.1", "1.1", "1.1", "1.1"));
  const auto o = after(*s, bar_of("1.10", "1.11", "1.09", "1.10"));  // a range of 0.02
  REQUIRE(o);
  CHECK(o->direction == side::sell);
  CHECK(o->entry.at == at("1.08"));
  CHECK(o->entry.stop_loss == at("1.12"));
  CHECK(o->entry.take_profit == at("1.02"));
  CHECK(after(*s, bar_of("1.10", "1.13", "1.09", "1.12"))->leave == side::sell);
}

TEST_CASE("stop_entry refuses parameters that make no sense") {
  CHECK(refusal_of("stop_entry", {{"direction", "both"}}) == "direction: 'both' is none of: long, short");
  CHECK(refusal_of("stop_entry", {{"stop_loss", "0.1"}, {"stop_loss_atr", "1"}}) == "stop_loss: a share of the price or a number of ATR, not both");
  CHECK(refusal_of("stop_entry", {{"take_profit", "1"}}) == "stop_loss: stop_loss and take_profit must be less than 1, the whole price");
}
