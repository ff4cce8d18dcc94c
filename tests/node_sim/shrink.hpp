// From a history that fails to the fewest faults that still do: the smallest prefix of the plan, and of that what cannot be left out.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "tests/node_sim/simulation.hpp"

namespace tomnext::tests {

struct shrunk {
  simulated_case smallest;
  verdict what;            ///< of the smallest
  std::size_t prefix = 0;  ///< so many faults of the plan, from the first on, are enough
  std::uint64_t runs = 0;
};
/// `c` fails with `broken`. Runs it again and again, at most `runs_max` times.
shrunk shrink(const simulated_case& c, const std::string& broken, mutant with = mutant::none, std::uint64_t runs_max = 300);

/// Everything that one needs to look at it: seed, deployment, the story, and the smallest plan with its own story.
std::string report_of(const simulated_case& c, const verdict& v, mutant with = mutant::none);

}  // namespace tomnext::tests
