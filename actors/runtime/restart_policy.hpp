// How often and how soon a supervisor restarts: a window against endless restarts, and a back-off against busy ones. Knows no actors.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "actors/runtime/jitter.hpp"

namespace tomnext::actors {

struct restart_limits {
  std::uint32_t restarts_max = 5;  ///< within one window, over all children
  std::chrono::milliseconds window{10'000};
  std::chrono::milliseconds backoff_min{10}, backoff_max{1'000};
};

class restart_policy {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  restart_policy(restart_limits limits, std::uint64_t seed) : limits_(limits), jitter_(seed) {}

  /// A child failed. How long to wait before it starts again, or nothing: it failed more often than the window allows.
  /// The wait doubles with each failure of the same child in the window, up to backoff_max, less up to a quarter of jitter,
  /// so that children that failed together do not come back together.
  std::optional<std::chrono::milliseconds> on_failure(time_point now, std::size_t child) {
    while (!failures_.empty() && now - failures_.front().at > limits_.window) failures_.pop_front();
    if (failures_.size() >= limits_.restarts_max) return std::nullopt;
    const auto before = std::count_if(failures_.begin(), failures_.end(), [&](const failure& f) { return f.child == child; });
    failures_.push_back({now, child});
    return jitter_.less_up_to(doubled(limits_.backoff_min, limits_.backoff_max, static_cast<std::uint64_t>(before)), 4);
  }

 private:
  struct failure {
    time_point at;
    std::size_t child;
  };

  restart_limits limits_;
  jitter jitter_;
  std::deque<failure> failures_;  // at most restarts_max
};

}  // namespace tomnext::actors
