// What the log says by itself: one host's whole log decided again from zero, each stretch by the build that its marks name (law 8).
#pragma once
#include <span>
#include <string>
#include <vector>

#include "tests/sim/model/service.hpp"

namespace tomnext::sim {

enum class log_extent {
  cut,       ///< by a crash: inputs behind the last own event are still to be decided, by the build that starts
  complete,  ///< every input was answered
};

struct testimony {
  std::string problem;              ///< the first decision that the log does not confirm
  std::uint64_t fingerprint = 0;    ///< of the state under the starting build's fold
  std::vector<reaction> missing;    ///< what the starting build has to propose
  std::size_t unmarked_inputs = 0;  ///< inputs of which the log does not tell that they were decided
};

testimony decide_again(const host_role& role, std::span<const event> log, log_extent extent);

}  // namespace tomnext::sim
