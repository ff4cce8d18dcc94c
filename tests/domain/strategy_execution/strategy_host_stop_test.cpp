// Stop, flatten, the end of the source: what closes, and when it is over.
#include "tests/domain/strategy_execution/strategy_desk.hpp"

#include <rapidcheck.h>

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::strategy_execution;
using state = strategy_state;
using step = signal_stage;

TEST_CASE("a stop closes what is open, and is over when it is flat") {
  auto flat = desk::ready();
  flat.command(operator_command::stop_strategy, 3);
  CHECK(flat.states() == std::vector{state::warming_up, state::running, state::stopping, state::stopped});
  CHECK(flat.rise().empty());
  CHECK(flat.command(operator_command::stop_strategy, 3).empty());
  CHECK(flat.command(operator_command::resume_strategy, 3).empty());

  auto d = desk::ready();
  d.fill_all(d.rise());
  const auto closing = one(d.command(operator_command::stop_strategy, 3));
  CHECK(closing.reduce_only);
  CHECK_FALSE(closing.signal);
  CHECK(d.host().state() == state::stopping);
  CHECK(only<order_intended>(d.command(operator_command::stop_strategy, 3)).empty());  // it is on its way
  CHECK(d.fall().empty());
  d(d.fill_of(closing, 300, 700));
  CHECK(d.host().state() == state::stopping);
  d(d.fill_of(closing, 700, 0));
  CHECK(d.host().state() == state::stopped);
}

TEST_CASE("a close that ended half-way is followed by another for the rest") {
  auto d = desk::ready();
  d.fill_all(d.rise());
  const auto closing = one(d.command(operator_command::stop_strategy, 3));
  d(d.fill_of(closing, 300, 700));
  const auto rest = one(d(d.ended<order_cancelled>(closing)));
  CHECK(rest.size == units(700));
  CHECK(rest.closes == closing.closes);
  d.fill(rest);
  CHECK(d.host().state() == state::stopped);
}

TEST_CASE("a close that ended in vain fails the strategy, and a further stop tries again") {
  auto d = desk::ready();
  d.fill_all(d.rise());
  const auto closing = one(d.command(operator_command::stop_strategy, 3));
  auto e = d.ended<order_denied>(closing);
  e.reason = "trading is halted";
  CHECK(only<order_intended>(d(e)).empty());
  CHECK(d.host().state() == state::failed);
  CHECK(d.all_of<strategy_state_changed>().back().why == "a position could not be closed: trading is halted");
  d.fill(one(d.command(operator_command::stop_strategy, 3)));
  CHECK(d.host().state() == state::stopped);
}

TEST_CASE("a stop waits for an entry in flight, and closes what it opened") {
  auto d = desk::ready();
  const auto entry = one(d.rise());
  CHECK(only<order_intended>(d.command(operator_command::stop_strategy, 3)).empty());
  CHECK(d.host().state() == state::stopping);
  const auto closing = one(d.fill(entry));
  CHECK(closing.closes.value == entry.order.value);
  d.fill(closing);
  CHECK(d.host().state() == state::stopped);
  auto unfilled = desk::ready();
  const auto other = one(unfilled.rise());
  unfilled.command(operator_command::stop_strategy, 3);
  unfilled(unfilled.ended<order_expired>(other));
  CHECK(unfilled.host().state() == state::stopped);
}

TEST_CASE("a late fill wakes a stopped strategy, which closes it") {
  auto d = desk::ready();
  const auto entry = one(d.rise());
  d(d.ended<order_expired>(entry));
  d.command(operator_command::stop_strategy, 3);
  REQUIRE(d.host().state() == state::stopped);
  auto late = d.fill_of(entry, 1'000, 0);
  late.late = true;
  const auto closing = one(d(late));
  CHECK(d.host().state() == state::stopping);
  d.fill(closing);
  CHECK(d.host().state() == state::stopped);
}

TEST_CASE("flatten closes and goes on; twice at once closes once") {
  auto d = desk::ready();
  d.fill_all(d.rise());
  const auto closing = one(d.command(operator_command::flatten, 3));
  CHECK(d.command(operator_command::flatten, 3).empty());
  d(d.fill_of(closing, 400, 600));
  CHECK(d.command(operator_command::flatten, 3).empty());
  d(d.fill_of(closing, 600, 0));
  CHECK(d.host().state() == state::running);
  CHECK(one(d.rise()).direction == side::buy);
}

TEST_CASE("the end of the source closes, or keeps, as configured") {
  auto d = desk::ready();
  d.fill_all(d.rise());
  source_state_changed open;
  open.state = source_state::open;
  CHECK(d(open).empty());
  const auto closing = one(d.source_ends());
  d.fill(closing);
  CHECK(d.host().state() == state::stopped);
  CHECK(d.source_ends().empty());

  auto c = desk_settings();
  c.at_end = stop_policy::keep;
  auto kept = desk::ready(c);
  kept.fill_all(kept.rise());
  CHECK(only<order_intended>(kept.source_ends()).empty());
  CHECK(kept.host().state() == state::stopped);
  CHECK(kept.all_of<strategy_state_changed>().back().why == "positions are kept");
  kept.fill(one(kept.command(operator_command::stop_strategy, 0)));  // until an operator says otherwise
  CHECK(kept.host().state() == state::stopped);

  auto in_flight = desk::ready(c);
  const auto entry = one(in_flight.rise());
  in_flight.source_ends();
  CHECK(in_flight.host().state() == state::stopping);
  CHECK(only<order_intended>(in_flight.fill(entry)).empty());
  CHECK(in_flight.host().state() == state::stopped);
}
