// The one seam to the clock. Whoever in actors/ decides by time asks here, and nowhere else; tests/lint/clocks.sh sees to it. Without CAF.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "domain/base/result.hpp"
#include "domain/base/time.hpp"

namespace tomnext::actors {

/// Time that only passes: for deadlines, pauses and paces. It says nothing about dates.
using monotonic_time = std::chrono::steady_clock::time_point;

/// Of the actor's system: the machine's, or virtual time where a test's coordinator runs the actors.
template <class Self> monotonic_time monotonic_now(Self* self) { return self->clock().now(); }

/// Wall time that a test makes: from `start` on it passes as monotonic time does, and it can be set, as an operator or NTP sets a machine's.
class simulated_wall {
 public:
  /// `start` is the wall time at the beginning of monotonic time, where a coordinator for tests begins.
  explicit simulated_wall(timestamp start) : start_ns_(start.ns) {}
  /// Sets the clock forward, or back where `ns` is negative; from any thread.
  void jump(std::int64_t ns) { start_ns_ += ns; }
  [[nodiscard]] timestamp at(monotonic_time t) const { return timestamp{start_ns_} + std::chrono::nanoseconds(t.time_since_epoch()).count(); }

 private:
  std::atomic<std::int64_t> start_ns_;
};

/// What date and time it is. The machine's may jump either way at any moment: nothing is measured by it, and nothing takes for granted that it ascends.
class wall_clock {
 public:
  /// The machine's.
  wall_clock() = default;
  /// The machine's plus so much: tomorrow's roll, today. At most ten years each way.
  static result<wall_clock> shifted(std::int64_t offset_ns);
  static wall_clock simulated(std::shared_ptr<const simulated_wall> wall);

  [[nodiscard]] timestamp at(monotonic_time now) const;
  /// 0 unless shifted.
  [[nodiscard]] std::int64_t offset_ns() const { return offset_ns_; }

 private:
  std::int64_t offset_ns_ = 0;
  std::shared_ptr<const simulated_wall> simulated_;  // null: the machine's
};

/// The date and time of an actor.
template <class Self> timestamp wall_now(Self* self, const wall_clock& clock) { return clock.at(monotonic_now(self)); }

/// An offset as text: "26h", "-90m", "+3d", "45s". Nothing but days, hours, minutes and seconds, one of them.
result<std::int64_t> parse_clock_offset(const std::string& text);

}  // namespace tomnext::actors
