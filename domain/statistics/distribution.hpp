// How values lie: a histogram for a report.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "domain/base/describe.hpp"

namespace tomnext::statistics {

inline constexpr std::size_t bins_max = 100;

/// Bin i holds low + i · width ≤ v < low + (i + 1) · width; the last one its upper edge too.
struct histogram {
  double low{}, width{};
  std::vector<std::size_t> counts;
  TOMNEXT_FIELDS(FIELD(1, low) FIELD(2, width) FIELD(3, counts))
};
/// From the lowest to the highest value in `bins` equal bins, at most `bins_max`; for 0 as many as 2 · (P75 − P25) / n^⅓ is a bin wide (D. Freedman and
/// P. Diaconis, 1981). One bin where all are equal; none for no values. Values are finite.
histogram histogram_of(std::span<const double> values, std::size_t bins = 0);

}  // namespace tomnext::statistics
