#include "domain/statistics/distribution.hpp"

#include <algorithm>

#include "domain/statistics/moments.hpp"
#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {
namespace {

std::size_t bins_for(std::span<const double> ascending) {
  const double middle = *quantile_of_sorted(ascending, 0.75) - *quantile_of_sorted(ascending, 0.25);
  const auto bins = ratio((ascending.back() - ascending.front()) * power(static_cast<double>(ascending.size()), 1.0 / 3), 2 * middle);
  if (!bins) return 1;
  return static_cast<std::size_t>(std::clamp(*bins + 1, 1.0, static_cast<double>(bins_max)));
}

}  // namespace

histogram histogram_of(std::span<const double> values, std::size_t bins) {
  histogram h;
  if (values.empty()) return h;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  h.low = sorted.front();
  if (sorted.back() == h.low) {
    h.counts = {sorted.size()};
    return h;
  }
  bins = bins == 0 ? bins_for(sorted) : std::min(bins, bins_max);
  const auto n = static_cast<double>(bins);
  // Halves, as the range of two finite values need not be finite.
  const double half = (sorted.back() / 2 - h.low / 2) / n;
  h.width = 2 * half;
  h.counts.assign(bins, 0);
  for (const double v : sorted) {
    const double place = half > 0 ? (v / 2 - h.low / 2) / half : 0;
    ++h.counts[static_cast<std::size_t>(std::clamp(place, 0.0, n - 1))];
  }
  return h;
}

}  // namespace tomnext::statistics
