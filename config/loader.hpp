// From a YAML file, and settings given on the command line, to a validated deployment.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "config/deployment.hpp"

namespace tomnext::config {

/// "strategies.0.fast" and its new value, as YAML.
struct override_setting {
  std::string path;
  std::string value;
};
/// "path=value"
result<override_setting> parse_override(const std::string& text);

/// Reads, overrides, validates. Every error names file, line, key, and what is allowed. Relative file names are relative to the configuration file.
result<deployment> load(const std::string& file, const std::vector<override_setting>& overrides);
/// The same from text; `name` is what errors call it, `folder` what relative file names are relative to.
result<deployment> load_text(const std::string& text, const std::string& name, const std::string& folder, const std::vector<override_setting>& overrides);

/// "lockstep", "recorded", or "x100" for a multiple of the recorded pace.
result<pace_setting> parse_pace(const std::string& text);

/// Trading-day boundaries, 17:00 New York, for the UTC dates first … last, as pages; the tzdata of this machine.
result<std::vector<calendar_defined>> new_york_calendar(date first, date last);
/// The same for pairs that roll in Auckland: the trading day of a date ends there at 07:00 of the next.
result<std::vector<calendar_defined>> auckland_calendar(date first, date last);

/// UTC offsets of Tokyo, London and New York from 1970 to 2100, by the tzdata of this machine.
result<calendar::session_table> session_offsets();

}  // namespace tomnext::config
