#include "domain/statistics/drawdowns.hpp"

#include <algorithm>
#include <cmath>

#include "domain/statistics/moments.hpp"

namespace tomnext::statistics {

drawdown max_drawdown(std::span<const double> equity) {
  drawdown worst;
  for (const auto& e : drawdown_episodes(equity)) {
    worst.depth = std::max(worst.depth, e.depth);
    worst.duration = std::max(worst.duration, e.duration_steps);
  }
  return worst;
}

std::vector<drawdown_episode> drawdown_episodes(std::span<const double> equity) {
  std::vector<drawdown_episode> all;
  std::size_t peak = 0;
  bool under = false;
  for (std::size_t i = 1; i < equity.size(); ++i) {
    if (equity[i] >= equity[peak]) {
      if (under) all.back().recovery = i;
      under = false;
      peak = i;
      continue;
    }
    if (!under) all.push_back({peak, i, std::nullopt, 0, 0});
    under = true;
    auto& e = all.back();
    if (equity[i] < equity[e.trough]) e.trough = i;
    e.duration_steps = i - peak;
    if (equity[peak] > 0) e.depth = (equity[peak] - equity[e.trough]) / equity[peak];
  }
  return all;
}

std::vector<drawdown_episode> deepest(std::vector<drawdown_episode> episodes, std::size_t count) {
  std::stable_sort(episodes.begin(), episodes.end(), [](const auto& a, const auto& b) { return a.depth > b.depth; });
  if (episodes.size() > count) episodes.resize(count);
  return episodes;
}

std::vector<double> depths_of(std::span<const double> equity) {
  std::vector<double> depths;
  double peak = equity.empty() ? 0 : equity[0];
  for (std::size_t i = 1; i < equity.size(); ++i) {
    peak = std::max(peak, equity[i]);
    depths.push_back(peak > 0 ? (peak - equity[i]) / peak : 0);
  }
  return depths;
}

double ulcer_index(std::span<const double> equity) {
  auto depths = depths_of(equity);
  for (double& d : depths) d *= d;
  return std::sqrt(mean(depths));
}
double pain_index(std::span<const double> equity) { return mean(depths_of(equity)); }

}  // namespace tomnext::statistics
