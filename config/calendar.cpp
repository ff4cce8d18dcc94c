// The only user of the time-zone database: domain code gets the boundaries as UTC instants.
#include <date/tz.h>

#include "config/loader.hpp"

namespace tomnext::config {

result<std::vector<calendar_defined>> new_york_calendar(tomnext::date first, tomnext::date last) {
  if (last < first) return error(errc::configuration_value, "a calendar that ends on " + to_string(last) + ", before it begins on " + to_string(first));
  if (last.days - first.days > 366 * 60) return error(errc::configuration_value, "a calendar of more than 60 years");
  try {
    const auto* zone = ::date::locate_zone("America/New_York");
    const std::string version = ::date::get_tzdb().version;
    std::vector<calendar_defined> pages;
    for (auto day = first; day <= last; ++day.days) {
      if (pages.empty() || pages.back().boundaries.size() == pages.back().boundaries.capacity) {
        calendar_defined page;
        page.version = 1;
        page.tzdata_version = std::string_view(version);
        page.first_date = day;
        pages.push_back(page);
      }
      // 17:00 exists and is unique on every day: New York changes its clocks at night.
      auto local = ::date::local_days{::date::days{day.days}} + std::chrono::hours(17);
      auto utc = zone->to_sys(local);
      pages.back().boundaries.push_back({utc.time_since_epoch().count() * second_ns});
    }
    return pages;
  } catch (const std::exception& e) {
    return error(errc::file_unreadable, std::string("the time-zone database (package tzdata): ") + e.what());
  }
}

}  // namespace tomnext::config
