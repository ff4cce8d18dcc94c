// Fixed-width little-endian fields in a file's bytes, read with every length checked; and big-endian ones for keys, so that keys lie in the order of their numbers.
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

template <class T> void put_ordered(std::string& key, T v) {
  static_assert(std::is_unsigned_v<T>);
  for (int shift = 8 * (static_cast<int>(sizeof v) - 1); shift >= 0; shift -= 8) key += static_cast<char>(v >> shift & 0xff);
}
/// A letter and numbers behind it.
template <class... T> std::string ordered_key(char kind, T... numbers) {
  std::string key(1, kind);
  (put_ordered(key, numbers), ...);
  return key;
}
/// The number that begins at `at`; bytes beyond the end count as none.
template <class T> T ordered_at(std::string_view key, std::size_t at) {
  T v{};
  for (std::size_t i = 0; i < sizeof v && at + i < key.size(); ++i)
    v = static_cast<T>(static_cast<std::uint64_t>(v) << 8 | static_cast<unsigned char>(key[at + i]));
  return v;
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
