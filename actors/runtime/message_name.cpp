#include "actors/runtime/message_name.hpp"

#include "actors/runtime/caf.hpp"

namespace tomnext::actors {

std::string message_name_text(std::uint64_t number) { return message_text(number); }

}  // namespace tomnext::actors
