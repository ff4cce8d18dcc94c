// The small deployments that are simulated: a made market of two hours around a day roll, strategies that trade often, and what the back-test writes of it.
#pragma once
#include <cstdint>
#include <vector>

#include "actors/replay/hosts.hpp"
#include "config/deployment.hpp"

namespace tomnext::tests {

struct small_deployment {
  config::deployment what;
  replay::composition_parts parts;
  std::vector<event> backtest;  ///< every event that the back-test wrote
  std::uint64_t quotes = 0;     ///< accepted and rejected
};

inline constexpr std::uint64_t deployments = 12;
/// Made when it is first asked for, and kept. The market's files lie in a scratch folder until the process ends.
small_deployment& deployment_of(std::uint64_t variant);
/// Whether jobs run by the calendar in this variant, each second.
bool has_jobs(std::uint64_t variant);

}  // namespace tomnext::tests
