#include "actors/runtime/circuit_breaker.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tomnext::actors {
namespace {

using std::chrono::milliseconds;

milliseconds rounded_up(circuit_breaker::time_point::duration d) { return std::chrono::ceil<milliseconds>(d); }

const char* word_of(breaker_state s) {
  switch (s) {
    case breaker_state::closed: return "closed";
    case breaker_state::open: return "open";
    case breaker_state::half_open: return "half_open";
  }
  return "unknown";
}

}  // namespace

result<void> check(const breaker_limits& l) {
  const auto refuse = [](const char* what) { return error(errc::invalid_argument, std::string("circuit breaker: ") + what); };
  if (l.failures_in_a_row_max == 0 && l.failure_share_percent == 0) return refuse("neither failures in a row nor their share would open it");
  if (l.failure_share_percent > 100) return refuse("failure_share_percent is above 100");
  if (l.window_calls < 1 || l.window_calls > 10'000) return refuse("allowed for window_calls are 1 to 10000");
  if (l.window_calls_min < 1 || l.window_calls_min > l.window_calls) return refuse("allowed for window_calls_min are 1 to window_calls");
  if (l.window.count() <= 0 || l.trial_deadline.count() <= 0) return refuse("window and trial_deadline must be longer than 0 ms");
  if (l.open_min.count() <= 0 || l.open_max < l.open_min) return refuse("allowed is 0 ms < open_min <= open_max");
  if (l.trials_at_a_time < 1 || l.trials_at_a_time > 1'000) return refuse("allowed for trials_at_a_time are 1 to 1000");
  if (l.trials_to_close < 1) return refuse("trials_to_close must be 1 at least");
  return {};
}

circuit_breaker::circuit_breaker(std::string callee, breaker_limits limits, std::uint64_t seed)
    : callee_(std::move(callee)), limits_(limits), jitter_(seed), ring_(limits.window_calls) {}

result<circuit_breaker::permit> circuit_breaker::admit(time_point now) {
  // A trial that nobody reports would hold its place for ever.
  if (state_ == breaker_state::half_open && std::any_of(trials_.begin(), trials_.end(), [&](const trial& t) { return now >= t.overdue; })) {
    ++sums_.failed;
    sums_.last_failure = "a trial was not answered within " + std::to_string(limits_.trial_deadline.count()) + " ms";
    open(now);
  }
  if (state_ == breaker_state::open && now >= open_until_) {
    state_ = breaker_state::half_open;
    ++era_;
    good_trials_ = 0;
  }
  if (state_ == breaker_state::open) {
    ++sums_.refused;
    return error(errc::not_ready, callee_ + " is not asked for another " + std::to_string(rounded_up(open_until_ - now).count()) +
                                      " ms, since it failed too often; lastly: " + sums_.last_failure);
  }
  if (state_ == breaker_state::half_open) {
    if (trials_.size() >= limits_.trials_at_a_time) {
      ++sums_.refused;
      return error(errc::not_ready, callee_ + " failed too often, and is being tried with " + std::to_string(trials_.size()) +
                                        " calls, which are still out; lastly: " + sums_.last_failure);
    }
    trials_.push_back({++trial_numbers_, now + limits_.trial_deadline});
  }
  ++sums_.admitted;
  return permit{era_, state_ == breaker_state::half_open ? trial_numbers_ : 0};
}

void circuit_breaker::answered(permit p, time_point now) {
  if (p.era != era_) return;
  if (state_ == breaker_state::closed) return note(false, now);
  if (end_trial(p.trial) && ++good_trials_ >= limits_.trials_to_close) close(now);
}

void circuit_breaker::failed(permit p, const error& why, time_point now) {
  if (why.code == errc::cancelled) return withdrawn(p, now);
  if (why.policy() == error_policy::refuse) return answered(p, now);
  ++sums_.failed;
  if (p.era != era_) return;
  if (state_ == breaker_state::half_open && !end_trial(p.trial)) return;
  sums_.last_failure = why.message;
  if (state_ == breaker_state::half_open) return open(now);
  note(true, now);
  if (too_many_failures()) open(now);
}

void circuit_breaker::withdrawn(permit p, time_point) {
  if (p.era == era_) end_trial(p.trial);
}

void circuit_breaker::note(bool failed, time_point now) {
  forget_old(now);
  if (calls_ == ring_.size()) forget_first();
  ring_[(first_ + calls_) % ring_.size()] = {now, failed};
  ++calls_;
  failures_ += failed ? 1 : 0;
  in_a_row_ = failed ? in_a_row_ + 1 : 0;
}
void circuit_breaker::forget_old(time_point now) {
  while (calls_ > 0 && now - ring_[first_].at > limits_.window) forget_first();
}
void circuit_breaker::forget_first() {
  failures_ -= ring_[first_].failed ? 1 : 0;
  first_ = (first_ + 1) % ring_.size();
  --calls_;
}
bool circuit_breaker::too_many_failures() const {
  if (limits_.failures_in_a_row_max > 0 && in_a_row_ >= limits_.failures_in_a_row_max) return true;
  return limits_.failure_share_percent > 0 && calls_ >= limits_.window_calls_min &&
         100 * std::uint64_t{failures_} >= limits_.failure_share_percent * std::uint64_t{calls_};
}

bool circuit_breaker::end_trial(std::uint64_t number) {
  return std::erase_if(trials_, [&](const trial& t) { return t.number == number; }) > 0;
}

void circuit_breaker::open(time_point now) {
  // One that closes and opens again soon goes on where it was: a callee that answers now and then is not asked more often for it.
  if (state_ == breaker_state::closed && now - closed_at_ > open_time_) openings_in_a_row_ = 0;
  open_time_ = doubled(limits_.open_min, limits_.open_max, openings_in_a_row_++);
  open_until_ = now + jitter_.less_up_to(open_time_, 4);
  state_ = breaker_state::open;
  ++era_;
  ++sums_.opened;
  trials_.clear();
}

void circuit_breaker::close(time_point now) {
  state_ = breaker_state::closed;
  ++era_;
  closed_at_ = now;
  trials_.clear();
  first_ = calls_ = 0;
  failures_ = in_a_row_ = 0;
}

breaker_figures circuit_breaker::figures(time_point now) const {
  auto f = sums_;
  f.state = state_ == breaker_state::open && now >= open_until_ ? breaker_state::half_open : state_;  // the next call is a trial
  if (f.state == breaker_state::open) f.open_for = rounded_up(open_until_ - now);
  if (f.state == breaker_state::closed) {
    f.failures_in_a_row = in_a_row_;
    for (std::size_t i = 0; i < calls_; ++i) {
      const auto& o = ring_[(first_ + i) % ring_.size()];
      if (now - o.at > limits_.window) continue;
      ++f.window_calls;
      f.window_failures += o.failed ? 1 : 0;
    }
  }
  return f;
}

nlohmann::json circuit_breaker::as_json(time_point now) const {
  const auto f = figures(now);
  return {{"callee", callee_},
          {"state", word_of(f.state)},
          {"open_for_ms", f.open_for.count()},
          {"admitted", f.admitted},
          {"failed", f.failed},
          {"refused", f.refused},
          {"opened", f.opened},
          {"window", {{"calls", f.window_calls}, {"failures", f.window_failures}}},
          {"failures_in_a_row", f.failures_in_a_row},
          {"last_failure", f.last_failure}};
}

}  // namespace tomnext::actors
