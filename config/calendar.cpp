// The only user of the time-zone database: domain code gets the boundaries as UTC instants.
#include <date/tz.h>

#include <algorithm>
#include <fstream>

#include "config/loader.hpp"
#include "config/time_zones.hpp"

namespace tomnext::config {
namespace {

std::vector<calendar::utc_offset> offsets_of(const std::string& name) {
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

// Without the part before the last '/', case, and what people put for '_'.
std::string simplified(std::string_view name) {
  std::string s;
  for (const char c : name.substr(name.rfind('/') + 1))
    if (c != '_' && c != ' ' && c != '-') s += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return s;
}

// Insertions, deletions and replacements that make one of the other (V. Levenshtein, 1966).
std::size_t edits_between(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

// Up to three names whose city is spelt alike; empty where there is none.
std::string close_names(const std::string& name) {
  const auto wanted = simplified(name);
  std::vector<std::pair<std::size_t, std::string>> close;
  for (const auto& zone : ::date::get_tzdb().zones) {
    const auto edits = edits_between(wanted, simplified(zone.name()));
    if (edits <= std::min<std::size_t>(3, wanted.size() / 3)) close.emplace_back(edits, zone.name());
  }
  std::sort(close.begin(), close.end());
  std::string all;
  for (std::size_t i = 0; i < std::min<std::size_t>(close.size(), 3); ++i) all += (i > 0 ? ", " : "") + close[i].second;
  return all;
}

error no_database(const std::exception& e) { return {errc::file_unreadable, std::string("the time-zone database (package tzdata): ") + e.what()}; }

}  // namespace

namespace {

/// Each date ends so many hours after its midnight by a city's clock. Both cities change their clocks at night: the time exists once on every day.
result<std::vector<calendar_defined>> trading_days(tomnext::date first, tomnext::date last, const char* city, std::chrono::hours ends, roll_profile roll) {
  if (last < first) return error(errc::configuration_value, "a calendar that ends on " + to_string(last) + ", before it begins on " + to_string(first));
  if (last.days - first.days > 366 * 60) return error(errc::configuration_value, "a calendar of more than 60 years");
  try {
    const auto* zone = ::date::locate_zone(city);
    const std::string version = version_of_zones();
    std::vector<calendar_defined> pages;
    for (auto day = first; day <= last; ++day.days) {
      if (pages.empty() || pages.back().boundaries.size() == pages.back().boundaries.capacity) {
        calendar_defined page;
        page.version = 1;
        page.tzdata_version = std::string_view(version);
        page.first_date = day;
        page.roll = roll;
        pages.push_back(page);
      }
      auto local = ::date::local_days{::date::days{day.days}} + ends;
      auto utc = zone->to_sys(local);
      pages.back().boundaries.push_back({utc.time_since_epoch().count() * second_ns});
    }
    return pages;
  } catch (const std::exception& e) { return no_database(e); }
}

}  // namespace

result<std::vector<calendar_defined>> new_york_calendar(tomnext::date first, tomnext::date last) {
  return trading_days(first, last, "America/New_York", std::chrono::hours(17), roll_profile::new_york);
}

result<std::vector<calendar_defined>> auckland_calendar(tomnext::date first, tomnext::date last) {
  return trading_days(first, last, "Pacific/Auckland", std::chrono::hours(24 + 7), roll_profile::auckland);
}

result<calendar::session_table> session_offsets() {
  try {
    return calendar::session_table{offsets_of("Asia/Tokyo"), offsets_of("Europe/London"), offsets_of("America/New_York")};
  } catch (const std::exception& e) { return no_database(e); }
}

result<calendar::zone> zone_named(const std::string& name) {
  constexpr std::size_t name_max = 64;
  if (name.size() > name_max)
    return error(errc::configuration_value, "a time zone's name of " + std::to_string(name.size()) + " bytes; at most 64 are allowed");
  try {
    const auto& zones = ::date::get_tzdb().zones;
    const bool known = std::any_of(zones.begin(), zones.end(), [&](const auto& z) { return z.name() == name; });
    if (known) return calendar::zone::make(name, offsets_of(name));
    const auto close = close_names(name);
    return error(errc::configuration_value,
                 "'" + name + "' is no time zone of the tz database (version " + version_of_zones() + ")" +
                     (close.empty() ? "; allowed are names such as America/New_York, Europe/London, Asia/Tokyo, Etc/UTC" : "; is it " + close + "?"));
  } catch (const std::exception& e) { return no_database(e); }
}

}  // namespace tomnext::config
