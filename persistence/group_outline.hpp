// What can be said of a group without decoding its payloads: for checks that go by the stored bytes.
#pragma once
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/events/event.hpp"
#include "persistence/group_codec.hpp"

namespace tomnext::persistence {

using event_type_set = std::bitset<event_numbers>;

struct group_outline {
  std::uint64_t epoch{}, first_seq{}, last_seq{};
  hash256 previous;
  bool has_wanted = false;                ///< an event of one of the types that were asked for; of an encrypted group nobody knows
  std::optional<std::uint32_t> key_id{};  ///< of an encrypted group: what its events are is not looked at
};

/// Checks the checksum, the envelope of each event, and that each is of a type and version that this build knows. Some ten times as fast as decode_group, which
/// also reads the payloads: what the writer wrote is proven by checksum and chain either way. errc::log_corrupt, errc::log_newer_version.
result<group_outline> outline_group(std::string_view bytes, const event_type_set& wanted);

/// Decoded; or, of a group whose key this process does not have, what outline_group says: checksum, head and chain are checked without.
struct checked_group {
  group_outline outline;
  group_ref events;  ///< empty where there is no key
};
result<checked_group> check_as_far_as_possible(std::string_view bytes);

}  // namespace tomnext::persistence
