// Time zones by their names in the tz database of this machine, as data for domain/calendar.
#pragma once
#include <string>

#include "domain/calendar/zone.hpp"

namespace tomnext::config {

/// "America/New_York": its UTC offsets in whole minutes from 1970 to 2100. An unknown name is an error that suggests those spelt alike.
result<calendar::zone> zone_named(const std::string& name);

}  // namespace tomnext::config
