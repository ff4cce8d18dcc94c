// Events of earlier versions become the newest on reading; stored bytes are never rewritten.
//
// A field that is added at a new number needs nothing here. A field whose meaning changes is a new version of its event, in four steps:
//   1. the struct as it was moves to persistence/retired_events.hpp (the first of them makes it) under the name <event>_v<version>, with its TOMNEXT_FIELDS and without TOMNEXT_EVENT;
//   2. the struct in domain/events gets its new meaning and the next version; field numbers of the old meaning are not used again;
//   3. a pure function from the old struct to the new one goes into upcasters.cpp. One from 1 to 2 stays when 3 comes, and leads to the retired struct of 2;
//   4. a log that the last build wrote goes to tests/data/logs, with what its events are now (tests/data/README.md).
// Without the third step the build fails. An event that becomes another event, or several, is a new type: the old one stays readable as it is.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/wire.hpp"

namespace tomnext::persistence {

/// One step: a payload of some version, as it is stored, becomes the payload of the next. Pure: the same bytes give the same bytes on every machine.
using upcast_step = result<std::string> (*)(std::string_view payload);

struct upcaster {
  std::uint16_t type{};
  std::uint8_t from_version{};
  upcast_step step{};
};

/// A step between two structs that describe their fields. errc::decode_failed where the payload is no `Old`.
template <class Old, class Next, Next (*Convert)(const Old&)> result<std::string> upcast_by(std::string_view payload) {
  Old old{};
  if (!wire::decode(payload.data(), payload.data() + payload.size(), old)) return error(errc::decode_failed, "its fields cannot be read");
  return wire::encoded(Convert(old));
}

/// The first version of a type, from 1 to newest − 1, that has no step or two of them, or a later one that has any; 0 where all is well.
constexpr std::uint8_t version_without_step(std::span<const upcaster> steps, std::uint16_t type, std::uint8_t newest) {
  for (unsigned version = 1; version <= 255; ++version) {
    unsigned found = 0;
    for (const auto& s : steps)
      if (s.type == type && s.from_version == version) ++found;
    if (found != (version < newest ? 1u : 0u)) return static_cast<std::uint8_t>(version);
  }
  return 0;
}

/// True where each event type has a step from every version before its newest, and nothing else has one.
constexpr bool every_version_has_a_step(std::span<const upcaster> steps) {
  bool complete = true;
  std::size_t used = 0;
  for_each_event_type([&]<class E>() {
    complete = complete && version_without_step(steps, E::type_number, E::schema_version) == 0;
    for (const auto& s : steps) used += s.type == E::type_number && s.from_version > 0 ? 1u : 0u;
  });
  return complete && used == steps.size();
}

/// Which version of each type is the newest, and how the earlier ones become it.
class upcaster_table {
 public:
  struct newest_of {
    std::uint16_t type{};
    std::uint8_t version{};
  };
  /// `newer`: types that are of a later version than their event says, for tests of events that this build does not have yet.
  /// errc::invalid_argument where a version lacks its step, or a step has no version.
  static result<upcaster_table> make(std::vector<upcaster> steps, std::span<const newest_of> newer = {});

  /// 0 where the type is unknown.
  [[nodiscard]] std::uint8_t newest(std::uint16_t type) const { return type < event_numbers ? newest_[type] : std::uint8_t{0}; }
  /// The payload as one of the newest version. errc::decode_failed where a step refuses it.
  [[nodiscard]] result<std::string> upcast(std::uint16_t type, std::uint8_t from_version, std::string_view payload) const;

 private:
  std::vector<upcaster> steps_;
  std::array<std::uint8_t, event_numbers> newest_{};
};

/// The table of this build.
const upcaster_table& upcasters();

}  // namespace tomnext::persistence
