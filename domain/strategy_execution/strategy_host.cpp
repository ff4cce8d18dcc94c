#include "domain/strategy_execution/strategy_host.hpp"

#include <algorithm>
#include <limits>

namespace tomnext::strategy_execution {
namespace {

constexpr timer_id confirmation_timer{1};

quantity magnitude(quantity q) { return {q.value < 0 ? -q.value : q.value}; }
// Positions of that size fail in the account; here they only must not wrap around.
quantity saturating_add(quantity a, std::int64_t change) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  return add(a, quantity{change}).value_or(quantity{change < 0 ? -most : most});
}

}  // namespace

// ---- what it learns --------------------------------------------------------------------------------

void strategy_host::apply(const header&, const bar_closed& e) {
  if (e.instrument == configuration_.instrument && e.spec() == configuration_.bars) logic_->update(e);
}

void strategy_host::apply(const header&, const order_filled& e) {
  ended_ = {};
  if (e.account != configuration_.account || e.instrument != configuration_.instrument) return;
  const std::int64_t change = sign(e.direction) * e.size.value;
  net_ = saturating_add(net_, change);
  if (e.strategy != configuration_.strategy) return;
  const position_id position = !hedges() ? position_id{configuration_.instrument.value} : e.closes ? e.closes : position_id{e.order.value};
  auto& held = own_[position];
  held = saturating_add(held, change);
  if (held.value == 0) own_.erase(position);
  if (auto found = orders_.find(e.order); found != orders_.end()) {
    found->second.filled = saturating_add(found->second.filled, e.size.value);
    found->second.remaining = e.leaves;
  }
  if (e.leaves.value == 0) order_ended(e.order);
}

void strategy_host::order_ended(order_id order) {
  ended_ = {};
  auto found = orders_.find(order);
  if (found == orders_.end()) return;
  ended_ = {order, found->second};
  orders_.erase(found);
}

void strategy_host::apply(const header&, const source_state_changed& e) {
  if (e.state == source_state::ended && state_ != strategy_state::stopping) keeps_positions_ = configuration_.at_end == stop_policy::keep;
}

void strategy_host::apply(const header&, const signal_proposed& e) {
  ++next_signal_;
  signal_ = e.signal;
  signal_direction_ = e.direction;
  signal_score_ = e.score;
  signal_entry_ = {e.entry, e.entry_price, e.stop_loss, e.take_profit, e.only_if_flat};
  signal_waiting_ = configuration_.confirm_by_model;
}

void strategy_host::apply(const header&, const signal_stage_changed& e) {
  if (e.signal == signal_ && e.stage != signal_stage::validated) signal_waiting_ = false;
}

// Whether an order closes is told by the position it names, or in a netting account by what is left to close.
void strategy_host::apply(const header&, const order_intended& e) {
  ++next_order_;
  if (e.parent) {
    orders_[e.order] = {e.signal, false, {}, e.size, {}, false, true, false};
    return;
  }
  position_id closes = e.closes;
  const position_id netted{configuration_.instrument.value};
  if (auto held = own_.find(netted); !hedges() && held != own_.end()) {
    const bool against = (held->second.value > 0) != (e.direction == side::buy);
    if (against && e.size <= closable(netted)) closes = netted;
  }
  orders_[e.order] = {e.signal, !closes, closes, e.size, {}, !closes && e.kind != order_kind::market, false, false};
}

void strategy_host::apply(const header&, const order_change_intended& e) {
  if (auto found = orders_.find(e.order); found != orders_.end()) found->second.cancel_sent = true;
}

// ---- its life --------------------------------------------------------------------------------------

void strategy_host::enter_state(strategy_state to, std::string_view why, outbox& out) const {
  out.emit(strategy_state_changed{configuration_.strategy, to, why});
}

void strategy_host::decide(const header&, const instrument_defined& e, outbox& out) const {
  if (registered_ || e.instrument != configuration_.instrument) return;
  out.emit(strategy_registered{configuration_.strategy, configuration_.name, std::string_view(configuration_.kind), configuration_.instrument,
                               configuration_.account});
  if (state_ == strategy_state::created) enter_state(strategy_state::warming_up, "waiting for its averages", out);
}

void strategy_host::decide(const header& h, const source_state_changed& e, outbox& out) const {
  if (e.state != source_state::ended || state_ == strategy_state::stopping || state_ == strategy_state::stopped || state_ == strategy_state::failed) return;
  stop(h, "the source has ended", out);
}

void strategy_host::stop(const header& h, std::string_view why, outbox& out) const {
  drop_waiting_signal(why, out);
  cancel_waiting(why, out);
  if (state_ != strategy_state::stopping) enter_state(strategy_state::stopping, why, out);
  close_or_stop(h, out);
}

// Nothing that is in flight may open a position in a strategy that has stopped.
void strategy_host::close_or_stop(const header& h, outbox& out) const {
  if (!own_.empty() && !keeps_positions_) {
    std::uint32_t n = 0;
    return intend_closing(h, {}, n, out);
  }
  if (!in_flight()) enter_state(strategy_state::stopped, own_.empty() ? "flat" : "positions are kept", out);
}

// After each end of an order and each late fill. A closing order that ended without closing anything is not simply repeated: it would end the same way.
void strategy_host::settle(const header& h, std::string_view why, outbox& out) const {
  const bool woken = state_ == strategy_state::stopped && !own_.empty() && !keeps_positions_;
  if (woken) enter_state(strategy_state::stopping, "a late fill opened a position", out);
  if ((state_ != strategy_state::stopping && !woken) || in_flight()) return;
  const bool in_vain = ended_.order && ended_.was.closes && ended_.was.filled.value == 0;
  if (in_vain && own_.contains(ended_.was.closes) && !keeps_positions_) {
    return enter_state(strategy_state::failed, "a position could not be closed: " + std::string(why), out);
  }
  close_or_stop(h, out);
}

// ---- its operators ---------------------------------------------------------------------------------

bool strategy_host::concerns(const operator_commanded& e) const {
  switch (e.command) {
    case operator_command::pause_strategy:
    case operator_command::resume_strategy:
    case operator_command::stop_strategy:
    case operator_command::flatten: return e.target == 0 || e.target == configuration_.strategy.value;
    default: return false;
  }
}

const strategy_host::command_key* strategy_host::find_command(const text& key) const {
  auto found = std::find_if(commands_.begin(), commands_.end(), [&](const command_key& c) { return c.key == key; });
  return found != commands_.end() ? &*found : nullptr;
}

void strategy_host::apply(const header& h, const operator_commanded& e) {
  if (!concerns(e) || find_command(e.idempotency_key) != nullptr) return;
  if (e.command == operator_command::stop_strategy) keeps_positions_ = false;
  if (e.idempotency_key.empty()) return;
  if (commands_.size() == command_keys_max) commands_.pop_front();
  commands_.push_back({e.idempotency_key, h.seq});
}

void strategy_host::decide(const header& h, const operator_commanded& e, outbox& out) const {
  if (!concerns(e)) return;
  const auto* known = find_command(e.idempotency_key);
  if (known != nullptr && known->seq != h.seq) return;
  switch (e.command) {
    case operator_command::pause_strategy:
      if (!trades() && state_ != strategy_state::warming_up) break;
      drop_waiting_signal("the strategy is paused", out);
      cancel_waiting("the strategy is paused", out);
      enter_state(strategy_state::paused, e.why.view(), out);
      break;
    case operator_command::resume_strategy:
      if (state_ == strategy_state::paused) enter_state(logic_->ready() ? strategy_state::running : strategy_state::warming_up, e.why.view(), out);
      break;
    case operator_command::stop_strategy:
      if (state_ != strategy_state::stopped || !own_.empty()) stop(h, e.why.view(), out);
      break;
    case operator_command::flatten: {
      std::uint32_t n = 0;
      intend_closing(h, {}, n, out);
      break;
    }
    default: break;
  }
}

// ---- from bar to intent ----------------------------------------------------------------------------

void strategy_host::stage(signal_id signal, signal_stage to, std::string_view why, outbox& out) const {
  out.emit(signal_stage_changed{configuration_.strategy, signal, configuration_.instrument, to, why});
}

void strategy_host::drop_waiting_signal(std::string_view why, outbox& out) const {
  if (signal_waiting_) stage(signal_, signal_stage::rejected, why, out);
}

// At the market: one that waits for its price is replaced, not waited for.
bool strategy_host::entry_in_flight() const {
  return std::any_of(orders_.begin(), orders_.end(), [](const auto& o) { return o.second.entry && !o.second.waits; });
}

// What protects a position stays as long as the position: it is nothing that a stopping strategy waits for.
bool strategy_host::in_flight() const {
  return std::any_of(orders_.begin(), orders_.end(), [](const auto& o) { return !o.second.protects; });
}

quantity strategy_host::own_net() const {
  quantity sum;
  for (const auto& [position, held] : own_) sum = saturating_add(sum, held.value);
  return sum;
}

void strategy_host::cancel_waiting(std::string_view why, outbox& out) const {
  for (const auto& [order, o] : orders_)
    if (o.waits && !o.cancel_sent)
      out.emit(order_change_intended{order, configuration_.strategy, configuration_.account, configuration_.instrument, order_change::cancel, why});
}

void strategy_host::decide(const header& h, const bar_closed& e, outbox& out) const {
  if (e.instrument != configuration_.instrument || e.spec() != configuration_.bars || !logic_->ready()) return;
  if (state_ == strategy_state::warming_up) enter_state(strategy_state::running, "its averages are ready", out);
  else if (!trades()) return;
  const auto wanted = logic_->decide(e);
  if (!wanted || signal_waiting_ || entry_in_flight()) return;
  cancel_waiting("the strategy has a newer opinion", out);
  const plan p = plan_of(*wanted, {net_, own_net()});
  std::uint32_t n = 0;
  if (p.close && !p.enter) return intend_closing(h, {}, n, out);
  if (!p.enter) return;

  const signal_id signal{std::uint64_t{configuration_.strategy.value} << 32 | next_signal_};
  signal_proposed proposed;
  proposed.strategy = configuration_.strategy;
  proposed.signal = signal;
  proposed.instrument = configuration_.instrument;
  proposed.direction = wanted->direction;
  proposed.score = wanted->score;
  proposed.fast = wanted->fast;
  proposed.slow = wanted->slow;
  proposed.valid_until = h.at + configuration_.intent_valid_ns;
  proposed.entry = wanted->entry.kind;
  proposed.entry_price = wanted->entry.at;
  proposed.stop_loss = wanted->entry.stop_loss;
  proposed.take_profit = wanted->entry.take_profit;
  proposed.only_if_flat = wanted->entry.only_if_flat;
  out.emit(proposed);
  stage(signal, signal_stage::validated, "running, and the bar moved", out);
  if (configuration_.confirm_by_model) {
    // What the opinion leaves does not wait for a model.
    if (wanted->leave == opposite(wanted->direction) && p.close) intend_closing(h, {}, n, out);
    out.emit(timer_armed{self_, confirmation_timer, timer_generation_ + 1, h.at + configuration_.confirmation_timeout_ns});
    return;
  }
  act(h, *wanted, {}, signal, out);
}

// The model's probability is that the signal is right: a sell that it confirms speaks for selling.
void strategy_host::decide(const header& h, const signal_confirmation_given& e, outbox& out) const {
  if (e.signal != signal_ || !signal_waiting_) return;
  if (e.verdict == confirmation::reject) return stage(signal_, signal_stage::rejected, "the model rejects it", out);
  std::optional<double> model;
  if (e.verdict == confirmation::confirm) model = static_cast<double>(sign(signal_direction_)) * (2 * e.probability - 1);
  act_on_waiting(h, model, out);
}

// No answer in time is an abstention: the technical score stands alone.
void strategy_host::decide(const header& h, const timer_fired& e, outbox& out) const {
  if (e.target != self_ || e.timer != confirmation_timer || e.generation != timer_generation_ || !signal_waiting_) return;
  act_on_waiting(h, {}, out);
}

// While a signal waited, another strategy may have gone that way.
void strategy_host::act_on_waiting(const header& h, std::optional<double> model, outbox& out) const {
  opinion o{signal_direction_, signal_score_, 0, 0};
  o.entry = signal_entry_;
  if (!plan_of(o, {net_, own_net()}).enter) return stage(signal_, signal_stage::rejected, "the instrument is that way already", out);
  act(h, o, model, signal_, out);
}

void strategy_host::act(const header& h, const opinion& o, std::optional<double> model, signal_id signal, outbox& out) const {
  const double score = aggregate({.technical = o.score, .model = model, .regime = {}, .correlation = {}}, {});
  // Written so that a score that is not a number is too weak.
  if (!(score * static_cast<double>(sign(o.direction)) > act_above)) return stage(signal, signal_stage::rejected, "the score is too weak", out);
  stage(signal, signal_stage::aggregated, "the score is strong enough", out);
  std::uint32_t n = 0;
  const bool turns = o.entry.kind == order_kind::market && !o.entry.only_if_flat;
  if (turns || plan_of(o, {net_, own_net()}).close) intend_closing(h, signal, n, out);
  auto entry = intent(h, signal, n++, o.direction, configuration_.size);
  entry.kind = o.entry.kind;
  (o.entry.kind == order_kind::stop ? entry.trigger : entry.limit) = o.entry.at;
  out.emit(entry);
  protect(h, signal, n, entry.order, o, out);
}

// The stop first: where both could fill at once, the market tries them in their order.
void strategy_host::protect(const header& h, signal_id signal, std::uint32_t& n, order_id entry, const opinion& o, outbox& out) const {
  for (const auto& [level, kind] : {std::pair{o.entry.stop_loss, order_kind::stop}, std::pair{o.entry.take_profit, order_kind::limit}}) {
    if (!level) continue;
    auto child = intent(h, signal, n++, opposite(o.direction), configuration_.size);
    child.kind = kind;
    (kind == order_kind::stop ? child.trigger : child.limit) = level;
    child.reduce_only = true;
    child.parent = entry;
    if (hedges()) child.closes = position_id{entry.value};
    out.emit(child);
  }
}

quantity strategy_host::closable(position_id position) const {
  auto held = own_.find(position);
  if (held == own_.end()) return {};
  quantity open = magnitude(held->second);
  for (const auto& [id, o] : orders_)
    if (o.closes == position) open = saturating_add(open, -o.remaining.value);
  return {std::max<std::int64_t>(open.value, 0)};
}

void strategy_host::intend_closing(const header& h, signal_id signal, std::uint32_t& n, outbox& out) const {
  for (const auto& [position, held] : own_) {
    const quantity size = closable(position);
    if (size.value > 0) intend(h, signal, n++, held.value > 0 ? side::sell : side::buy, size, position, out);
  }
}

order_intended strategy_host::intent(const header& h, signal_id signal, std::uint32_t n, side direction, quantity size) const {
  order_intended o;
  o.order = order_id{std::uint64_t{configuration_.strategy.value} << 32 | (next_order_ + n)};
  o.strategy = configuration_.strategy;
  o.signal = signal;
  o.account = configuration_.account;
  o.instrument = configuration_.instrument;
  o.direction = direction;
  o.kind = order_kind::market;
  o.size = size;
  o.valid_until = h.at + configuration_.intent_valid_ns;
  return o;
}

void strategy_host::intend(const header& h, signal_id signal, std::uint32_t n, side direction, quantity size, position_id closes, outbox& out) const {
  auto o = intent(h, signal, n, direction, size);
  // A netting account has one position per instrument. Where other strategies trade in it too, closing our part need not reduce the whole, and risk judges
  // the order by what it does to the account.
  const bool net_holds_it = already(opposite(direction)) && magnitude(net_) >= size;
  o.reduce_only = closes && (hedges() || (configuration_.sole_trader && net_holds_it));
  o.closes = hedges() ? closes : position_id{};
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

void strategy_host::decide(const header& h, const order_filled& e, outbox& out) const {
  if (e.strategy != configuration_.strategy || e.account != configuration_.account || e.instrument != configuration_.instrument) return;
  if (ended_.order && ended_.was.entry) stage(ended_.was.signal, signal_stage::completed, "filled", out);
  if (ended_.order || e.late) settle(h, "filled", out);
}

// decide sees the state after apply: the order is no longer among orders_, and ended_ tells what it was. A report on an order that is not ours, or that
// had ended before, finds nothing there.
void strategy_host::end_of_order(const header& h, order_id order, signal_stage to, std::string_view why, outbox& out) const {
  if (!ended_.order || ended_.order != order) return;
  if (ended_.was.entry) {
    if (ended_.was.filled.value > 0) stage(ended_.was.signal, signal_stage::completed, "filled in part: " + std::string(why), out);
    else stage(ended_.was.signal, to, why, out);
  }
  settle(h, why, out);
}

void strategy_host::decide(const header& h, const order_denied& e, outbox& out) const {
  end_of_order(h, e.order, signal_stage::rejected, e.reason.view(), out);
}
void strategy_host::decide(const header& h, const order_rejected& e, outbox& out) const {
  end_of_order(h, e.order, signal_stage::rejected, e.reason.view(), out);
}
void strategy_host::decide(const header& h, const order_cancelled& e, outbox& out) const {
  end_of_order(h, e.order, signal_stage::rejected, e.why.view(), out);
}
void strategy_host::decide(const header& h, const order_expired& e, outbox& out) const { end_of_order(h, e.order, signal_stage::expired, e.why.view(), out); }

}  // namespace tomnext::strategy_execution
