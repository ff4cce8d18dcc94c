// Where the values of a sweep's axes go in a deployment.
#pragma once
#include <cstddef>

#include "actors/replay/sweep_space.hpp"
#include "config/deployment.hpp"

namespace tomnext::replay {

/// One parameter of one strategy.
struct sweep_target {
  std::size_t strategy{};  ///< its place in deployment.strategies
  std::string key;
};
/// For each axis its target: "fast" where one strategy alone has such a parameter, else "strategies.NAME.fast" or "strategies.0.fast".
/// errc::invalid_argument for what no strategy has, what several have, and what is no number; the message says what there is.
result<std::vector<sweep_target>> targets_of(const config::deployment& d, const std::vector<sweep_axis>& axes);

/// The deployment as `--set strategies.N.KEY=VALUE` of each axis would make it. errc::configuration_value where the strategy refuses the combination.
result<config::deployment> at_point(const config::deployment& d, const std::vector<sweep_target>& targets, const sweep_point& point);

}  // namespace tomnext::replay
