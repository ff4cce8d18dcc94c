#include "tests/domain/strategy_execution/strategy_desk.hpp"

#include <rapidcheck.h>

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::strategy_execution;
using state = strategy_state;
using step = signal_stage;

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
