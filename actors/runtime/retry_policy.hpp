// When a request is made again: after a failure (a retry), or beside one that is slow (a hedge). Knows no actors and no clock: time is passed in.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "actors/runtime/jitter.hpp"
#include "domain/base/result.hpp"

namespace tomnext::actors {

/// Whether a request may arrive twice, the second time changing nothing. There is no answer for all: each request that is ever made again is declared beside its
/// protocol, `template <> struct repeatable<query_atom> : std::true_type {};`, and what is not declared cannot be repeated.
template <class Request> struct repeatable;
template <class Request>
concept idempotent = repeatable<Request>::value;

/// What retries and hedges of one asker may cost: at most `share_percent` of its calls, and `reserve` before there were any. Without it, retries would multiply
/// the load just when the callee has too much of it. Source: Finagle's RetryBudget.
class retry_budget {
 public:
  explicit retry_budget(std::uint32_t share_percent = 10, std::uint32_t reserve = 10)
      : share_(share_percent), held_max_(std::uint64_t{reserve} * whole), held_(held_max_) {}
  /// A call began: not a repetition of one.
  void called() { held_ = std::min(held_ + share_, held_max_); }
  /// Pays for one repetition; false where nothing is left.
  [[nodiscard]] bool take() {
    if (held_ < whole) return false;
    held_ -= whole;
    return true;
  }
  [[nodiscard]] std::uint64_t left() const { return held_ / whole; }

 private:
  static constexpr std::uint64_t whole = 100;  // one repetition, in hundredths
  std::uint64_t share_, held_max_, held_;
};

struct retry_limits {
  std::uint32_t attempts_max = 3;  ///< the first one counts
  /// The wait before the second attempt, doubled before each further one, less up to half of jitter.
  std::chrono::milliseconds backoff_min{20}, backoff_max{1'000};
  std::chrono::milliseconds attempt_min{5};  ///< with less time left than this an attempt is not worth making
};

namespace detail {
/// The rules, without the request.
class retry_rules {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  retry_rules(retry_limits limits, retry_budget& budget, std::uint64_t seed) : limits_(limits), budget_(budget), jitter_(seed) {}

  /// A call begins.
  void called() { budget_.called(); }
  /// The last of `attempts` failed: how long to wait before the next one. Otherwise the error to end with, which says why there is no other attempt.
  result<std::chrono::milliseconds> after(const error& failure, std::uint32_t attempts, time_point now, time_point deadline) {
    if (failure.policy() != error_policy::retry) return failure;
    const auto end = [&](const char* why) { return failure.within("after " + std::to_string(attempts) + (attempts == 1 ? " attempt" : " attempts") + why); };
    if (attempts >= limits_.attempts_max) return end("");
    const auto wait = jitter_.less_up_to(doubled(limits_.backoff_min, limits_.backoff_max, attempts - 1), 2);
    if (now + wait + limits_.attempt_min > deadline) return end(" (the deadline leaves no time for another)");
    if (!budget_.take()) return end(" (too many calls are being repeated)");
    return wait;
  }

 private:
  retry_limits limits_;
  retry_budget& budget_;
  jitter jitter_;
};
}  // namespace detail

/// Retries of one kind of request. The budget is shared by all kinds of one asker, and outlives this.
template <idempotent Request> class retry_policy : public detail::retry_rules {
 public:
  using retry_rules::retry_rules;
};

struct hedge_limits {
  std::uint32_t percentile = 95;   ///< a request that is slower than this share of the last ones is made a second time
  std::size_t answers_kept = 200;  ///< at least 1
  std::size_t answers_min = 20;    ///< before so many were seen nothing is hedged
  std::chrono::milliseconds delay_min{1};
};

namespace detail {
class hedge_rules {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;
  hedge_rules(hedge_limits limits, retry_budget& budget) : limits_(limits), budget_(budget) { kept_.reserve(limits.answers_kept); }

  /// How long the first answer to a call took.
  void answered_after(duration took) {
    if (kept_.size() < limits_.answers_kept) kept_.push_back(took);
    else kept_[next_] = took;
    next_ = (next_ + 1) % limits_.answers_kept;
    delay_.reset();
  }
  /// A call begins: when to look whether it is still unanswered. Nothing where it is not worth it, or not known yet.
  [[nodiscard]] std::optional<duration> delay(time_point now, time_point deadline) {
    if (kept_.size() < limits_.answers_min) return std::nullopt;
    if (!delay_) {
      auto sorted = kept_;
      const auto at = std::min(sorted.size() - 1, sorted.size() * limits_.percentile / 100);
      std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at), sorted.end());
      delay_ = std::max<duration>(sorted[at], limits_.delay_min);
    }
    if (deadline - now <= *delay_) return std::nullopt;
    return delay_;
  }
  /// The delay is over and there is no answer: whether to ask a second time. Once for each call.
  [[nodiscard]] bool ask_again(time_point now, time_point deadline) { return now < deadline && budget_.take(); }

 private:
  hedge_limits limits_;
  retry_budget& budget_;
  std::vector<duration> kept_;  // a ring once it is full
  std::size_t next_ = 0;
  std::optional<duration> delay_;
};
}  // namespace detail

/// Hedges of one kind of request. The first answer counts; the other is dropped by whoever asked.
template <idempotent Request> class hedge_policy : public detail::hedge_rules {
 public:
  using hedge_rules::hedge_rules;
};

}  // namespace tomnext::actors
