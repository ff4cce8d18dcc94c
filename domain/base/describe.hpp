// One description per event: each field once, by number and name. The codec, JSON, .proto, equality and documentation come from it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace tomnext {

/// The number of a field on the wire. Numbers are never reused.
template <std::uint32_t N> struct field_number { static constexpr std::uint32_t value = N; };

/// A closed list of event types.
template <class... E> struct type_list { static constexpr std::size_t size = sizeof...(E); };
template <class E, class List> inline constexpr bool contains = false;
template <class E, class... L> inline constexpr bool contains<E, type_list<L...>> = (std::is_same_v<E, L> || ...);

}  // namespace tomnext

/// Names an event: its stable number and the version of its meaning.
#define TOMNEXT_EVENT(number, name, version)              \
  static constexpr std::uint16_t type_number = number;    \
  static constexpr std::uint8_t schema_version = version; \
  static constexpr const char* type_name = #name;         \
  bool operator==(const name&) const = default;

/// Lists the fields: TOMNEXT_FIELDS(FIELD(1, bid) FIELD(2, ask)). A visitor is called as visitor(field_number<N>, "name", member of each object…).
#define TOMNEXT_FIELDS(list) \
  template <class Visitor, class... Object> static constexpr void describe(Visitor& visitor, Object&... object) { list }
#define FIELD(number, member) visitor(::tomnext::field_number<number>{}, #member, object.member...);
