// A group as bytes: one row of the log. An encrypted one is of format 3 (group_cipher.hpp): all that reads here reads it too.
//
//   format u8 = 2 · epoch varint · first seq varint · count varint · previous chain hash 32 bytes · events · crc32c of all before it, u32 little-endian
//   event: flags u8 · type varint · schema version u8 · what the flags name, in their order · 2 × length + is difference varint · payload,
//   or its difference to one before it in the group (payload_difference.hpp). Format 1, of earlier builds: length varint · payload
//   flags: 1 host and incarnation (else the previous event's) · 2 at (zigzag difference to the previous event's; the first to 1970)
//          4 cause (seq − cause; else 0) · 8 position (zigzag difference to the previous event's; else the cause) · 16 correlation (seq − correlation;
//          else the seq itself) · 32 ordinal (else 0) · 64 source (else this log) · 128 depth (else 0)
#pragma once
#include <string>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

inline constexpr std::size_t group_bytes_max = 16 << 20;
inline constexpr std::uint64_t group_events_max = 65'536;

/// errc::log_corrupt: what every reader of a group says that does not add up.
inline error damaged_group(const std::string& why) { return {errc::log_corrupt, "the group is damaged: " + why}; }

/// What decode_group would refuse is refused before it is written. errc::log_gap where the events are not contiguous from first_seq,
/// errc::invalid_argument where the group is empty, too large, or has an event of no known type.
result<void> check_group(const group& g, std::uint64_t first_seq);
/// Replaces `out`. The group must have passed check_group.
void encode_group(const group& g, const hash256& previous, std::string& out);

struct decoded_group {
  group_ref events;
  hash256 previous;
};
class upcaster_table;
const upcaster_table& upcasters();
/// Checks the checksum first, then everything. errc::log_corrupt with the reason, errc::log_newer_version with type and seq, where an event is newer than this
/// build; errc::log_key where it is encrypted and this process has no such key.
/// Events of an earlier version come as the newest, envelope included: a reader never meets another (upcasters.hpp). The chain is over the stored bytes.
result<decoded_group> decode_group(std::string_view bytes, const upcaster_table& table = upcasters());

/// The first part only, without a checksum: for walking over groups.
struct group_head {
  std::uint64_t epoch{}, first_seq{}, count{};
  hash256 previous;
  bool has_differences = false;  ///< the stored lengths of payloads are doubled (format 2)
};
result<group_head> decode_group_head(std::string_view bytes);
/// The time of the first event, from its envelope alone: of no known type, and whatever its payload is. Without a checksum, and without a key.
result<timestamp> decode_first_at(std::string_view bytes);

/// SHA-256 over the previous hash and the group's bytes.
hash256 chain(const hash256& previous, std::string_view group_bytes);

}  // namespace tomnext::persistence
