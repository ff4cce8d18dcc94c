// Event types by name, as the command line writes them.
#pragma once
#include <cstdint>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::app {

/// The number of an event type; an unknown name gets the names that come near, or all of them.
result<std::uint16_t> event_type(const std::string& name);

}  // namespace tomnext::app
