#include "domain/trading_gateway/gateway_host.hpp"

#include <algorithm>
#include <limits>

#include "domain/ledger/notional.hpp"

namespace tomnext::trading_gateway {

using orders::order_move;

void gateway_host::decide(const header& h, const order_approved& e, outbox& out) const {
  // A second approval of an order is not a second order.
  if (taken_.contains(e.order)) return;
  if (e.valid_until.ns != 0 && h.at > e.valid_until) {
    out.emit(order_expired{e.order, e.strategy, e.signal, e.instrument, e.size, "approved after its validity"});
    return;
  }
  if (e.instrument.value >= instruments_max) {
    out.emit(order_rejected{e.order, e.strategy, e.signal, e.instrument, "unknown instrument"});
    return;
  }
  order_submitted s;
  s.order = e.order;
  s.strategy = e.strategy;
  s.signal = e.signal;
  s.account = e.account;
  s.instrument = e.instrument;
  s.direction = e.direction;
  s.kind = e.kind;
  s.validity = e.validity;
  s.size = e.size;
  s.limit = e.limit;
  s.reduce_only = e.reduce_only;
  s.closes = e.closes;
  s.valid_until = e.valid_until;
  s.trigger = e.trigger;
  s.trail = e.trail;
  s.expires = e.expires;
  s.parent = e.parent;
  s.oco = e.oco;
  out.emit(s);
  send_started send;
  send.order = e.order;
  send.instrument = e.instrument;
  send.direction = e.direction;
  send.kind = e.kind;
  send.validity = e.validity;
  send.size = e.size;
  send.limit = e.limit;
  send.attempt = 1;
  send.reduce_only = e.reduce_only;
  send.closes = e.closes;
  send.trigger = e.trigger;
  send.trail = e.trail;
  send.expires = e.expires;
  send.parent = e.parent;
  send.oco = e.oco;
  out.emit(send);
}

// A cancel goes to the venue where the order may still work there; otherwise it is answered here.
void gateway_host::decide(const header&, const change_approved& e, outbox& out) const {
  const auto found = orders_.find(e.order);
  const auto refuse = [&](std::string_view why) { out.emit(order_change_refused{e.order, e.strategy, e.instrument, e.change, why}); };
  if (found == orders_.end()) return refuse("no such order");
  if (auto asked = orders::transition(found->second.status, order_move::request_cancel); !asked) return refuse(asked.error().message);
  send_started send;
  send.order = e.order;
  send.instrument = found->second.instrument;
  send.attempt = 1;
  send.request = venue_request::cancel;
  out.emit(send);
}

void gateway_host::apply(const header&, const send_started& e) {
  if (e.request == venue_request::cancel) move(e.order, order_move::request_cancel);
}

void gateway_host::apply(const header&, const order_submitted& e) {
  order o;
  o.strategy = e.strategy;
  o.signal = e.signal;
  o.account = e.account;
  o.instrument = e.instrument;
  o.direction = e.direction;
  o.size = e.size;
  o.closes = e.closes;
  if (auto s = orders::transition(o.status, order_move::submit)) o.status = *s;
  orders_.emplace(e.order, o);
  taken_.insert(e.order);
}

order_move gateway_host::move_of(const order& o, const venue_order_reported& e) {
  switch (e.report) {
    case venue_report::acknowledged: return order_move::accept;
    case venue_report::rejected: return order_move::reject;
    case venue_report::cancelled: return order_move::cancel;
    case venue_report::expired: return order_move::expire;
    case venue_report::triggered: return order_move::trigger;
    case venue_report::amended: return order_move::accept;  // a restatement
    case venue_report::change_refused: return order_move::refuse_change;
    case venue_report::filled: break;
  }
  return e.size.value < o.size.value - o.filled.value ? order_move::partial_fill : order_move::fill;
}

bool gateway_host::expected(const venue_order_reported& e) const {
  auto found = orders_.find(e.order);
  if (found == orders_.end() || e.report > venue_report::change_refused) return false;
  if (e.report == venue_report::filled && (e.execution == 0 || e.size.value <= 0 || e.at_price.value <= 0 || executions_.contains(e.execution))) return false;
  // A triggered order that is restated stays triggered: the state machine has no move for it, and needs none.
  if (e.report == venue_report::amended) return e.size >= found->second.filled && orders::is_working(found->second.status.state);
  return orders::transition(found->second.status, move_of(found->second, e)).has_value();
}

void gateway_host::decide(const header&, const venue_order_reported& e, outbox& out) const {
  if (!expected(e)) return;  // apply has counted it
  const order& o = orders_.at(e.order);
  const quantity leaves{std::max<std::int64_t>(o.size.value - o.filled.value, 0)};
  switch (e.report) {
    case venue_report::acknowledged: out.emit(order_acknowledged{e.order, o.strategy, o.instrument, e.venue_order}); return;
    case venue_report::rejected: out.emit(order_rejected{e.order, o.strategy, o.signal, o.instrument, e.reason}); return;
    case venue_report::cancelled: out.emit(order_cancelled{e.order, o.strategy, o.signal, o.instrument, leaves, e.reason}); return;
    case venue_report::expired: out.emit(order_expired{e.order, o.strategy, o.signal, o.instrument, leaves, e.reason}); return;
    case venue_report::triggered: out.emit(order_triggered{e.order, o.strategy, o.signal, o.instrument, e.at_price}); return;
    case venue_report::amended:
      out.emit(order_amended{e.order, o.strategy, o.signal, o.instrument, o.size, e.size, {e.size.value - o.filled.value}, e.reason});
      return;
    case venue_report::change_refused: out.emit(order_change_refused{e.order, o.strategy, o.instrument, order_change::cancel, e.reason}); return;
    case venue_report::filled: break;
  }
  order_filled f;
  f.order = e.order;
  f.strategy = o.strategy;
  f.signal = o.signal;
  f.account = o.account;
  f.instrument = o.instrument;
  f.direction = o.direction;
  f.size = e.size;
  f.at_price = e.at_price;
  // A venue that fills more than was asked for has filled it: the whole size is booked, and nothing is left.
  f.leaves = quantity{std::max<std::int64_t>(leaves.value - e.size.value, 0)};
  f.closes = o.closes;
  f.execution = e.execution;
  auto notional = ledger::notional(e.at_price, e.size, minor_units_[o.instrument.value]);
  auto commission = notional ? ledger::commission(configuration_.commission_rate, *notional) : std::nullopt;
  if (!commission) return out.fail(errc::overflow, "the notional of order " + std::to_string(e.order.value) + " does not fit");
  f.notional = *notional;
  f.commission = *commission;
  f.late = orders::is_final(o.status.state);
  out.emit(f);
}

void gateway_host::apply(const header&, const venue_order_reported& e) {
  if (!expected(e)) ++unexpected_;
}

void gateway_host::move(order_id id, order_move m) {
  auto found = orders_.find(id);
  if (found == orders_.end()) return;
  if (auto s = orders::transition(found->second.status, m)) found->second.status = *s;
}

void gateway_host::apply(const header&, const order_amended& e) {
  if (auto found = orders_.find(e.order); found != orders_.end()) found->second.size = e.size;
  move(e.order, order_move::accept);
}

void gateway_host::end(order_id id, order_move m) {
  move(id, m);
  ended_.push_back(id);
  if (ended_.size() <= ended_orders_max) return;
  orders_.erase(ended_.front());
  ended_.pop_front();
}

void gateway_host::apply(const header&, const order_filled& e) {
  auto found = orders_.find(e.order);
  if (found == orders_.end()) return;
  executions_.insert(e.execution);
  execution_order_.push_back(e.execution);
  if (execution_order_.size() > ended_orders_max) {
    executions_.erase(execution_order_.front());
    execution_order_.pop_front();
  }
  auto& filled = found->second.filled;
  filled = add(filled, e.size).value_or(quantity{std::numeric_limits<std::int64_t>::max()});
  if (e.leaves.value > 0 || e.late) move(e.order, e.leaves.value > 0 ? order_move::partial_fill : order_move::fill);
  else end(e.order, order_move::fill);
}

// An order that was never sent has no entry: its id is taken all the same, so that it is not sent later either.
void gateway_host::apply(const header&, const order_rejected& e) {
  taken_.insert(e.order);
  if (orders_.contains(e.order)) end(e.order, order_move::reject);
}

void gateway_host::apply(const header&, const order_expired& e) {
  taken_.insert(e.order);
  if (orders_.contains(e.order)) end(e.order, order_move::expire);
}

std::size_t gateway_host::open_orders() const {
  std::size_t n = 0;
  for (const auto& [id, o] : orders_) n += orders::is_final(o.status.state) ? 0 : 1;
  return n;
}

std::vector<open_order> gateway_host::orders_open() const {
  std::vector<open_order> all;
  for (const auto& [id, o] : orders_)
    if (!orders::is_final(o.status.state)) all.push_back({id, o.strategy, o.instrument, o.direction, o.size, o.filled, o.status.state});
  return all;
}

}  // namespace tomnext::trading_gateway
