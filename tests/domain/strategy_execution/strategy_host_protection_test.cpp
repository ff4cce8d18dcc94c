// Entries that wait for their price, and the stop-loss and take-profit that come with them.
#include "tests/domain/strategy_execution/strategy_desk.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::strategy_execution;
using state = strategy_state;
using step = signal_stage;

namespace {

strategy_configuration settings_of(const char* kind, std::map<std::string, std::string> p, position_mode mode = position_mode::hedging) {
  auto c = desk_settings(mode);
  c.kind = kind;
  c.parameters = std::move(p);
  return c;
}
/// A stop entry on a channel of two bars with both protections, warmed up: its next bar places an order.
desk stop_desk(position_mode mode = position_mode::hedging) {
  desk d(settings_of("stop_entry", {{"period", "2"}, {"stop_loss", "0.01"}, {"take_profit", "0.02"}}, mode));
  d.close_bar(100);
  d.close_bar(100);
  return d;
}

}  // namespace

TEST_CASE("an entry that waits comes with its protection, as orders of its own; the next opinion replaces it") {
  for (const auto mode : {position_mode::hedging, position_mode::netting}) {
    auto d = stop_desk(mode);
    const auto first = d.close_bar(100);
    const auto intents = only<order_intended>(first);
    REQUIRE(intents.size() == 3);
    const auto &entry = intents[0], &loss = intents[1], &profit = intents[2];
    CHECK(entry.kind == order_kind::stop);
    CHECK(entry.direction == side::buy);
    CHECK(entry.trigger.value == price::whole(100).value + 1);
    CHECK_FALSE(entry.parent);
    CHECK(loss.kind == order_kind::stop);
    CHECK(loss.trigger < entry.trigger);
    CHECK(profit.kind == order_kind::limit);
    CHECK(profit.limit > entry.trigger);
    for (const auto& child : {loss, profit}) {
      CHECK(child.parent == entry.order);
      CHECK(child.direction == side::sell);
      CHECK(child.reduce_only);
      CHECK(child.size == entry.size);
      CHECK(child.closes == (mode == position_mode::hedging ? position_id{entry.order.value} : position_id{}));
    }
    const auto proposed = only<signal_proposed>(first);
    REQUIRE(proposed.size() == 1);
    CHECK(proposed[0].entry == order_kind::stop);
    CHECK(proposed[0].entry_price == entry.trigger);
    CHECK(proposed[0].stop_loss == loss.trigger);
    CHECK(proposed[0].take_profit == profit.limit);
    CHECK(proposed[0].only_if_flat);

    const auto second = d.close_bar(101);
    const auto changes = only<order_change_intended>(second);
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].order == entry.order);
    CHECK(changes[0].change == order_change::cancel);
    CHECK(only<order_intended>(second).size() == 3);
    // Until the cancel is answered the old one is not cancelled again.
    const auto third = only<order_change_intended>(d.close_bar(102));
    REQUIRE(third.size() == 1);
    CHECK(third[0].order == only<order_intended>(second)[0].order);
    const auto ended = only<signal_stage_changed>(d(d.ended<order_cancelled>(entry)));
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].stage == step::rejected);
    CHECK(ended[0].signal == entry.signal);
  }
}

TEST_CASE("a position with protection is left whole, and its protection is not waited for") {
  for (const auto mode : {position_mode::hedging, position_mode::netting}) {
    auto d = stop_desk(mode);
    const auto intents = only<order_intended>(d.close_bar(100));
    REQUIRE(intents.size() == 3);
    d.fill(intents[0]);
    CHECK(only<order_intended>(d.close_bar(101)).empty());  // held: nothing more is placed
    d.restart();
    const auto leaving = only<order_intended>(d.close_bar(90));  // below the lowest low
    REQUIRE(leaving.size() == 1);
    CHECK(leaving[0].direction == side::sell);
    CHECK(leaving[0].size == intents[0].size);
    CHECK(leaving[0].reduce_only);
    CHECK_FALSE(leaving[0].parent);
    d.fill(leaving[0]);
    for (const auto& child : {intents[1], intents[2]}) d(d.ended<order_cancelled>(child));
    CHECK(only<order_intended>(d.close_bar(90)).size() == 3);
  }
}

TEST_CASE("a filled stop-loss or take-profit closes the position it protects") {
  for (const auto mode : {position_mode::hedging, position_mode::netting}) {
    auto d = stop_desk(mode);
    const auto intents = only<order_intended>(d.close_bar(100));
    d.fill(intents[0]);
    d.fill(intents[1]);
    d(d.ended<order_cancelled>(intents[2]));
    CHECK(only<order_intended>(d.close_bar(100)).size() == 3);  // flat again
  }
}

TEST_CASE("a pause and a stop cancel what waits; a stop does not wait for what protects") {
  auto paused = stop_desk();
  const auto waits = only<order_intended>(paused.close_bar(100));
  CHECK(only<order_change_intended>(paused.command(operator_command::pause_strategy, 3)).size() == 1);
  CHECK(paused.close_bar(101).empty());

  auto stopped = stop_desk();
  const auto entry = only<order_intended>(stopped.close_bar(100));
  const auto out = stopped.command(operator_command::stop_strategy, 3);
  CHECK(only<order_change_intended>(out).size() == 1);
  CHECK(stopped.host().state() == state::stopping);
  stopped(stopped.ended<order_cancelled>(entry[0]));
  CHECK(stopped.host().state() == state::stopped);

  auto keeps = settings_of("stop_entry", {{"period", "2"}, {"stop_loss", "0.01"}});
  keeps.at_end = stop_policy::keep;
  desk kept(keeps);
  kept.close_bar(100);
  kept.close_bar(100);
  const auto held = only<order_intended>(kept.close_bar(100));
  kept.fill(held[0]);
  kept.source_ends();
  CHECK(kept.host().state() == state::stopped);  // its stop-loss works on
}

TEST_CASE("entries from flat wait for the position to be gone, and are not turned round") {
  desk d(settings_of("rsi_reversal", {{"period", "1"}, {"stop_loss", "0.01"}}));
  d.close_bar(100);
  d.close_bar(90);
  d.close_bar(80);
  const auto up = only<order_intended>(d.close_bar(85));  // 0, then 100
  REQUIRE(up.size() == 2);
  CHECK(up[0].kind == order_kind::market);
  CHECK(up[0].direction == side::buy);
  d.fill(up[0]);
  CHECK(only<order_intended>(d.close_bar(80)).empty());  // the other way, but something is held
  d.fill(up[1]);
  CHECK(only<order_intended>(d.close_bar(85)).size() == 2);
}

TEST_CASE("while a model is asked, the entry keeps its terms, also over a restart") {
  auto c = settings_of("stop_entry", {{"period", "2"}, {"stop_loss", "0.01"}});
  c.confirm_by_model = true;
  desk d(c);
  d.close_bar(100);
  d.close_bar(100);
  const auto asked = d.close_bar(100);
  REQUIRE(only<signal_proposed>(asked).size() == 1);
  CHECK(only<order_intended>(asked).empty());
  d.restart();
  signal_confirmation_given yes;
  yes.signal = only<signal_proposed>(asked)[0].signal;
  yes.instrument = pound;
  yes.verdict = confirmation::confirm;
  yes.probability = 0.9;
  const auto intents = only<order_intended>(d(yes));
  REQUIRE(intents.size() == 2);
  CHECK(intents[0].kind == order_kind::stop);
  CHECK(intents[0].trigger == only<signal_proposed>(asked)[0].entry_price);
  CHECK(intents[1].trigger == only<signal_proposed>(asked)[0].stop_loss);
}
