// UTC instants in nanoseconds. Domain code is given its instants; it never asks a clock.
#pragma once
#include <compare>
#include <cstdint>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext {

/// Nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. Covers the years 1678 to 2261.
struct timestamp {
  std::int64_t ns{};
  constexpr auto operator<=>(const timestamp&) const = default;
};

inline constexpr std::int64_t microsecond_ns = 1'000;
inline constexpr std::int64_t millisecond_ns = 1'000'000;
inline constexpr std::int64_t second_ns = 1'000'000'000;
inline constexpr std::int64_t minute_ns = 60 * second_ns;
inline constexpr std::int64_t hour_ns = 60 * minute_ns;
inline constexpr std::int64_t day_ns = 24 * hour_ns;

constexpr timestamp operator+(timestamp t, std::int64_t ns) { return {t.ns + ns}; }
constexpr timestamp operator-(timestamp t, std::int64_t ns) { return {t.ns - ns}; }
constexpr std::int64_t operator-(timestamp a, timestamp b) { return a.ns - b.ns; }

/// The division that rounds towards minus infinity, so that times before 1970 are no special case.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }

/// A civil date of the proleptic Gregorian calendar, as days since 1970-01-01.
struct date {
  std::int32_t days{};
  constexpr auto operator<=>(const date&) const = default;
};

struct civil_date {
  int year;
  unsigned month;
  unsigned day;
};

/// Days since 1970-01-01 of a civil date (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
date date_of(civil_date d);
civil_date civil_of(date d);
/// True where the day exists: month 1 to 12, day within its month.
bool valid(civil_date d);
constexpr date utc_date(timestamp t) { return {static_cast<std::int32_t>(floor_div(t.ns, day_ns))}; }
constexpr timestamp start_of(date d) { return {d.days * day_ns}; }
/// 0 = Sunday … 6 = Saturday.
constexpr int weekday(date d) {
  const std::int64_t since_sunday = std::int64_t{d.days} + 4;
  return static_cast<int>(since_sunday - 7 * floor_div(since_sunday, 7));
}
constexpr bool is_weekend(date d) { return weekday(d) == 0 || weekday(d) == 6; }
/// Monday for a Saturday and a Sunday, else the day itself.
constexpr date weekday_from(date d) { return {d.days + (weekday(d) == 6 ? 2 : weekday(d) == 0 ? 1 : 0)}; }
constexpr date next_weekday(date d) { return weekday_from({d.days + 1}); }

/// "2012-02-01T00:00:00.000000000Z"
std::string to_string(timestamp t);
/// "2012-02-01"
std::string to_string(date d);
/// ISO 8601 with 'T' or a blank, up to nine decimals, and 'Z' or ±hh:mm; without a zone it is an error.
result<timestamp> parse_timestamp(std::string_view text);

}  // namespace tomnext
