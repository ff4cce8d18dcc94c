// Trading days, from boundaries given as UTC instants. The domain knows no time zones.
#pragma once
#include <optional>
#include <span>

#include "domain/base/time.hpp"

namespace tomnext::calendar {

/// A weekday of New York time lasts between 23 and 25 hours.
inline constexpr std::int64_t longest_day_ns = 25 * hour_ns;

/// The trading day that t belongs to. Boundary i ends trading day first_date + i and is itself the first instant of the next day; boundaries ascend.
/// Nothing where t lies at or behind the last boundary, or more than 25 hours before the first.
std::optional<date> trading_day_of(timestamp t, date first_date, std::span<const timestamp> boundaries);

/// Boundaries ascend, and no day is longer than `longest_day_ns`.
bool well_formed(std::span<const timestamp> boundaries);

}  // namespace tomnext::calendar
