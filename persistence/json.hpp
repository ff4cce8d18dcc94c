// Events as JSON, as one line for people, and as a .proto: all from the same descriptions.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "domain/events/event.hpp"

namespace tomnext::persistence {

/// {"seq":…,"type":"quote_accepted","at":"…Z","host":…,"cause":…,…,"payload":{…}}. Prices and quantities are exact decimal texts, amounts whole minor
/// units, times ISO 8601, enumerations their numbers; a number that is no number is null.
std::string to_json(const event& e);
/// The payload alone.
std::string payload_json(const event& e);
/// Text of any bytes as a JSON string: what is no UTF-8 becomes U+FFFD.
std::string json_quoted(std::string_view s);
/// "#123 2012-02-01T00:10:00Z order_filled order=4294967297 …": fields at their default are left out.
std::string to_line(const event& e);
/// One field of the payload: as to_json writes it, and as to_line does. Nothing where the payload has no such field.
struct field_texts {
  std::string json, line;
};
std::optional<field_texts> field_text(const event& e, std::string_view name);
/// A proto3 file with one message per event, and `event`: any of them with its envelope.
std::string proto_schema();

}  // namespace tomnext::persistence
