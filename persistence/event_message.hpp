// One event as one protobuf message, envelope included: what `log dump` writes, and `message event` of the exported .proto reads.
#pragma once
#include <string>

#include "domain/events/event.hpp"

namespace tomnext::persistence {

/// The envelope's fields, described as those of events are. The payload follows as field payload_field(type).
struct event_envelope {
  std::uint64_t seq{};
  std::uint16_t type{};
  std::uint8_t version{};
  timestamp at;
  host_id host;
  std::uint32_t incarnation{};
  std::uint64_t cause{};
  std::uint32_t source{};
  std::uint64_t position{};
  std::uint64_t correlation{};
  std::uint16_t ordinal{};
  std::uint8_t depth{};
  TOMNEXT_FIELDS(FIELD(1, seq) FIELD(2, type) FIELD(3, version) FIELD(4, at) FIELD(5, host) FIELD(6, incarnation) FIELD(7, cause) FIELD(8, source)
                     FIELD(9, position) FIELD(10, correlation) FIELD(11, ordinal) FIELD(12, depth))
};
event_envelope envelope_of(const header& h);

/// The payload of each type has a field of its own, so that a reader sees by its number what it is.
constexpr std::uint32_t payload_field(std::uint16_t type) { return 1000u + type; }

/// The event as it is read: of the newest version, in canonical bytes.
std::string event_message(const event& e);

}  // namespace tomnext::persistence
