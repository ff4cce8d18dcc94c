#include "tests/domain/strategy_execution/strategy_desk.hpp"

#include <rapidcheck.h>

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::strategy_execution;
using state = strategy_state;
using step = signal_stage;

namespace {

order_intended one(const std::vector<event>& events) {
  const auto found = only<order_intended>(events);
  REQUIRE(found.size() == 1);
  return found[0];
}
signal_id signal_number(std::uint32_t n) { return signal_id{std::uint64_t{ours.value} << 32 | n}; }
const std::vector<step> all_the_way{step::validated, step::aggregated, step::risk_checked, step::executing, step::completed};

}  // namespace

// ---- life ------------------------------------------------------------------------------------------

TEST_CASE("a strategy registers with its instrument, warms up, and runs from the bar that makes it ready") {
  desk d;
  REQUIRE(d.all_of<strategy_registered>().size() == 1);
  CHECK(d.all_of<strategy_registered>()[0].name == "cross");
  CHECK(d.all_of<strategy_registered>()[0].account == alice);
  CHECK(d.host().state() == state::warming_up);
  CHECK(d(pound_dollar()).empty());
  CHECK(d.close_bar(100).empty());
  const auto out = d.rise();
  CHECK(d.host().state() == state::running);
  CHECK(only<order_intended>(out).size() == 1);  // the bar that makes it ready is traded on
}

TEST_CASE("bars of another instrument, step or price, and another instrument's definition, are not its own") {
  desk d;
  auto elsewhere = pound_dollar();
  elsewhere.instrument = instrument_id{2};
  desk unregistered;
  CHECK(d(elsewhere).empty());
  for (int i = 0; i < 5; ++i) {
    auto b = d.bar(100 + i);
    b.instrument = instrument_id{2};
    CHECK(d(b).empty());
    b = d.bar(100 + i);
    b.step_s = 60;
    CHECK(d(b).empty());
    b = d.bar(100 + i);
    b.from = price_side::bid;
    CHECK(d(b).empty());
  }
  CHECK(d.host().state() == state::warming_up);
}

TEST_CASE("paused strategies see bars and intend nothing; resumed ones go on") {
  auto d = desk::ready();
  d.command(operator_command::pause_strategy, 3);
  CHECK(d.host().state() == state::paused);
  CHECK(d.rise().empty());
  CHECK(d.command(operator_command::pause_strategy, 3).empty());
  d.command(operator_command::resume_strategy, 3);
  CHECK(d.host().state() == state::running);
  CHECK(d.command(operator_command::resume_strategy, 3).empty());
  CHECK(one(d.fall()).direction == side::sell);  // the averages moved while it was paused
}

TEST_CASE("a pause while warming up is kept, and resuming warms up to the end") {
  desk d;
  d.command(operator_command::pause_strategy, 0);
  CHECK(d.host().state() == state::paused);
  d.command(operator_command::resume_strategy, 0);
  CHECK(d.host().state() == state::warming_up);
  d.command(operator_command::pause_strategy, 0);
  d.close_bar(100);
  CHECK(d.rise().empty());
  d.command(operator_command::resume_strategy, 0);
  CHECK(d.host().state() == state::running);
}

TEST_CASE("commands: target 0 is everybody, another strategy's number is not ours, other commands are not for strategies") {
  for (std::uint32_t target : {0u, 3u, 4u}) {
    auto d = desk::ready();
    d.command(operator_command::pause_strategy, target);
    CHECK((d.host().state() == state::paused) == (target != 4));
  }
  auto d = desk::ready();
  for (auto c : {operator_command::none, operator_command::halt, operator_command::reduce, operator_command::resume}) CHECK(d.command(c, 0).empty());
  CHECK(d.host().state() == state::running);
}

TEST_CASE("a repeated command is the same command, also after a restart") {
  auto d = desk::ready();
  d.fill_all(d.rise());
  const auto closing = d.command(operator_command::flatten, 3, "key-1");
  CHECK(only<order_intended>(closing).size() == 1);
  d.fill_all(closing);
  d.fill_all(d.rise());  // flat, hence in again
  CHECK(d.command(operator_command::flatten, 3, "key-1").empty());
  d.restart();
  CHECK(d.command(operator_command::flatten, 3, "key-1").empty());
  CHECK(only<order_intended>(d.command(operator_command::flatten, 3, "key-2")).size() == 1);
}

// ---- from bar to intent ----------------------------------------------------------------------------

TEST_CASE("a signal takes its steps, each an event, to an order that is valid for two seconds") {
  auto d = desk::ready();
  const auto out = d.rise();
  REQUIRE(out.size() == 4);
  const auto& proposed = out[0].as<signal_proposed>();
  CHECK(proposed.signal == signal_number(1));
  CHECK(proposed.direction == side::buy);
  CHECK(proposed.score == 1.0);
  CHECK(proposed.fast == 101.0);
  CHECK(proposed.slow == Approx(100 + 2.0 / 3));
  CHECK(proposed.valid_until == d.now() + 2 * second_ns);
  CHECK(out[1].as<signal_stage_changed>().stage == step::validated);
  CHECK(out[2].as<signal_stage_changed>().stage == step::aggregated);
  const auto& o = out[3].as<order_intended>();
  CHECK(o.order == order_of(3, 1));
  CHECK(o.signal == signal_number(1));
  CHECK(o.direction == side::buy);
  CHECK(o.kind == order_kind::market);
  CHECK(o.size == units(1'000));
  CHECK_FALSE(o.reduce_only);
  CHECK_FALSE(o.closes);
  CHECK(o.valid_until == d.now() + 2 * second_ns);
  CHECK(only<signal_stage_changed>(d(d.ended<order_approved>(o))).at(0).stage == step::risk_checked);
  CHECK(only<signal_stage_changed>(d(d.ended<order_submitted>(o))).at(0).stage == step::executing);
  CHECK(only<signal_stage_changed>(d.fill(o)).at(0).stage == step::completed);
  CHECK(d.stages(signal_number(1)) == all_the_way);
}

TEST_CASE("a flat bar trades nothing; neither does a bar that wants what is there already") {
  auto d = desk::ready();
  CHECK(d.close_bar(101, false).empty());
  d.fill_all(d.rise());
  CHECK(d.rise().empty());
  CHECK(d.rise().empty());
}

TEST_CASE("the net over all strategies of the account decides what is there already") {
  auto d = desk::ready();
  d.other_fill(side::buy, 10, instrument_id{2});
  d.other_fill(side::buy, 10, pound, account_id{2});
  CHECK(only<order_intended>(d.rise()).size() == 1);
  auto e = desk::ready();
  e.other_fill(side::buy, 10);
  CHECK(e.rise().empty());
  CHECK(one(e.fall()).direction == side::sell);  // nothing of its own to close
  auto f = desk::ready();
  f.fill_all(f.rise());
  f.other_fill(side::sell, 2'000);
  CHECK(f.fall().empty());  // net is short by the others
  const auto again = only<order_intended>(f.rise());
  REQUIRE(again.size() == 2);  // literally: its own long is closed, and it enters anew
  CHECK(again[0].reduce_only);
  CHECK(again[1].direction == side::buy);
}

TEST_CASE("while an entry is in flight no other signal is proposed") {
  auto d = desk::ready();
  const auto entry = one(d.rise());
  CHECK(d.rise().empty());
  CHECK(d.fall().empty());
  d(d.fill_of(entry, 400, 600));
  CHECK(d.fall().empty());
  d(d.fill_of(entry, 600, 0));
  CHECK(only<order_intended>(d.fall()).size() == 2);
}

TEST_CASE("hedging: a reversal closes its own positions first, by name, then enters") {
  auto d = desk::ready();
  const auto entry = one(d.rise());
  d.fill(entry);
  const auto out = only<order_intended>(d.fall());
  REQUIRE(out.size() == 2);
  CHECK(out[0].direction == side::sell);
  CHECK(out[0].reduce_only);
  CHECK(out[0].closes.value == entry.order.value);
  CHECK(out[0].size == units(1'000));
  CHECK(out[1].direction == side::sell);
  CHECK_FALSE(out[1].reduce_only);
  CHECK_FALSE(out[1].closes);
  CHECK(out[0].signal == out[1].signal);
  CHECK(only<signal_stage_changed>(d.fill(out[0])).empty());  // the close says nothing of the signal
  CHECK(only<signal_stage_changed>(d.fill(out[1])).at(0).stage == step::completed);
}

TEST_CASE("netting: orders name no position; the close is reduce-only, the entry is not") {
  auto d = desk::ready(desk_settings(position_mode::netting));
  d.fill_all(d.rise());
  const auto out = only<order_intended>(d.fall());
  REQUIRE(out.size() == 2);
  CHECK(out[0].reduce_only);
  CHECK_FALSE(out[0].closes);
  CHECK_FALSE(out[1].reduce_only);
  CHECK(only<signal_stage_changed>(d.fill(out[0])).empty());
  CHECK(only<signal_stage_changed>(d.fill(out[1])).at(0).stage == step::completed);
  CHECK(one(d.command(operator_command::flatten, 0)).direction == side::buy);
}

TEST_CASE("netting: beside other strategies of the instrument no close is reduce-only: their entries may have used up what there is to close") {
  auto c = desk_settings(position_mode::netting);
  c.sole_trader = false;
  auto d = desk::ready(c);
  d.fill_all(d.rise());
  const auto out = only<order_intended>(d.fall());
  REQUIRE(out.size() == 2);
  CHECK_FALSE(out[0].reduce_only);
  CHECK_FALSE(out[1].reduce_only);
}

TEST_CASE("netting: where others have taken the account the other way, the close of our part is not reduce-only, and still a close") {
  auto d = desk::ready(desk_settings(position_mode::netting));
  d.fill_all(d.rise());
  d.other_fill(side::sell, 400);  // net 600: less than our 1,000
  const auto out = only<order_intended>(d.fall());
  REQUIRE(out.size() == 2);
  CHECK(out[0].size == units(1'000));
  CHECK_FALSE(out[0].reduce_only);
  const auto denied = d(d.ended<order_denied>(out[0]));
  CHECK(only<signal_stage_changed>(denied).empty());  // a close that was denied is not the end of the signal
  CHECK(only<signal_stage_changed>(d.fill(out[1])).at(0).stage == step::completed);
}

// ---- confirmation ----------------------------------------------------------------------------------

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

// ---- outcomes --------------------------------------------------------------------------------------

TEST_CASE("what becomes of an entry is said of its own signal") {
  auto d = desk::ready();
  const auto denied = one(d.rise());
  auto e = d.ended<order_denied>(denied);
  e.reason = "too large";
  const auto said = only<signal_stage_changed>(d(e));
  REQUIRE(said.size() == 1);
  CHECK(said[0].signal == signal_number(1));
  CHECK(said[0].stage == step::rejected);
  CHECK(said[0].why == "too large");
  const auto rejected = one(d.rise());
  CHECK(only<signal_stage_changed>(d(d.ended<order_rejected>(rejected))).at(0).signal == signal_number(2));
  const auto expired = one(d.rise());
  CHECK(only<signal_stage_changed>(d(d.ended<order_expired>(expired))).at(0).stage == step::expired);
  const auto cancelled = one(d.rise());
  CHECK(only<signal_stage_changed>(d(d.ended<order_cancelled>(cancelled))).at(0).signal == signal_number(4));
  // Late or repeated news of an order that has ended says nothing, and nothing of the newest signal.
  d.rise();
  for (const auto& news : {d(d.ended<order_denied>(denied)), d(d.ended<order_cancelled>(rejected)), d(d.ended<order_expired>(cancelled))}) CHECK(news.empty());
  auto stranger = denied;
  stranger.order = order_of(4, 1);
  CHECK(d(d.ended<order_rejected>(stranger)).empty());
  CHECK(d.stages(signal_number(5)) == std::vector{step::validated, step::aggregated});
}

TEST_CASE("an entry that was filled in part and then ended is completed, and its position is there to close") {
  auto d = desk::ready();
  const auto entry = one(d.rise());
  d(d.fill_of(entry, 400, 600));
  const auto said = only<signal_stage_changed>(d(d.ended<order_cancelled>(entry)));
  REQUIRE(said.size() == 1);
  CHECK(said[0].stage == step::completed);
  CHECK(one(d.command(operator_command::flatten, 0)).size == units(400));
}

TEST_CASE("a close of the last signal that is denied after a newer signal was proposed is not that one's end") {
  auto d = desk::ready();
  d.fill_all(d.rise());
  const auto reversal = only<order_intended>(d.fall());
  d.fill(reversal.at(1));
  d(d.ended<order_denied>(reversal.at(0)));
  CHECK(d.stages(signal_number(2)) == std::vector{step::validated, step::aggregated, step::completed});
}

// ---- stopping --------------------------------------------------------------------------------------

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

// ---- state -----------------------------------------------------------------------------------------

TEST_CASE("a strategy restarted anywhere decides as if nothing had happened") {
  const auto play = [](position_mode mode, bool confirm, int restart_at) {
    auto c = desk_settings(mode);
    c.confirm_by_model = confirm;
    desk d(c);
    std::vector<order_intended> waiting;
    for (int i = 0; i < 40; ++i) {
      if (i == restart_at) d.restart();
      std::vector<event> out;
      switch (i % 5) {
        case 0:
        case 1: out = (i / 5) % 2 == 0 ? d.rise() : d.fall(); break;
        case 2: out = d.fire_through(d.now() + 60 * millisecond_ns); break;
        case 3:
          if (!waiting.empty()) out = d(d.fill_of(waiting.front(), 400, 600));
          break;
        default:
          for (std::size_t n = 0; n < waiting.size(); ++n) d(d.fill_of(waiting[n], n == 0 ? 600 : 1'000, 0));
          waiting.clear();
      }
      for (const auto& o : only<order_intended>(out)) waiting.push_back(o);
      if (i == 33) d.command(operator_command::stop_strategy, 0, "stop");
    }
    std::string log;
    for (const auto& e : d.all_of<order_intended>()) log += std::to_string(e.order.value) + "/" + std::to_string(e.size.value) + " ";
    return std::tuple(log, d.states(), saved(d.host()));
  };
  for (auto mode : {position_mode::hedging, position_mode::netting})
    for (bool confirm : {false, true}) {
      const auto whole = play(mode, confirm, 99);
      CHECK(std::get<0>(whole).size() > 100);
      for (int i = 0; i < 40; ++i) CHECK(play(mode, confirm, i) == whole);
    }
}

TEST_CASE("whatever happens to its orders: each signal ends once, and a stopped strategy is flat with nothing in flight") {
  CHECK(rc::check("random fates", [] {
    auto d = desk::ready(desk_settings(*rc::gen::element(position_mode::hedging, position_mode::netting)));
    std::map<order_id, std::pair<order_intended, std::int64_t>> open;  // with what is left of each
    std::int64_t held = 0;
    auto collect = [&](const std::vector<event>& out) {
      for (const auto& o : only<order_intended>(out)) open[o.order] = {o, o.size.value / quantity::one};
    };
    auto fate = [&] {
      if (open.empty()) return;
      auto& [o, left] = open.begin()->second;
      const auto which = *rc::gen::inRange(0, 6);
      if (which == 0) {
        const auto e = d.ended<order_denied>(o);
        open.erase(open.begin());
        return collect(d(e));
      }
      if (which == 1) {
        const auto e = d.ended<order_cancelled>(o);
        open.erase(open.begin());
        return collect(d(e));
      }
      const auto size = which == 2 && left > 1 ? left / 2 : left;
      left -= size;
      held += sign(o.direction) * size;
      const auto f = d.fill_of(o, size, left);
      if (left == 0) open.erase(open.begin());
      collect(d(f));
    };
    const auto count = *rc::gen::inRange(1, 60);
    for (int i = 0; i < count; ++i) {
      const auto what = *rc::gen::inRange(0, 12);
      if (what < 3) collect(d.rise());
      else if (what < 6) collect(d.fall());
      else if (what == 6 && i > count / 2) collect(d.command(operator_command::stop_strategy, 0));
      else if (what == 7) collect(d.command(operator_command::flatten, 0));
      else fate();
      if (d.host().state() == state::stopped) {
        RC_ASSERT(held == 0);
        RC_ASSERT(open.empty());
      }
      RC_ASSERT(open.size() < 20u);
    }
    for (const auto& p : d.all_of<signal_proposed>()) {
      int ends = 0;
      for (auto s : d.stages(p.signal)) ends += s == step::completed || s == step::rejected || s == step::expired;
      RC_ASSERT(ends <= 1);
      bool entry_open = false;
      for (const auto& [id, o] : open) entry_open = entry_open || (o.first.signal == p.signal && !o.first.reduce_only);
      RC_ASSERT(ends == 1 || entry_open);
    }
  }));
}

// ---- entries with terms ----------------------------------------------------------------------------

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
