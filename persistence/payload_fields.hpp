// A payload as a list of its fields: between the stored bytes and the event where payloads are stored as differences (payload_difference.hpp).
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace tomnext::persistence {

/// The kind of a field, as its tag says it: 0 is a varint.
inline constexpr std::uint32_t is_fixed64 = 1, is_bytes = 2;
inline std::uint32_t wire_type(std::uint32_t tag) { return tag & 7; }

/// A payload in its parts. Values of bytes fields are offset << 32 | length within `text`.
struct payload_fields {
  static constexpr std::size_t fields_max = 16, text_bytes_max = 64;
  std::uint32_t count = 0, text_bytes = 0;
  std::array<std::uint32_t, fields_max> tags;
  std::array<std::uint64_t, fields_max> values;
  std::array<char, text_bytes_max> text;

  static constexpr std::uint64_t at_text(std::uint64_t offset, std::uint64_t length) { return offset << 32 | length; }
  /// The bytes of a bytes field, by its value.
  [[nodiscard]] std::string_view text_of(std::uint64_t value) const { return {text.data() + (value >> 32), value & 0xffffffff}; }
  /// Takes bytes in; false where there is no room for them.
  bool add_text(std::string_view bytes, std::uint64_t& value);
};

/// False where the bytes cannot be remembered; `f` is then undefined.
bool split_payload(std::string_view payload, payload_fields& f);
/// No payload that was split or restored is longer: tag, length and value of each field, and the texts.
inline constexpr std::size_t remembered_bytes_max = payload_fields::fields_max * 15 + payload_fields::text_bytes_max;
/// The bytes again. `out` has room for remembered_bytes_max. Returns their number.
std::size_t join_payload(const payload_fields& f, char* out);

}  // namespace tomnext::persistence
