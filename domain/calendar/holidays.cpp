#include "domain/calendar/holidays.hpp"

#include <algorithm>

namespace tomnext::calendar {

result<holiday_set> holiday_set::make(std::vector<date> dates) {
  if (dates.size() > dates_max)
    return error(errc::invalid_argument, std::to_string(dates.size()) + " holidays; at most " + std::to_string(dates_max) + " are allowed");
  std::sort(dates.begin(), dates.end());
  dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
  holiday_set s;
  s.dates_ = std::move(dates);
  return s;
}

bool holiday_set::contains(date d) const { return std::binary_search(dates_.begin(), dates_.end(), d); }

}  // namespace tomnext::calendar
