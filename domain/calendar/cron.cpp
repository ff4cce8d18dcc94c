#include "domain/calendar/cron.hpp"

#include <bit>

#include "domain/calendar/cron_fields.hpp"

namespace tomnext::calendar {
namespace {

constexpr bool has(std::uint64_t bits, unsigned value) { return (bits >> value & 1) != 0; }

/// A date, and what the fields ask of it.
struct looked_up {
  civil_date civil;
  unsigned last_day;  // of its month
  unsigned week_day;
};

looked_up look_up(date d) {
  const auto civil = civil_of(d);
  const auto next = civil.month == 12 ? civil_date{civil.year + 1, 1, 1} : civil_date{civil.year, civil.month + 1, 1};
  const auto days = date_of(next).days - date_of({civil.year, civil.month, 1}).days;
  return {civil, static_cast<unsigned>(days), static_cast<unsigned>(weekday(d))};
}

constexpr bool is_weekend(unsigned week_day) { return week_day == 0 || week_day == 6; }

// The day of the month that is the weekday nearest to `day`: Friday for a Saturday, Monday for a Sunday, and never out of the month.
unsigned nearest_weekday(unsigned day, const looked_up& d) {
  const unsigned week_day = (d.week_day + 35 + day - d.civil.day) % 7;
  if (week_day == 6) return day > 1 ? day - 1 : day + 2;
  if (week_day == 0) return day < d.last_day ? day + 1 : day - 2;
  return day;
}

bool day_matches(const cron::fields& f, const looked_up& d) {
  if (has(f.days, d.civil.day) || has(f.days_before_last, d.last_day - d.civil.day)) return true;
  if (is_weekend(d.week_day)) return false;  // what remains are weekdays
  if (f.last_weekday) {
    const unsigned last = (d.week_day + d.last_day - d.civil.day) % 7;
    if (d.civil.day == d.last_day - (last == 6 ? 1 : last == 0 ? 2 : 0)) return true;
  }
  for (unsigned day = 1; day <= d.last_day; ++day)
    if (has(f.nearest_weekdays, day) && nearest_weekday(day, d) == d.civil.day) return true;
  return false;
}

bool week_day_matches(const cron::fields& f, const looked_up& d) {
  if (has(f.week_days, d.week_day) || has(f.nth_week_days[(d.civil.day + 6) / 7], d.week_day)) return true;
  return d.civil.day + 7 > d.last_day && has(f.last_week_days, d.week_day);
}

bool date_matches(const cron::fields& f, date day) {
  const auto d = look_up(day);
  if (!has(f.months, d.civil.month)) return false;
  const bool by_day = day_matches(f, d), by_week_day = week_day_matches(f, d);
  return f.any_day || f.any_week_day ? by_day && by_week_day : by_day || by_week_day;
}

// The fourteen kinds of years, by their first weekday and whether they leap, all occur in these 28; whatever matches no day of them matches none.
bool ever_matches(const cron::fields& f) {
  for (date d = date_of({2000, 1, 1}); d < date_of({2028, 1, 1}); ++d.days)
    if (date_matches(f, d)) return true;
  return false;
}

// The first value at or behind `from`, or 64.
constexpr unsigned next_bit(std::uint64_t bits, unsigned from) { return from > 63 ? 64 : static_cast<unsigned>(std::countr_zero(bits >> from << from)); }

}  // namespace

result<cron> cron::parse(std::string_view text) {
  auto read = read_cron(text);
  if (!read) return read.error();
  if (!ever_matches(read->values)) return error(errc::invalid_argument, "'" + std::string(text) + "': no date matches, in whatever year");
  return cron(std::string(text), read->values, read->periodic);
}

bool cron::matches(date d) const { return date_matches(fields_, d); }

bool cron::matches_time(std::int32_t second_of_day) const { return next_time(second_of_day) == second_of_day; }

std::optional<std::int32_t> cron::next_time(std::int32_t second_of_day) const {
  auto hour = static_cast<unsigned>(second_of_day / 3600), minute = static_cast<unsigned>(second_of_day / 60 % 60);
  auto second = static_cast<unsigned>(second_of_day % 60);
  if (!has(fields_.hours, hour)) minute = second = 0;
  else if (!has(fields_.minutes, minute)) second = 0;
  // From the finest field up: where one has no value left, the next coarser one goes on by one.
  second = next_bit(fields_.seconds, second);
  if (second > 59) ++minute, second = next_bit(fields_.seconds, 0);
  const unsigned found_minute = next_bit(fields_.minutes, minute);
  if (found_minute != minute) second = next_bit(fields_.seconds, 0);
  minute = found_minute;
  if (minute > 59) ++hour, minute = next_bit(fields_.minutes, 0), second = next_bit(fields_.seconds, 0);
  const unsigned found_hour = next_bit(fields_.hours, hour);
  if (found_hour != hour) minute = next_bit(fields_.minutes, 0), second = next_bit(fields_.seconds, 0);
  if (found_hour > 23) return std::nullopt;
  return static_cast<std::int32_t>(found_hour * 3600 + minute * 60 + second);
}

}  // namespace tomnext::calendar
