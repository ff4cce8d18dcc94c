#include "domain/orders/order_state.hpp"

#include <array>
#include <string>

namespace tomnext::orders {
namespace {

using s = order_state;
using m = order_move;

// The states that a move may come from, by acceptance of the local table; FIX 4.4 Appendix D for those that a venue reports.
struct rule {
  m move;
  s to;
  std::initializer_list<s> from;
};

constexpr auto ended = {s::cancelled, s::expired, s::rejected};

const std::array<rule, 13>& rules() {
  static const std::array<rule, 13> all{{
      {m::deny, s::denied, {s::initialised, s::released}},
      {m::emulate, s::emulated, {s::initialised}},
      {m::release, s::released, {s::initialised, s::emulated}},
      {m::submit, s::submitted, {s::initialised, s::released}},
      // From partially filled and accepted it is a restatement; from filled the order was replaced upwards.
      {m::accept, s::accepted, {s::initialised, s::submitted, s::accepted, s::done_for_day}},
      {m::reject, s::rejected, {s::initialised, s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel}},
      {m::cancel, s::cancelled, {s::initialised, s::emulated, s::released, s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled, s::done_for_day}},
      {m::expire, s::expired, {s::initialised, s::emulated, s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled, s::done_for_day}},
      {m::trigger, s::triggered, {s::initialised, s::submitted, s::accepted, s::pending_update, s::pending_cancel}},
      {m::partial_fill, s::partially_filled, {s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled, s::done_for_day}},
      {m::fill, s::filled, {s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled}},
      {m::done_for_day, s::done_for_day, {s::accepted, s::partially_filled}},
      {m::replace_up, s::partially_filled, {s::filled}},
  }};
  return all;
}

bool among(s state, std::initializer_list<s> list) {
  for (auto x : list) if (x == state) return true;
  return false;
}

error illegal(const order_status& from, order_move move) {
  return {errc::illegal_transition, std::string(to_string(from.state)) + " orders cannot " + std::string(to_string(move))};
}

bool is_pending(s state) { return state == s::pending_update || state == s::pending_cancel; }
s pending_state(pending_request r) { return r == pending_request::update ? s::pending_update : s::pending_cancel; }

result<order_status> request(const order_status& from, order_move move) {
  // A filled order may still be asked to grow; it cannot be cancelled.
  const bool open = among(from.state, {s::submitted, s::accepted, s::triggered, s::partially_filled}) || is_pending(from.state);
  if (!open && !(from.state == s::filled && move == m::request_update)) return illegal(from, move);
  if (from.in_flight.size() == in_flight_max) return error(errc::illegal_transition, "more than " + std::to_string(in_flight_max) + " requests in flight for one order");
  auto to = from;
  if (!is_pending(from.state)) to.prior = from.state;
  to.in_flight.push_back(move == m::request_update ? pending_request::update : pending_request::cancel);
  to.state = pending_state(to.in_flight.back());
  return to;
}

// The oldest request is answered without ending the order: back to where it was, unless more requests wait.
result<order_status> answered(const order_status& from, order_move move) {
  if (from.in_flight.empty()) return illegal(from, move);
  if (move == m::update && from.in_flight.front() != pending_request::update) return illegal(from, move);
  auto to = from;
  to.in_flight.erase(to.in_flight.begin());
  to.outcome_unknown = false;
  to.state = to.in_flight.empty() ? to.prior : pending_state(to.in_flight.back());
  return to;
}

}  // namespace

result<order_status> transition(const order_status& from, order_move move) {
  if (move == m::request_update || move == m::request_cancel) return request(from, move);
  if (move == m::update || move == m::refuse_change) return answered(from, move);
  if (move == m::bust) return bust(from, 1);
  auto to = from;
  to.outcome_unknown = false;
  if ((move == m::fill || move == m::partial_fill) && among(from.state, ended)) {
    to.late_fill = true;
    return to;
  }
  if (move == m::accept && from.state == s::partially_filled) return to;  // restated
  // A venue that restates an order while a request is pending has not answered the request.
  if (move == m::accept && is_pending(from.state)) {
    to.prior = from.prior == s::submitted ? s::accepted : from.prior;
    return to;
  }
  for (const auto& r : rules()) {
    if (r.move != move || !among(from.state, r.from)) continue;
    if (is_pending(from.state) && move == m::partial_fill) {
      to.prior = s::partially_filled;   // the requests are still in flight
      return to;
    }
    to.state = r.to;
    to.in_flight.clear();
    return to;
  }
  return illegal(from, move);
}

result<order_status> bust(const order_status& from, std::int64_t filled_remains) {
  if (!among(from.state, {s::filled, s::partially_filled}) && !is_pending(from.state)) return illegal(from, m::bust);
  auto to = from;
  to.outcome_unknown = false;
  const auto left = filled_remains > 0 ? s::partially_filled : s::accepted;
  (is_pending(from.state) ? to.prior : to.state) = left;
  return to;
}

result<order_status> mark_unknown(const order_status& from) {
  if (!is_working(from.state)) return error(errc::illegal_transition, std::string(to_string(from.state)) + " orders have no outcome that could be unknown");
  auto to = from;
  to.outcome_unknown = true;
  return to;
}

bool is_final(order_state state) { return among(state, {s::denied, s::filled, s::cancelled, s::expired, s::rejected}); }

bool is_working(order_state state) {
  return among(state, {s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled, s::done_for_day});
}

std::string_view to_string(order_state state) {
  static constexpr std::array<std::string_view, order_states> names{"initialised", "denied", "emulated", "released", "submitted", "accepted", "triggered",
                                                                    "pending update", "pending cancel", "partially filled", "done for day", "filled",
                                                                    "cancelled", "expired", "rejected"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(order_move move) {
  static constexpr std::array<std::string_view, order_moves> names{"be denied", "be emulated", "be released", "be submitted", "be accepted", "be rejected",
                                                                   "be cancelled", "expire", "be triggered", "request an update", "request a cancel", "be updated",
                                                                   "have a change refused", "be partially filled", "be filled", "be done for the day", "be bust",
                                                                   "be replaced upwards"};
  return names[static_cast<std::size_t>(move)];
}

}  // namespace tomnext::orders
