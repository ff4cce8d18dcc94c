// Which parameters a sweep tries: axes with exact decimal values, and the points taken of them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::replay {

/// More points, and more values of one axis, are a mistake in the command line.
inline constexpr std::uint64_t sweep_points_max = 100'000;
inline constexpr std::size_t axis_values_max = 10'000, axes_max = 8;

/// One parameter and the values that it takes, as a configuration file would write them: ascending, each once.
struct sweep_axis {
  std::string name;  ///< "fast", or "strategies.cross.fast" where several strategies have one
  std::vector<std::string> values;
};
/// "fast=5..30:5" (both ends included where the step reaches them; without a step 1) or "fast=5,8,13". Values are decimals, at most nine places.
result<sweep_axis> parse_axis(const std::string& text);

/// One value per axis.
using sweep_point = std::vector<std::string>;

/// Every combination, the last axis fastest. errc::invalid_argument for more than `sweep_points_max`.
result<std::vector<sweep_point>> grid_points(const std::vector<sweep_axis>& axes);
/// `count` different combinations at random: each as likely as any other, the same for a seed on every machine. All of them where there are fewer.
result<std::vector<sweep_point>> random_points(const std::vector<sweep_axis>& axes, std::uint64_t count, std::uint64_t seed);
/// A Latin hypercube: each axis is cut into `count` equal parts, each part is taken once, and the parts of the axes are paired at random. Where an axis has
/// fewer values than parts, each of its values is taken equally often, give or take one; points that come out equal are one.
/// M. McKay, R. Beckman, W. Conover, Technometrics 21 (1979).
result<std::vector<sweep_point>> latin_points(const std::vector<sweep_axis>& axes, std::uint64_t count, std::uint64_t seed);

/// "fast=5, slow=20".
std::string to_text(const std::vector<sweep_axis>& axes, const sweep_point& point);

}  // namespace tomnext::replay
