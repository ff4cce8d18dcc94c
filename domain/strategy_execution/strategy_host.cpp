#include "domain/strategy_execution/strategy_host.hpp"

#include <algorithm>

namespace tomnext::strategy_execution {
namespace {
constexpr timer_id confirmation_timer{1};
}

// ---- what it learns --------------------------------------------------------------------------------

void strategy_host::apply(const header&, const bar_closed& e) {
  if (e.spec() == configuration_.bars) logic_->update(e);
}

void strategy_host::apply(const header&, const order_filled& e) {
  if (e.account != configuration_.account) return;
  const quantity change{sign(e.direction) * e.size.value};
  net_.value += change.value;
  if (e.strategy != configuration_.strategy) return;
  const bool hedged = configuration_.positions == position_mode::hedging;
  const position_id position = !hedged ? position_id{configuration_.instrument.value} : e.closes ? e.closes : position_id{e.order.value};
  auto& held = own_[position];
  held.value += change.value;
  if (held.value == 0) own_.erase(position);
  if (e.leaves.value == 0) order_ended(e.order);
}

void strategy_host::apply(const header&, const source_state_changed&) {}

void strategy_host::apply(const header&, const signal_proposed& e) {
  ++next_signal_;
  signal_ = e.signal;
  signal_direction_ = e.direction;
  signal_score_ = e.score;
  signal_waiting_ = configuration_.confirm_by_model;
}

void strategy_host::apply(const header&, const signal_stage_changed& e) {
  if (e.signal == signal_ && e.stage != signal_stage::validated) signal_waiting_ = false;
}

// Where positions are netted over strategies, a closing order is not marked as such: it is the first one of its signal against what is held.
bool strategy_host::closes_own(const order_intended& e) const {
  if (e.reduce_only) return true;
  const auto held = own_.find(position_id{configuration_.instrument.value});
  if (configuration_.positions == position_mode::hedging || held == own_.end()) return false;
  return (held->second.value > 0) != (e.direction == side::buy) &&
         std::none_of(orders_.begin(), orders_.end(), [&](const auto& o) { return o.second.signal == e.signal; });
}

void strategy_host::apply(const header&, const order_intended& e) {
  ++next_order_;
  orders_[e.order] = {e.signal, !closes_own(e)};
}

// ---- its life --------------------------------------------------------------------------------------

void strategy_host::enter_state(strategy_state to, std::string_view why, outbox& out) const {
  out.emit(strategy_state_changed{configuration_.strategy, to, why});
}

void strategy_host::decide(const header&, const instrument_defined&, outbox& out) const {
  if (registered_) return;
  out.emit(strategy_registered{configuration_.strategy, configuration_.name, std::string_view(configuration_.kind), configuration_.instrument,
                               configuration_.account});
  enter_state(strategy_state::warming_up, "waiting for its averages", out);
}

void strategy_host::decide(const header& h, const source_state_changed& e, outbox& out) const {
  if (e.state != source_state::ended || state_ == strategy_state::stopped || state_ == strategy_state::failed) return;
  enter_state(strategy_state::stopping, "the source has ended", out);
  if (configuration_.at_end == stop_policy::close && !own_.empty()) {
    std::uint32_t n = 0;
    intend_closing(h, signal_, n, out);
    return;
  }
  enter_state(strategy_state::stopped, own_.empty() ? "flat" : "positions are kept", out);
}

void strategy_host::decide(const header& h, const operator_commanded& e, outbox& out) const {
  if (e.target != 0 && e.target != configuration_.strategy.value) return;
  switch (e.command) {
    case operator_command::pause_strategy:
      if (trades()) enter_state(strategy_state::paused, e.why.view(), out);
      break;
    case operator_command::resume_strategy:
      if (state_ == strategy_state::paused) enter_state(strategy_state::running, e.why.view(), out);
      break;
    case operator_command::stop_strategy: case operator_command::flatten: {
      if (e.command == operator_command::stop_strategy && state_ != strategy_state::stopped) enter_state(strategy_state::stopping, e.why.view(), out);
      std::uint32_t n = 0;
      intend_closing(h, signal_, n, out);
      if (e.command == operator_command::stop_strategy && n == 0 && state_ != strategy_state::stopped) enter_state(strategy_state::stopped, "flat", out);
      break;
    }
    default: break;
  }
}

// decide sees the state after apply: an order that this fill completes is no longer among orders_.
void strategy_host::stopped_if_flat(outbox& out) const {
  if (state_ == strategy_state::stopping && own_.empty() && orders_.empty()) enter_state(strategy_state::stopped, "flat", out);
}

// ---- from bar to intent ----------------------------------------------------------------------------

void strategy_host::stage(signal_id signal, signal_stage to, std::string_view why, outbox& out) const {
  out.emit(signal_stage_changed{configuration_.strategy, signal, configuration_.instrument, to, why});
}

void strategy_host::decide(const header& h, const bar_closed& e, outbox& out) const {
  if (e.spec() != configuration_.bars || !logic_->ready()) return;
  if (state_ == strategy_state::warming_up) enter_state(strategy_state::running, "its averages are ready", out);
  else if (!trades()) return;
  const auto wanted = logic_->decide(e);
  if (!wanted || signal_waiting_) return;
  // Already that way over all strategies: nothing to do.
  if (wanted->direction == side::buy ? net_.value > 0 : net_.value < 0) return;

  const signal_id signal{std::uint64_t{configuration_.strategy.value} << 32 | next_signal_};
  const timestamp valid_until = h.at + configuration_.intent_valid_ns;
  out.emit(signal_proposed{configuration_.strategy, signal, configuration_.instrument, wanted->direction, wanted->score, wanted->fast, wanted->slow,
                           valid_until});
  stage(signal, signal_stage::validated, "running, and the bar moved", out);
  if (configuration_.confirm_by_model) {
    out.emit(timer_armed{self_, confirmation_timer, timer_generation_ + 1, h.at + configuration_.confirmation_timeout_ns});
    return;
  }
  act(h, wanted->direction, aggregate({.technical = wanted->score, .model = {}, .regime = {}, .correlation = {}}, {}), signal, out);
}

void strategy_host::decide(const header& h, const signal_confirmation_given& e, outbox& out) const {
  if (e.signal != signal_ || !signal_waiting_) return;
  if (e.verdict == confirmation::reject) return stage(signal_, signal_stage::rejected, "the model rejects it", out);
  std::optional<double> model;
  if (e.verdict == confirmation::confirm) model = 2 * e.probability - 1;
  act(h, signal_direction_, aggregate({.technical = signal_score_, .model = model, .regime = {}, .correlation = {}}, {}), signal_, out);
}

// No answer in time is an abstention: the technical score stands alone.
void strategy_host::decide(const header& h, const timer_fired& e, outbox& out) const {
  if (e.timer != confirmation_timer || e.generation != timer_generation_ || !signal_waiting_) return;
  act(h, signal_direction_, aggregate({.technical = signal_score_, .model = {}, .regime = {}, .correlation = {}}, {}), signal_, out);
}

void strategy_host::act(const header& h, side direction, double score, signal_id signal, outbox& out) const {
  if (score < act_above && score > -act_above) return stage(signal, signal_stage::rejected, "the score is too weak", out);
  stage(signal, signal_stage::aggregated, "the score is strong enough", out);
  std::uint32_t n = 0;
  intend_closing(h, signal, n, out);
  intend(h, signal, n, direction, configuration_.size, {}, out);
}

void strategy_host::intend_closing(const header& h, signal_id signal, std::uint32_t& n, outbox& out) const {
  for (const auto& [position, held] : own_) {
    const side closing = held.value > 0 ? side::sell : side::buy;
    intend(h, signal, n++, closing, quantity{held.value > 0 ? held.value : -held.value}, position, out);
  }
}

void strategy_host::intend(const header& h, signal_id signal, std::uint32_t n, side direction, quantity size, position_id closes, outbox& out) const {
  order_intended o;
  o.order = order_id{std::uint64_t{configuration_.strategy.value} << 32 | (next_order_ + n)};
  o.strategy = configuration_.strategy;
  o.signal = signal;
  o.account = configuration_.account;
  o.instrument = configuration_.instrument;
  o.direction = direction;
  o.kind = order_kind::market;
  o.size = size;
  o.reduce_only = closes && (configuration_.positions == position_mode::hedging || configuration_.sole_trader);
  // A netting account has one position per instrument: the order reduces it by being opposite.
  o.closes = configuration_.positions == position_mode::hedging ? closes : position_id{};
  o.valid_until = h.at + configuration_.intent_valid_ns;
  out.emit(o);
}

// ---- from verdict to completion ---------------------------------------------------------------------

const strategy_host::own_order* strategy_host::entry_of(order_id order) const {
  auto found = orders_.find(order);
  return found != orders_.end() && found->second.entry ? &found->second : nullptr;
}

void strategy_host::decide(const header&, const order_approved& e, outbox& out) const {
  if (const auto* own = entry_of(e.order)) stage(own->signal, signal_stage::risk_checked, "approved", out);
}

void strategy_host::decide(const header&, const order_submitted& e, outbox& out) const {
  if (const auto* own = entry_of(e.order)) stage(own->signal, signal_stage::executing, "submitted", out);
}

void strategy_host::decide(const header&, const order_filled& e, outbox& out) const {
  if (e.strategy != configuration_.strategy || e.leaves.value != 0) return;
  const bool entered = own_.contains(configuration_.positions == position_mode::hedging ? position_id{e.order.value}
                                                                                         : position_id{configuration_.instrument.value});
  if (!e.closes && entered) stage(e.signal, signal_stage::completed, "filled", out);
  stopped_if_flat(out);
}

void strategy_host::end_of_order(order_id order, signal_stage to, std::string_view why, outbox& out) const {
  if (order.value >> 32 != configuration_.strategy.value) return;
  stage(signal_, to, why, out);
  stopped_if_flat(out);
}

void strategy_host::decide(const header&, const order_denied& e, outbox& out) const { end_of_order(e.order, signal_stage::rejected, e.reason.view(), out); }
void strategy_host::decide(const header&, const order_rejected& e, outbox& out) const { end_of_order(e.order, signal_stage::rejected, e.reason.view(), out); }
void strategy_host::decide(const header&, const order_cancelled& e, outbox& out) const { end_of_order(e.order, signal_stage::rejected, e.why.view(), out); }
void strategy_host::decide(const header&, const order_expired& e, outbox& out) const { end_of_order(e.order, signal_stage::expired, e.why.view(), out); }

}  // namespace tomnext::strategy_execution
