// Names of messages as text.
#pragma once
#include <cstdint>
#include <string>

namespace tomnext::actors {

/// "deliver" for the number of the atom that the framework has for it; at most ten characters.
[[nodiscard]] std::string message_name_text(std::uint64_t number);

}  // namespace tomnext::actors
