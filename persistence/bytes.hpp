// Fixed-width little-endian fields in a file's bytes, read with every length checked.
#pragma once
#include <bit>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "persistence/checksum.hpp"

namespace tomnext::persistence {

static_assert(std::endian::native == std::endian::little, "stored numbers are little-endian; another order needs conversions here and in wire.hpp");

template <class T> void put_number(std::string& out, T v) {
  static_assert(std::is_unsigned_v<T>);
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}
inline void put_text(std::string& out, std::string_view s) {
  put_number(out, static_cast<std::uint32_t>(s.size()));
  out += s;
}

/// Reads forward; anything beyond the end leaves it failed, and all that follows empty.
struct byte_reader {
  std::string_view left;
  bool good = true;

  std::string_view take(std::uint64_t size) {
    if (!good || left.size() < size) {
      good = false;
      return {};
    }
    const auto s = left.substr(0, size);
    left.remove_prefix(size);
    return s;
  }
  template <class T> T number() {
    T v{};
    const auto s = take(sizeof v);
    if (good) std::memcpy(&v, s.data(), sizeof v);
    return v;
  }
  std::string_view text() { return take(number<std::uint32_t>()); }
  hash256 hash() {
    hash256 h;
    const auto s = take(h.bytes.size());
    if (good) std::memcpy(h.bytes.data(), s.data(), s.size());
    return h;
  }
  [[nodiscard]] bool complete() const { return good && left.empty(); }
};

}  // namespace tomnext::persistence
