// The deadline of requests that one actor makes thousands of times a second, one after the other: looked at now and then, with one timer for all of them.
// The framework would keep a timer for each until it expires, long after its answer.
#pragma once
#include <chrono>
#include <optional>

#include "actors/runtime/clock.hpp"

namespace tomnext::actors {

class deadline_watch {
 public:
  explicit deadline_watch(std::chrono::milliseconds deadline) : deadline_(deadline) {}
  /// A request is under way from now on; one at a time.
  void asked(monotonic_time now) { since_ = now; }
  void answered() { since_.reset(); }
  [[nodiscard]] bool missed(monotonic_time now) const { return since_ && now - *since_ > deadline_; }

 private:
  std::chrono::milliseconds deadline_;
  std::optional<monotonic_time> since_;
};

/// How often the actor that keeps the watch looks at it.
inline constexpr std::chrono::milliseconds watch_every{1'000};

}  // namespace tomnext::actors
