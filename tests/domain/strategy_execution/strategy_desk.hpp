// One strategy on GBP/USD with averages of one and two bars: a bar that rises wants to be long, one that falls short. Orders are answered by the test.
#pragma once
#include "domain/strategy_execution/strategy_host.hpp"
#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

namespace tomnext::tests {

inline constexpr host_id desk_id{16};
inline constexpr strategy_id ours{3}, theirs{4};

inline strategy_execution::strategy_configuration desk_settings(position_mode mode = position_mode::hedging) {
  strategy_execution::strategy_configuration c;
  c.strategy = ours;
  c.name = "cross";
  c.kind = "ema_cross";
  c.parameters = {{"fast", "1"}, {"slow", "2"}, {"ema_seed", "first_close"}};
  c.instrument = pound;
  c.account = alice;
  c.positions = mode;
  c.bars = {300, price_side::mid};
  c.size = units(1'000);
  return c;
}
inline strategy_execution::strategy_host make_desk(const strategy_execution::strategy_configuration& c) {
  return {desk_id, c, std::move(*strategy_execution::make_strategy(c.kind, c.parameters))};
}

struct desk : host_driver<strategy_execution::strategy_host> {
  explicit desk(strategy_execution::strategy_configuration c = desk_settings()) : host_driver(make_desk(c), desk_id), configuration(std::move(c)) {
    (*this)(pound_dollar());
  }
  /// Warmed up and flat: the first two bars do not move.
  static desk ready(strategy_execution::strategy_configuration c = desk_settings()) {
    desk d(std::move(c));
    d.close_bar(100, false);
    d.close_bar(100, false);
    return d;
  }
  template <class E> std::vector<event> operator()(const E& e) { return input(e, now() < start ? start : now()); }

  bar_closed bar(std::int64_t close, bool moves = true) const {
    bar_closed b;
    b.instrument = pound;
    b.step_s = 300;
    b.from = price_side::mid;
    b.open = b.high = b.low = b.close = price::whole(close);
    if (moves) b.high.value += 1;
    return b;
  }
  std::vector<event> close_bar(std::int64_t close, bool moves = true) {
    last_close = close;
    return input(bar(close, moves), now() < start ? start : now() + 300 * second_ns);
  }
  std::vector<event> rise() { return close_bar(last_close + 1); }
  std::vector<event> fall() { return close_bar(last_close - 1); }

  order_filled fill_of(const order_intended& o, std::int64_t size, std::int64_t leaves) const {
    order_filled f;
    f.order = o.order;
    f.strategy = o.strategy;
    f.signal = o.signal;
    f.account = o.account;
    f.instrument = o.instrument;
    f.direction = o.direction;
    f.closes = o.closes;
    f.size = units(size);
    f.leaves = units(leaves);
    return f;
  }
  std::vector<event> fill(const order_intended& o) { return (*this)(fill_of(o, o.size.value / quantity::one, 0)); }
  /// Fills everything that was intended, in order, and what that leads to.
  void fill_all(std::vector<event> events) {
    for (std::size_t i = 0; i < events.size(); ++i)
      if (const auto* o = events[i].get_if<order_intended>())
        for (const auto& more : fill(*o)) events.push_back(more);
  }
  /// A fill of another strategy in the same account.
  void other_fill(side direction, std::int64_t size, instrument_id instrument = pound, account_id account = alice) {
    order_filled f;
    f.order = order_of(theirs.value, ++others);
    f.strategy = theirs;
    f.account = account;
    f.instrument = instrument;
    f.direction = direction;
    f.size = units(size);
    (*this)(f);
  }
  template <class E> E ended(const order_intended& o) const {
    E e;
    e.order = o.order;
    e.strategy = o.strategy;
    e.signal = o.signal;
    e.instrument = o.instrument;
    return e;
  }
  std::vector<event> command(operator_command c, std::uint32_t target, const char* key = "") {
    operator_commanded o;
    o.command = c;
    o.target = target;
    o.who = "someone";
    o.why = "told to";
    o.idempotency_key = key;
    return (*this)(o);
  }
  std::vector<event> source_ends() {
    source_state_changed e;
    e.state = source_state::ended;
    return (*this)(e);
  }
  std::vector<strategy_state> states() const {
    std::vector<strategy_state> s;
    for (const auto& e : all_of<strategy_state_changed>()) s.push_back(e.state);
    return s;
  }
  std::vector<signal_stage> stages(signal_id signal) const {
    std::vector<signal_stage> s;
    for (const auto& e : all_of<signal_stage_changed>())
      if (e.signal == signal) s.push_back(e.stage);
    return s;
  }
  void restart() {
    auto fresh = make_desk(configuration);
    REQUIRE(restore(fresh, saved(host())));
    replace(std::move(fresh));
  }

  strategy_execution::strategy_configuration configuration;
  std::int64_t last_close = 100;
  std::uint32_t others = 0;
};

/// The one order that these events intend.
inline order_intended one(const std::vector<event>& events) {
  const auto found = only<order_intended>(events);
  REQUIRE(found.size() == 1);
  return found[0];
}
inline signal_id signal_number(std::uint32_t n) { return signal_id{std::uint64_t{ours.value} << 32 | n}; }
inline const std::vector<signal_stage> all_the_way{signal_stage::validated, signal_stage::aggregated, signal_stage::risk_checked, signal_stage::executing,
                                                   signal_stage::completed};

}  // namespace tomnext::tests
