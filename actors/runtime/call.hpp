// What travels with a request: who began it, until when an answer is wanted, and whether it still is. Knows no actors and no clock: time is passed in.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "actors/runtime/cancellation.hpp"

namespace tomnext::actors {

/// urgent: overtakes what waits in the mailboxes on its way, and full ones take it. For kill switch, cancels and stops.
enum class urgency : std::uint8_t { normal, urgent };

struct call;
using call_ref = std::shared_ptr<const call>;

/// Handed on by each actor to those that it asks in turn, so that nobody works for a caller who has given up. Deadlines are absolute, on the steady clock of
/// this process (self->clock(), in tests the virtual one): what waits in a mailbox has less time left.
struct call {
  using time_point = cancellation_token::time_point;

  std::string correlation;  ///< of the HTTP request, say: the same in all that is asked for its sake
  time_point deadline;      ///< the token's is later, or the same
  cancellation_token token;
  urgency how = urgency::normal;

  /// What is left, in whole milliseconds rounded down; 0 when nothing is.
  [[nodiscard]] std::chrono::milliseconds remaining(time_point now) const {
    return std::max(std::chrono::milliseconds(0), std::chrono::floor<std::chrono::milliseconds>(deadline - now));
  }
  /// Why nobody waits for the answer any more: the token's reason, or errc::timed_out.
  [[nodiscard]] result<void> wanted(time_point now) const {
    if (token.cancelled()) return token.reason()->within("given up by the caller");
    if (now < deadline) return {};
    const auto late = std::chrono::floor<std::chrono::milliseconds>(now - deadline);
    return error(errc::timed_out, "the caller's deadline passed " + std::to_string(late.count()) + " ms ago");
  }
  /// For a request in turn: with less time, if less is enough.
  [[nodiscard]] call_ref child(time_point now, std::chrono::milliseconds at_most) const {
    return std::make_shared<const call>(call{correlation, std::min(deadline, now + at_most), token, how});
  }
};

/// A call that begins here.
inline call_ref begin_call(std::string correlation, call::time_point deadline, cancellation_token token = {}, urgency how = urgency::normal) {
  deadline = std::min(deadline, token.deadline());
  return std::make_shared<const call>(call{std::move(correlation), deadline, std::move(token), how});
}

}  // namespace tomnext::actors
