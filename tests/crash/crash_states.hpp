// The states in which a kill or a power cut can leave a simulated disk while something runs on it.
#pragma once
#include <string>

#include "tests/crash/simulated_calls.hpp"
#include "tests/crash/simulated_disk.hpp"

namespace tomnext::tests {

/// Runs `what` on the disk, and before each of its operations hands each state that a crash there can leave to `found`, with where it came from. States are
/// checked later: a check opens logs of its own. Returns the number of operations.
template <class Found, class What> std::uint64_t each_crash_state(simulated_disk& disk, Found found, What what) {
  std::uint64_t points = 0;
  disk.observer = [&](operation o, const std::string& path) {
    ++points;
    for (const auto s : survivals) {
      if (s == survival::last_torn && o != operation::write) continue;
      found(disk.image(s), "before operation " + std::to_string(points) + " (" + std::string(name_of(o)) + " of " + path + "), " + std::string(name_of(s)));
    }
  };
  {
    const on_disk lies(disk);
    what();
  }
  disk.observer = {};
  return points;
}

}  // namespace tomnext::tests
