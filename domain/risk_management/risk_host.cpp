#include "domain/risk_management/risk_host.hpp"

#include <algorithm>

namespace tomnext::risk_management {
namespace {

std::optional<trading_state> wanted_by(operator_command command) {
  switch (command) {
    case operator_command::halt: return trading_state::halted;
    case operator_command::reduce: return trading_state::reducing;
    case operator_command::resume: return trading_state::active;
    default: return std::nullopt;
  }
}

bool names_someone(const text& who) {
  const auto name = who.view();
  return std::any_of(name.begin(), name.end(), [](char c) { return c != ' ' && c != '\t'; });
}

}  // namespace

void risk_host::apply(const header&, const instrument_defined& e) {
  if (e.instrument.value >= instruments_max) return;
  terms_[e.instrument.value] = {true, e.quantity_step, e.quantity_min, e.quote_minor_units};
}

// ---- orders ----------------------------------------------------------------------------------------

std::uint32_t risk_host::approvals_since(timestamp after) const {
  const auto first = std::upper_bound(approvals_.begin(), approvals_.end(), after);
  return static_cast<std::uint32_t>(approvals_.end() - first);
}

pre_trade_view risk_host::view_of(const header& h, const order_intended& e) const {
  pre_trade_view v;
  v.limits = limits();
  v.state = state_;
  v.at = h.at;
  v.order_open = exposure_.find(e.order) != nullptr;
  v.parent_open = exposure_.find(e.parent) != nullptr;
  if (e.instrument.value >= instruments_max) return v;
  v.terms = terms_[e.instrument.value];
  v.quote = quotes_[e.instrument.value];
  v.worst_in_direction = exposure_.of(e.instrument).worst(e.direction);
  v.netting = exposure_.netting(e.account);
  v.closable = exposure_.closable(e.account, e.instrument, e.direction, e.closes);
  v.recent_approvals = approvals_since(h.at - second_ns);
  return v;
}

void risk_host::decide(const header& h, const order_intended& e, outbox& out) const {
  const verdict found = check(e, view_of(h, e));
  if (!found.approved()) {
    out.emit(order_denied{e.order, e.strategy, e.signal, e.account, e.instrument, found.limit, found.value, found.allowed, found.reason});
    return;
  }
  order_approved a;
  a.order = e.order;
  a.strategy = e.strategy;
  a.signal = e.signal;
  a.account = e.account;
  a.instrument = e.instrument;
  a.direction = e.direction;
  a.kind = e.kind;
  a.validity = e.validity;
  a.size = e.size;
  a.limit = e.limit;
  a.reduce_only = e.reduce_only;
  a.closes = e.closes;
  a.valid_until = e.valid_until;
  a.reserved = e.parent ? quantity{} : e.size;  // a child only closes what its parent opens
  a.notional = found.notional;
  a.reference_price = found.reference_price;
  a.trigger = e.trigger;
  a.trail = e.trail;
  a.expires = e.expires;
  a.parent = e.parent;
  a.oco = e.oco;
  out.emit(a);
}

void risk_host::decide(const header&, const order_change_intended& e, outbox& out) const {
  out.emit(change_approved{e.order, e.strategy, e.account, e.instrument, e.change, e.why});
}

void risk_host::apply(const header& h, const order_approved& e) {
  exposure_.reserve(e.order, {e.account, e.instrument, e.direction, e.reserved, e.closes});
  while (!approvals_.empty() && approvals_.front() <= h.at - second_ns) approvals_.pop_front();
  if (approvals_.size() == approvals_kept) approvals_.pop_front();
  approvals_.push_back(h.at);
}

void risk_host::apply(const header&, const order_filled& e) { exposure_.fill({e.order, e.account, e.instrument, e.direction, e.size, e.closes}); }

// The end of an order is the input; what is still reserved ends with our own event, so that the log tells who freed how much and why.
void risk_host::release(order_id order, std::string_view why, outbox& out) const {
  if (const auto* held = exposure_.find(order)) out.emit(reservation_released{order, held->instrument, held->remaining, why});
}

// ---- kill switch -----------------------------------------------------------------------------------

const risk_host::command_key* risk_host::find_command(const text& key) const {
  auto found = std::find_if(commands_.begin(), commands_.end(), [&](const command_key& c) { return c.key == key; });
  return found != commands_.end() ? &*found : nullptr;
}

bool risk_host::permitted(const operator_commanded& e) const {
  const auto wanted = wanted_by(e.command);
  return wanted && (*wanted >= state_ || names_someone(e.who));
}

// A refused command does not use up its key: the operator repeats it with a name.
void risk_host::apply(const header& h, const operator_commanded& e) {
  if (e.idempotency_key.empty() || !permitted(e) || find_command(e.idempotency_key) != nullptr) return;
  if (commands_.size() == command_keys_max) commands_.pop_front();
  commands_.push_back({e.idempotency_key, h.seq});
}

void risk_host::decide(const header& h, const operator_commanded& e, outbox& out) const {
  if (!permitted(e)) return;
  const auto* known = find_command(e.idempotency_key);
  if (known != nullptr && known->seq != h.seq) return;
  out.emit(trading_state_changed{*wanted_by(e.command), e.who, e.why});
}

}  // namespace tomnext::risk_management
