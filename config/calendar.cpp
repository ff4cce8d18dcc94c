// The only user of the time-zone database: domain code gets the boundaries as UTC instants.
#include <date/tz.h>

#include <fstream>

#include "config/loader.hpp"

namespace tomnext::config {
namespace {

std::vector<calendar::utc_offset> offsets_of(const char* name) {
  const auto* zone = ::date::locate_zone(name);
  std::vector<calendar::utc_offset> all;
  const ::date::sys_seconds end = ::date::sys_days{::date::year{2100} / 1 / 1};
  for (::date::sys_seconds t = ::date::sys_days{::date::year{1970} / 1 / 1}; t < end;) {
    const auto about = zone->get_info(t);
    const auto minutes = static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::minutes>(about.offset).count());
    if (all.empty() || all.back().minutes != minutes) all.push_back({timestamp{t.time_since_epoch().count() * second_ns}, minutes});
    t = about.end;
  }
  return all;
}

// Debian compiles the zones without a version file; the source beside them begins "# version 2025b".
std::string version_of_zones() {
  auto known = ::date::get_tzdb().version;
  if (!known.empty() && known != "unknown") return known;
  std::ifstream source("/usr/share/zoneinfo/tzdata.zi");
  std::string hash, word, version;
  if (source >> hash >> word >> version && hash == "#" && word == "version" && version.size() < 16) return version;
  return "unknown";
}

error no_database(const std::exception& e) { return {errc::file_unreadable, std::string("the time-zone database (package tzdata): ") + e.what()}; }

}  // namespace

result<std::vector<calendar_defined>> new_york_calendar(tomnext::date first, tomnext::date last) {
  if (last < first) return error(errc::configuration_value, "a calendar that ends on " + to_string(last) + ", before it begins on " + to_string(first));
  if (last.days - first.days > 366 * 60) return error(errc::configuration_value, "a calendar of more than 60 years");
  try {
    const auto* zone = ::date::locate_zone("America/New_York");
    const std::string version = version_of_zones();
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
  } catch (const std::exception& e) { return no_database(e); }
}

result<calendar::session_table> session_offsets() {
  try {
    return calendar::session_table{offsets_of("Asia/Tokyo"), offsets_of("Europe/London"), offsets_of("America/New_York")};
  } catch (const std::exception& e) { return no_database(e); }
}

}  // namespace tomnext::config
