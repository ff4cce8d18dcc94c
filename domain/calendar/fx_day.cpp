#include "domain/calendar/fx_day.hpp"

#include <algorithm>

namespace tomnext::calendar {

std::optional<date> trading_day_of(timestamp t, date first_date, std::span<const timestamp> boundaries) {
  const auto end = std::upper_bound(boundaries.begin(), boundaries.end(), t);
  if (end == boundaries.end()) return std::nullopt;
  if (end == boundaries.begin() && t < *end - longest_day_ns) return std::nullopt;
  return date{first_date.days + static_cast<std::int32_t>(end - boundaries.begin())};
}

bool well_formed(std::span<const timestamp> boundaries) {
  for (std::size_t i = 1; i < boundaries.size(); ++i)
    if (boundaries[i] <= boundaries[i - 1] || boundaries[i - 1] < boundaries[i] - longest_day_ns) return false;
  return true;
}

}  // namespace tomnext::calendar
