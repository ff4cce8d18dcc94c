#include "domain/orders/order_state.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace tomnext::orders {
namespace {

using s = order_state;
using m = order_move;

// The states that a move may come from. Moves of pending orders that leave their requests in flight are in told_while_pending.
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
      // From accepted it is a restatement.
      {m::accept, s::accepted, {s::initialised, s::submitted, s::accepted, s::done_for_day}},
      {m::reject, s::rejected, {s::initialised, s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel}},
      {m::cancel,
       s::cancelled,
       {s::initialised, s::emulated, s::released, s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled,
        s::done_for_day}},
      {m::expire,
       s::expired,
       {s::initialised, s::emulated, s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled, s::done_for_day}},
      {m::trigger, s::triggered, {s::initialised, s::submitted, s::accepted}},
      {m::partial_fill, s::partially_filled, {s::submitted, s::accepted, s::triggered, s::partially_filled, s::done_for_day}},
      {m::fill, s::filled, {s::submitted, s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled}},
      {m::done_for_day, s::done_for_day, {s::accepted, s::partially_filled}},
      {m::replace_up, s::partially_filled, {s::filled}},
  }};
  return all;
}

bool among(s state, std::initializer_list<s> list) {
  for (auto x : list)
    if (x == state) return true;
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
  if (from.in_flight.size() == in_flight_max)
    return error(errc::illegal_transition, "more than " + std::to_string(in_flight_max) + " requests in flight for one order");
  auto to = from;
  if (!is_pending(from.state)) to.prior = from.state;
  to.in_flight.push_back(move == m::request_update ? pending_request::update : pending_request::cancel);
  to.state = pending_state(to.in_flight.back());
  return to;
}

// The request at `which` is answered without ending the order: back to where it was, unless more requests wait.
// An order that ended meanwhile stays ended: a refusal that comes after the fill is the usual answer to a cancel that was too late.
order_status without_request(const order_status& from, std::vector<pending_request>::difference_type which) {
  auto to = from;
  to.outcome_unknown = false;
  to.in_flight.erase(to.in_flight.begin() + which);
  if (is_pending(from.state)) to.state = to.in_flight.empty() ? to.prior : pending_state(to.in_flight.back());
  return to;
}

result<order_status> answered(const order_status& from, order_move move, pending_request kind) {
  const auto found = std::find(from.in_flight.begin(), from.in_flight.end(), kind);
  if (found == from.in_flight.end()) return illegal(from, move);
  return without_request(from, found - from.in_flight.begin());
}

// A fill of an order that ended otherwise: a fact, and an exception; the order does not come back to life.
order_status filled_late(const order_status& from) {
  auto to = from;
  to.outcome_unknown = false;
  to.late_fill = true;
  return to;
}

// What the venue tells of an order while requests are pending, without answering them: the state behind them changes, the requests stay in flight.
std::optional<order_status> told_while_pending(const order_status& from, order_move move) {
  auto to = from;
  to.outcome_unknown = false;
  switch (move) {
    case m::accept:
      if (from.prior == s::submitted) to.prior = s::accepted;
      return to;
    case m::trigger:
      if (!among(from.prior, {s::submitted, s::accepted})) return std::nullopt;
      to.prior = s::triggered;
      return to;
    case m::partial_fill: to.prior = s::partially_filled; return to;
    default: return std::nullopt;
  }
}

result<order_status> replaced_upwards(const order_status& from) {
  if (!is_pending(from.state) || from.prior != s::filled) return illegal(from, m::replace_up);
  auto to = from;
  to.prior = s::partially_filled;
  return answered(to, m::replace_up, pending_request::update);
}

}  // namespace

result<order_status> transition(const order_status& from, order_move move) {
  switch (move) {
    case m::request_update:
    case m::request_cancel: return request(from, move);
    case m::update: return is_pending(from.state) ? answered(from, move, pending_request::update) : illegal(from, move);
    case m::refuse_change: return from.in_flight.empty() ? result<order_status>(illegal(from, move)) : without_request(from, 0);
    case m::bust: return bust(from, 1);
    default: break;
  }
  if ((move == m::fill || move == m::partial_fill) && among(from.state, ended)) return filled_late(from);
  if (is_pending(from.state)) {
    if (auto told = told_while_pending(from, move)) return *told;
    if (move == m::replace_up) return replaced_upwards(from);
  }
  auto to = from;
  to.outcome_unknown = false;
  if (move == m::accept && from.state == s::partially_filled) return to;  // restated
  for (const auto& r : rules()) {
    if (r.move != move || !among(from.state, r.from)) continue;
    to.state = r.to;
    // A cancel answers the oldest request to cancel. Every other request stays in flight until the venue has refused it.
    if (move == m::cancel && is_pending(from.state)) {
      if (auto found = std::find(to.in_flight.begin(), to.in_flight.end(), pending_request::cancel); found != to.in_flight.end()) to.in_flight.erase(found);
    }
    return to;
  }
  return illegal(from, move);
}

result<order_status> refuse(const order_status& from, pending_request kind) { return answered(from, m::refuse_change, kind); }

result<order_status> bust(const order_status& from, std::int64_t filled_remains) {
  auto to = from;
  to.outcome_unknown = false;
  // FIX 4.4 Appendix D, H.1.b: a cancelled order whose execution is bust stays cancelled; only position and money change.
  if (among(from.state, ended)) return to;
  auto& behind = is_pending(from.state) ? to.prior : to.state;
  if (!among(behind, {s::filled, s::partially_filled})) return illegal(from, m::bust);
  behind = filled_remains > 0 ? s::partially_filled : s::accepted;
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
  static constexpr std::array<std::string_view, order_states> names{"initialised",  "denied",    "emulated",       "released",       "submitted",
                                                                    "accepted",     "triggered", "pending update", "pending cancel", "partially filled",
                                                                    "done for day", "filled",    "cancelled",      "expired",        "rejected"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(order_move move) {
  static constexpr std::array<std::string_view, order_moves> names{
      "be denied", "be emulated",         "be released",       "be submitted",       "be accepted", "be rejected",           "be cancelled",
      "expire",    "be triggered",        "request an update", "request a cancel",   "be updated",  "have a change refused", "be partially filled",
      "be filled", "be done for the day", "be bust",           "be replaced upwards"};
  return names[static_cast<std::size_t>(move)];
}

}  // namespace tomnext::orders
