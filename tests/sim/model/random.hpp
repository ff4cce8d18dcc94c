// Chance that repeats: a run is its seed, so that a failure can be looked at again.
#pragma once
#include <cstdint>

namespace tomnext::sim {

/// Stirs `value` into `hash`. Not cryptographic; two histories that differ give two hashes, for all that a test can see.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  std::uint64_t z = hash + 0x9E3779B97F4A7C15ULL * (value + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

class random_source {
 public:
  explicit random_source(std::uint64_t seed) : state_(mix(1, seed)) {}

  std::uint64_t next() { return state_ = mix(state_, 1); }
  /// Uniform in [0, n); n must not be 0.
  std::uint64_t below(std::uint64_t n) { return (next() >> 16) % n; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

}  // namespace tomnext::sim
