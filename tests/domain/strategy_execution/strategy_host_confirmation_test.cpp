// What a model has to say of signals, and what becomes of them meanwhile.
#include "tests/domain/strategy_execution/strategy_desk.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::strategy_execution;
using state = strategy_state;
using step = signal_stage;

namespace {

desk confirming() {
  auto c = desk_settings();
  c.confirm_by_model = true;
  return desk::ready(c);
}
signal_confirmation_given answer(signal_id signal, confirmation verdict, double probability) {
  signal_confirmation_given a;
  a.instrument = pound;
  a.strategy = ours;
  a.signal = signal;
  a.verdict = verdict;
  a.probability = probability;
  return a;
}

}  // namespace

TEST_CASE("with a model, the intent waits for its word") {
  auto d = confirming();
  const auto out = d.rise();
  CHECK(only<order_intended>(out).empty());
  REQUIRE(only<timer_armed>(out).size() == 1);
  CHECK(only<timer_armed>(out)[0].due == d.now() + 50 * millisecond_ns);
  CHECK(d.rise().empty());                                                 // one at a time
  CHECK(d(answer(signal_number(7), confirmation::confirm, 0.9)).empty());  // another signal
  const auto entry = one(d(answer(signal_number(1), confirmation::confirm, 0.9)));
  CHECK(entry.direction == side::buy);
  CHECK(entry.valid_until == d.now() + 2 * second_ns);
  CHECK(d(answer(signal_number(1), confirmation::reject, 0.1)).empty());  // it has spoken
  CHECK(d.fire_through(d.now() + second_ns).empty());                     // the timer finds nothing to do
}

TEST_CASE("a sell that the model confirms is sold") {
  auto d = confirming();
  d.fall();
  CHECK(one(d(answer(signal_number(1), confirmation::confirm, 0.95))).direction == side::sell);
}

TEST_CASE("a rejection ends the signal; the next bar may propose another") {
  auto d = confirming();
  d.rise();
  CHECK(only<order_intended>(d(answer(signal_number(1), confirmation::reject, 0.2))).empty());
  CHECK(d.stages(signal_number(1)) == std::vector{step::validated, step::rejected});
  CHECK(only<signal_proposed>(d.rise()).at(0).signal == signal_number(2));
}

TEST_CASE("an abstention, and no answer within fifty milliseconds, leave the technical score alone") {
  auto abstained = confirming();
  abstained.rise();
  CHECK(one(abstained(answer(signal_number(1), confirmation::abstain, 0.5))).direction == side::buy);
  auto silent = confirming();
  silent.rise();
  const auto proposed_at = silent.now();
  CHECK(silent.fire_through(proposed_at + 50 * millisecond_ns - 1).empty());
  CHECK(one(silent.fire_through(proposed_at + 50 * millisecond_ns)).direction == side::buy);
  CHECK(silent(answer(signal_number(1), confirmation::confirm, 0.9)).empty());  // too late
}

TEST_CASE("timers of other hosts, other timers and stale generations are nothing") {
  auto d = confirming();
  const auto armed = only<timer_armed>(d.rise()).at(0);
  CHECK(d(timer_fired{host_id{17}, armed.timer, armed.generation, armed.due}).empty());
  CHECK(d(timer_fired{desk_id, timer_id{2}, armed.generation, armed.due}).empty());
  CHECK(d(timer_fired{desk_id, armed.timer, armed.generation + 1, armed.due}).empty());
  CHECK(d(timer_fired{desk_id, armed.timer, armed.generation - 1, armed.due}).empty());
  CHECK_FALSE(d(timer_fired{desk_id, armed.timer, armed.generation, armed.due}).empty());
}

TEST_CASE("a signal that waits for its model is dropped where the strategy pauses, stops or is overtaken") {
  for (auto c : {operator_command::pause_strategy, operator_command::stop_strategy}) {
    auto d = confirming();
    d.rise();
    d.command(c, 0);
    CHECK(d.stages(signal_number(1)) == std::vector{step::validated, step::rejected});
    CHECK(d(answer(signal_number(1), confirmation::confirm, 0.9)).empty());
    CHECK(d.fire_through(d.now() + second_ns).empty());
  }
  auto ended = confirming();
  ended.rise();
  ended.source_ends();
  CHECK(ended.stages(signal_number(1)).back() == step::rejected);
  auto overtaken = confirming();
  overtaken.rise();
  overtaken.other_fill(side::buy, 5);
  CHECK(only<order_intended>(overtaken(answer(signal_number(1), confirmation::confirm, 0.9))).empty());
  CHECK(overtaken.stages(signal_number(1)).back() == step::rejected);
}

TEST_CASE("a score that is too weak, or no number, is rejected") {
  for (double probability : {std::numeric_limits<double>::quiet_NaN(), -10.0}) {
    auto d = confirming();
    d.rise();
    CHECK(only<order_intended>(d(answer(signal_number(1), confirmation::confirm, probability))).empty());
    CHECK(d.stages(signal_number(1)).back() == step::rejected);
  }
}
