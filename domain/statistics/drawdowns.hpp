// Falls below an earlier peak: the deepest, each one, and what they come to.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "domain/base/describe.hpp"

namespace tomnext::statistics {

struct drawdown {
  double depth{};          ///< (peak − trough) / peak, above 1 where equity falls below zero; falls from a peak that is not positive have none
  std::size_t duration{};  ///< longest stretch below an earlier peak, in steps
};
/// The deepest fall of a series below its running maximum, and the longest time under water.
drawdown max_drawdown(std::span<const double> equity);

/// One stay below a peak. Places are indices into the series.
struct drawdown_episode {
  std::size_t peak{};                   ///< where the maximum was last reached
  std::size_t trough{};                 ///< the first of the lowest places
  std::optional<std::size_t> recovery;  ///< the first place at the peak's height again; none while under water at the end
  double depth{};                       ///< (peak − trough) / peak; 0 where the peak is not positive
  std::size_t duration_steps{};         ///< places under water, without the one that recovers
  TOMNEXT_FIELDS(FIELD(1, peak) FIELD(2, trough) FIELD(3, recovery) FIELD(4, depth) FIELD(5, duration_steps))
};
/// All stays under water, in the order of time. PerformanceAnalytics table.Drawdowns counts one period more in its length, and a trough from the first
/// place under water.
std::vector<drawdown_episode> drawdown_episodes(std::span<const double> equity);
/// The deepest `count` of them, deepest first, the earlier first where two are equal.
std::vector<drawdown_episode> deepest(std::vector<drawdown_episode> episodes, std::size_t count);

/// (peak − e) / peak of each place after the first, of a series with positive peaks.
std::vector<double> depths_of(std::span<const double> equity);
/// √(mean of squared depths): P. Martin, 1987. 0 for fewer than two places.
double ulcer_index(std::span<const double> equity);
/// Mean depth. 0 for fewer than two places.
double pain_index(std::span<const double> equity);

}  // namespace tomnext::statistics
