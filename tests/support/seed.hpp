// The seed of a test that draws: printed when it fails, and given again to repeat it.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <random>

namespace tomnext::tests {

/// TOMNEXT_SEED=… repeats a run.
inline std::uint64_t seed_of_this_run() {
  if (const char* given = std::getenv("TOMNEXT_SEED")) return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

}  // namespace tomnext::tests
