// Events as JSON, as one line for people, and as a .proto: all from the same descriptions.
#pragma once
#include <string>

#include "domain/events/event.hpp"

namespace tomnext::persistence {

/// {"seq":…,"type":"quote_accepted","at":"…Z","host":…,"cause":…,…,"payload":{…}}. Prices and quantities are exact decimal texts, amounts whole minor
/// units, times ISO 8601, enumerations their numbers; a number that is no number is null.
std::string to_json(const event& e);
/// The payload alone.
std::string payload_json(const event& e);
/// "#123 2012-02-01T00:10:00Z order_filled order=4294967297 …": fields at their default are left out.
std::string to_line(const event& e);
/// A proto3 file with one message per event.
std::string proto_schema();

}  // namespace tomnext::persistence
