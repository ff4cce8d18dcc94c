#include "domain/calendar/schedule.hpp"

#include <algorithm>

namespace tomnext::calendar {
namespace {

// Whatever an expression allows comes within forty years, if holidays do not take it away.
constexpr std::int64_t horizon_ns = 50 * 366 * day_ns;

timestamp first_instant() { return start_of(date_of({1680, 1, 1})); }
timestamp last_instant() { return start_of(date_of({2200, 1, 1})); }

constexpr std::int32_t last_second_of_day = 86'399;

}  // namespace

// The dates that are scheduled, holidays between them and here, are looked for from here on.
bool schedule::moved_to(date d) const {
  if (!holidays_.is_business_day(d)) return false;
  const int back = on_holiday_ == holiday_policy::next_business_day ? -1 : 1;
  for (date from{d.days + back}; !holidays_.is_business_day(from); from.days += back)
    if (holidays_.contains(from) && cron_.matches(from)) return true;
  return false;
}

bool schedule::runs_on(date d) const {
  switch (on_holiday_) {
    case holiday_policy::run: return cron_.matches(d);
    case holiday_policy::skip: return cron_.matches(d) && !holidays_.contains(d);
    case holiday_policy::next_business_day:
    case holiday_policy::previous_business_day: return (cron_.matches(d) && !holidays_.contains(d)) || moved_to(d);
  }
  return false;
}

// The first scheduled time of the clock from `from` on and before `before`, whether the clock shows it or not. `from` is a whole second.
std::optional<local_time> schedule::next_local(local_time from, local_time before) const {
  std::int32_t second = second_of_day(from);
  for (date d = local_date(from); local_midnight(d) < before; ++d.days, second = 0) {
    if (!runs_on(d)) continue;
    const auto time = cron_.next_time(second);
    if (!time) continue;
    const local_time found{local_midnight(d).ns + *time * second_ns};
    if (found < before) return found;
    return std::nullopt;
  }
  return std::nullopt;
}

// Between two changes the clock only goes on.
std::optional<timestamp> schedule::next_in_rhythm(timestamp t, timestamp before) const {
  for (auto i = zone_->segment_of(t); i < zone_->segments(); ++i) {
    const timestamp end = std::min(before, zone_->end_of(i));
    const local_time from{floor_div(zone_->local_at(i, t).ns, second_ns) * second_ns + second_ns};
    if (const auto found = next_local(from, zone_->local_at(i, end))) return zone_->utc_at(i, *found);
    if (end == before) break;
    t = end - 1;  // the instant of the change itself is the next segment's
  }
  return std::nullopt;
}

std::optional<timestamp> schedule::next_after(timestamp t) const {
  t = std::max(t, first_instant());
  const timestamp before = std::min(t + horizon_ns, last_instant());
  if (t >= before) return std::nullopt;
  if (cron_.periodic()) return next_in_rhythm(t, before);
  // Scheduled times ascend, and so do the instants at which the clock reaches them.
  const auto found = next_local(zone_->unreached_after(t), zone_->local(before));
  if (!found) return std::nullopt;
  return zone_->first_reaching(*found);
}

}  // namespace tomnext::calendar
