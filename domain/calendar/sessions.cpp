#include "domain/calendar/sessions.hpp"

#include <algorithm>

namespace tomnext::calendar {
namespace {

bool open(timestamp t, const std::vector<utc_offset>& offsets, std::int64_t opens_hour, std::int64_t closes_hour) {
  const auto next = std::upper_bound(offsets.begin(), offsets.end(), t, [](timestamp x, const utc_offset& o) { return x < o.from; });
  if (next == offsets.begin()) return false;
  const timestamp local = t + std::prev(next)->minutes * minute_ns;
  const date day = utc_date(local);
  const bool weekend = weekday(day) == 0 || weekday(day) == 6;
  const std::int64_t since_midnight = local - start_of(day);
  return !weekend && since_midnight >= opens_hour * hour_ns && since_midnight < closes_hour * hour_ns;
}

}  // namespace

session session_of(timestamp t, const session_table& table) {
  const bool london = open(t, table.london, 8, 17);
  const bool new_york = open(t, table.new_york, 8, 17);
  if (london && new_york) return session::london_new_york;
  if (new_york) return session::new_york;
  if (london) return session::london;
  return open(t, table.tokyo, 9, 18) ? session::tokyo : session::none;
}

}  // namespace tomnext::calendar
