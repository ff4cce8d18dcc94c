// Waits that are spread, so that those who failed together do not come back together. Repeatable from its seed on every machine.
#pragma once
#include <chrono>
#include <cstdint>

namespace tomnext::actors {

/// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
class jitter {
 public:
  explicit jitter(std::uint64_t seed) : seed_(seed) {}

  /// `wait` less up to a `part`-th of it: with 4, between three quarters of it and all.
  template <class Duration> Duration less_up_to(Duration wait, std::uint64_t part) {
    if (wait.count() <= 0) return wait;
    return wait - Duration(static_cast<typename Duration::rep>(random() % (static_cast<std::uint64_t>(wait.count()) / part + 1)));
  }

 private:
  std::uint64_t random() {
    auto z = seed_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint64_t seed_;
};

/// The wait before the n-th attempt after the first: doubled each time, from `min` up to `max`.
template <class Duration> constexpr Duration doubled(Duration min, Duration max, std::uint64_t times) {
  auto wait = min;
  for (; times > 0 && wait < max; --times) wait = wait > max / 2 ? max : wait * 2;
  return wait < max ? wait : max;
}

}  // namespace tomnext::actors
