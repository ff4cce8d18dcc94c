// Stops asking what keeps failing, and tries it again later with a few calls. Knows no actors and no clock: time is passed in.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "actors/runtime/jitter.hpp"
#include "domain/base/result.hpp"

namespace tomnext::actors {

struct breaker_limits {
  std::uint32_t failures_in_a_row_max = 5;   ///< so many open it; 0: not looked at
  std::uint32_t failure_share_percent = 50;  ///< of the calls in the window: this share or more opens it; 0: not looked at
  std::uint32_t window_calls = 50;           ///< so many calls are remembered, 1 to 10,000
  std::uint32_t window_calls_min = 20;       ///< fewer say nothing about a share
  std::chrono::milliseconds window{60'000};  ///< and none longer than this
  /// Open for so long: doubled while trials fail, less up to a quarter of jitter.
  std::chrono::milliseconds open_min{1'000}, open_max{60'000};
  std::uint32_t trials_at_a_time = 1;                ///< half-open: so many calls may be out
  std::uint32_t trials_to_close = 2;                 ///< so many good ones in a row close it
  std::chrono::milliseconds trial_deadline{10'000};  ///< a trial that nobody reports counts as failed after this
};

/// errc::invalid_argument, and which limit cannot be.
[[nodiscard]] result<void> check(const breaker_limits& limits);

/// closed: all calls pass. open: none does. half_open: trials do.
enum class breaker_state : std::uint8_t { closed, open, half_open };

struct breaker_figures {
  breaker_state state = breaker_state::closed;
  std::chrono::milliseconds open_for{};  ///< what is left; 0 unless open
  std::uint64_t admitted = 0, failed = 0, refused = 0, opened = 0;
  std::uint32_t window_calls = 0, window_failures = 0, failures_in_a_row = 0;
  std::string last_failure;
};

/// One for each callee, kept by whoever asks it. Each admitted call is reported once, in one of three ways; a report from before the last change of state is
/// of no account any more: it says how the callee was, not how it is.
class circuit_breaker {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  struct permit {
    std::uint64_t era = 0;    ///< the state under which it was given
    std::uint64_t trial = 0;  ///< its number, where it is one
  };

  /// `limits` have passed check(); `callee` is its name in errors.
  circuit_breaker(std::string callee, breaker_limits limits, std::uint64_t seed);

  /// Refuses with errc::not_ready, which says how long still and why.
  result<permit> admit(time_point now);
  /// The callee answered.
  void answered(permit p, time_point now);
  /// It did not, or not well. An error that is the asker's fault (its policy is to refuse) is an answer; errc::cancelled says nothing about the callee.
  void failed(permit p, const error& why, time_point now);
  /// The call was not made after all, or was given up.
  void withdrawn(permit p, time_point now);

  [[nodiscard]] breaker_figures figures(time_point now) const;
  /// {"callee", "state", "open_for_ms", "admitted", "failed", "refused", "opened", "window": {"calls", "failures"}, "failures_in_a_row", "last_failure"}
  [[nodiscard]] nlohmann::json as_json(time_point now) const;

 private:
  struct outcome {
    time_point at;
    bool failed;
  };
  struct trial {
    std::uint64_t number;
    time_point overdue;
  };
  void note(bool failed, time_point now);
  void forget_old(time_point now);
  void forget_first();
  [[nodiscard]] bool too_many_failures() const;
  bool end_trial(std::uint64_t number);
  void open(time_point now);
  void close(time_point now);

  const std::string callee_;
  const breaker_limits limits_;
  jitter jitter_;
  breaker_state state_ = breaker_state::closed;
  std::uint64_t era_ = 1, trial_numbers_ = 0;
  // The window: a ring.
  std::vector<outcome> ring_;
  std::size_t first_ = 0, calls_ = 0;
  std::uint32_t failures_ = 0, in_a_row_ = 0;
  // Open and half-open.
  time_point open_until_{}, closed_at_{};
  std::chrono::milliseconds open_time_{0};
  std::uint64_t openings_in_a_row_ = 0;
  std::uint32_t good_trials_ = 0;
  std::vector<trial> trials_;  // at most trials_at_a_time
  breaker_figures sums_;
};

}  // namespace tomnext::actors
