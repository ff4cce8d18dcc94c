// How often and how soon a supervisor restarts: a window against endless restarts, and a back-off against busy ones. Knows no actors.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace tomnext::actors {

struct restart_limits {
  std::uint32_t restarts_max = 5;  ///< within one window, over all children
  std::chrono::milliseconds window{10'000};
  std::chrono::milliseconds backoff_min{10}, backoff_max{1'000};
};

class restart_policy {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  restart_policy(restart_limits limits, std::uint64_t seed) : limits_(limits), seed_(seed) {}

  /// A child failed. How long to wait before it starts again, or nothing: it failed more often than the window allows.
  /// The wait doubles with each failure of the same child in the window, up to backoff_max, less up to a quarter of jitter,
  /// so that children that failed together do not come back together.
  std::optional<std::chrono::milliseconds> on_failure(time_point now, std::size_t child) {
    while (!failures_.empty() && now - failures_.front().at > limits_.window) failures_.pop_front();
    if (failures_.size() >= limits_.restarts_max) return std::nullopt;
    const auto before = std::count_if(failures_.begin(), failures_.end(), [&](const failure& f) { return f.child == child; });
    failures_.push_back({now, child});
    auto wait = limits_.backoff_min;
    for (auto i = before; i > 0 && wait < limits_.backoff_max; --i) wait *= 2;
    wait = std::min(wait, limits_.backoff_max);
    return wait - std::chrono::milliseconds(static_cast<std::int64_t>(random() % (static_cast<std::uint64_t>(wait.count()) / 4 + 1)));
  }

 private:
  struct failure {
    time_point at;
    std::size_t child;
  };
  /// SplitMix64: repeatable from the seed on every machine. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
  std::uint64_t random() {
    auto z = seed_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  restart_limits limits_;
  std::uint64_t seed_;
  std::deque<failure> failures_;  // at most restarts_max
};

}  // namespace tomnext::actors
