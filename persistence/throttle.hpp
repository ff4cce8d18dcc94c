// How fast a job in the background may go.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tomnext::persistence {

/// Turns bytes per second into steps and pauses. The caller waits; nothing here does.
class throttle {
 public:
  /// `bytes_per_s` 0: as fast as it goes.
  explicit throttle(std::uint64_t bytes_per_s) : rate_(bytes_per_s) {}

  /// A quarter of a second's share: long enough to be cheap, short enough that neither a disk nor a cancellation waits long.
  [[nodiscard]] std::uint64_t step_bytes() const { return rate_ == 0 ? step_bytes_max : std::clamp(rate_ / 4, step_bytes_min, step_bytes_max); }

  /// How long to wait after a step that read `bytes` and took `took`, so that the average over all steps stays at the rate. A step may be larger than asked
  /// for (a file that is checked as a whole): the wait is longer then. Time lost is not made up for by a burst.
  [[nodiscard]] std::chrono::nanoseconds pause(std::uint64_t bytes, std::chrono::nanoseconds took) const {
    if (rate_ == 0) return std::chrono::nanoseconds::zero();
    const auto due = std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(rate_));
    return std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(due) - took, std::chrono::nanoseconds::zero());
  }

 private:
  static constexpr std::uint64_t step_bytes_min = 64u << 10, step_bytes_max = 4u << 20;
  std::uint64_t rate_;
};

}  // namespace tomnext::persistence
