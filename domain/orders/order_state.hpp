// The order state machine: every state an order can be in, and every move that may take it to another.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::orders {

enum class order_state : std::uint8_t {
  initialised = 0,
  denied = 1,
  emulated = 2,
  released = 3,
  submitted = 4,
  accepted = 5,
  triggered = 6,
  pending_update = 7,
  pending_cancel = 8,
  partially_filled = 9,
  done_for_day = 10,
  filled = 11,
  cancelled = 12,
  expired = 13,
  rejected = 14
};
inline constexpr std::size_t order_states = 15;

/// What happens to an order. `accept` also restates an accepted or partially filled one; `bust` takes a fill back, `replace_up` raises a filled order's quantity.
enum class order_move : std::uint8_t {
  deny = 0,
  emulate = 1,
  release = 2,
  submit = 3,
  accept = 4,
  reject = 5,
  cancel = 6,
  expire = 7,
  trigger = 8,
  request_update = 9,
  request_cancel = 10,
  update = 11,
  refuse_change = 12,
  partial_fill = 13,
  fill = 14,
  done_for_day = 15,
  bust = 16,
  replace_up = 17
};
inline constexpr std::size_t order_moves = 18;

/// A request to the venue that is not yet answered.
enum class pending_request : std::uint8_t { update = 0, cancel = 1 };

struct order_status {
  order_state state = order_state::initialised;
  order_state prior = order_state::initialised;  ///< while a request is pending: where a refusal of the last one leads back to
  std::vector<pending_request> in_flight;        ///< oldest first; at most `in_flight_max`; an order that has ended may still wait for refusals
  bool outcome_unknown = false;                  ///< sent, and not heard of since: a flag of any sent state, not a state
  bool late_fill = false;                        ///< filled after it had ended: reconciliation opens, position and money are corrected
  bool operator==(const order_status&) const = default;
  template <class Archive> void archive(Archive& a) { a(state, prior, in_flight, outcome_unknown, late_fill); }
};
inline constexpr std::size_t in_flight_max = 16;

/// Where a move leads, or errc::illegal_transition naming state and move. Anything heard from the venue ends `outcome_unknown`.
/// While requests are pending, what the venue tells without answering them (accepted, triggered, partially filled) changes `prior` alone: the order
/// stays pending, every request in flight. `update` answers the oldest request to update, `refuse_change` the oldest of all. What fills or ends the order
/// leaves its other requests in flight, so that their refusals, which still come, are expected.
result<order_status> transition(const order_status& from, order_move move);
/// A refusal that tells what it refuses (FIX: CxlRejResponseTo): it answers the oldest request of that kind.
result<order_status> refuse(const order_status& from, pending_request kind);
/// A fill was bust: `filled_remains` is what of the order is still filled. With nothing left it is as accepted, also where it was only partially filled:
/// taking back two fills ends where taking back one fill of the same size does. An order that has ended otherwise stays as it is.
result<order_status> bust(const order_status& from, std::int64_t filled_remains);
/// Sets the flag; legal for any state in which bytes may have left.
result<order_status> mark_unknown(const order_status& from);

/// Cancelled, expired, rejected, denied or filled.
bool is_final(order_state s);
/// Bytes may have left for the venue, and it may still act on them.
bool is_working(order_state s);
std::string_view to_string(order_state s);
std::string_view to_string(order_move m);

}  // namespace tomnext::orders
