#include "config/dates.hpp"

#include <fmt/format.h>

namespace tomnext::config {

result<date> parse_date(const std::string& text) {
  const auto midnight = text.size() == 10 ? parse_timestamp(text + "T00:00:00Z") : result<timestamp>(error(errc::configuration_value, ""));
  if (!midnight) return error(errc::configuration_value, fmt::format("'{}' is no date such as 2026-12-25", text.substr(0, 40)));
  return utc_date(*midnight);
}

}  // namespace tomnext::config
