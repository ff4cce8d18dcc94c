// Payloads as differences to the one before them in the same group: of the same type, and about the same instrument. Quotes, bars and orders repeat most of
// their fields, and the others move little. Schema-blind: what comes back are the stored bytes, unknown fields included, so that upcasters, the chain and
// `log dump` need not know of it.
//
//   head varint: 1 a lane follows (else the lane of the difference or payload of this type before) · 2 toggled fields follow · 4, 8, … the first, second, …
//   field of the payload has changed · lane u8 · toggled fields: count varint, tags varint, ascending: those before did not have, or the payload lacks ·
//   of each changed field, in order:
//     varint, fixed64   zigzag varint of (value − value before), modulo 2^64; a field that came new differs from 0
//     bytes             length varint, bytes
//   A fixed64 that was the event's own time is taken to be the new event's time: it has changed only where it is another.
//   lane: the value of field 1 where it is a varint below 128 and the payload begins with it (market events begin with their instrument), else 0
//
// A payload is remembered where it is in canonical form (tags ascend, varints are no longer than they need be), has at most 16 fields, and at most 64 bytes in
// all its bytes fields. Any other is stored as it is, and nothing is compared with it.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "persistence/payload_fields.hpp"

namespace tomnext::persistence {

/// Worst case of a difference: head, lane, toggled tags, values.
inline constexpr std::size_t difference_bytes_max =
    10 + 1 + 1 + 2 * payload_fields::fields_max * 5 + payload_fields::fields_max * 11 + payload_fields::text_bytes_max;
inline constexpr std::size_t payload_write_max = std::max(difference_bytes_max, remembered_bytes_max);

/// What a writer or a reader of one group remembers, and both alike.
class payload_memory {
 public:
  // `at_ns`: when the event was, by its envelope.

  /// A new group: nothing is remembered.
  void begin();
  /// Writes the payload of `size` bytes to `p`, which has room for payload_write_max, or its difference, where there is one that is shorter; and remembers it
  /// either way. Returns the size of what it wrote, and whether it is a difference.
  struct written {
    std::size_t size;
    bool is_difference;
  };
  written write(std::uint16_t type, std::int64_t at_ns, const payload_fields& now, std::size_t size, char* p);
  /// Remembers a payload that was stored as it is.
  void remember(std::uint16_t type, std::int64_t at_ns, std::string_view payload);
  /// The payload that a difference stands for; null where the difference is none of anything remembered. Valid until the next call.
  const payload_fields* restore(std::uint16_t type, std::int64_t at_ns, std::string_view difference);

 private:
  static constexpr std::size_t slots = 512;
  struct slot {
    std::uint32_t generation = 0;
    std::uint16_t type = 0;
    std::uint8_t lane = 0;
    std::uint64_t at_ns = 0;
    std::uint32_t fixed = 0, texts = 0;  ///< of a reader: a bit for each fixed64 field, and for each bytes field
    payload_fields fields;
  };
  struct last_lane {
    std::uint32_t generation = 0;
    std::uint8_t lane = 0;
  };
  static const payload_fields* change_numbers(slot& s, const char* p, const char* end, std::uint64_t changed, std::uint64_t at_ns);
  slot* find(std::uint16_t type, std::uint8_t lane);
  slot& keep(std::uint16_t type, std::uint8_t lane, std::uint64_t at_ns, const payload_fields& f);
  void keep_read(std::uint16_t type, std::uint64_t at_ns, const payload_fields& f);

  std::uint32_t generation_ = 1;
  std::array<slot, slots> slots_{};
  std::array<last_lane, 256> last_{};
};

}  // namespace tomnext::persistence
