// Dates in YAML.
#pragma once
#include <string>

#include "domain/base/result.hpp"
#include "domain/base/time.hpp"

namespace tomnext::config {

/// "2026-12-25" and nothing else; errc::configuration_value.
result<date> parse_date(const std::string& text);

}  // namespace tomnext::config
