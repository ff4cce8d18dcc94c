// Bounded, trivially copyable text and lists: events hold no pointers.
#pragma once
#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tomnext {

/// UTF-8 text of at most Capacity bytes. Longer input is cut at a character boundary by `cut`, or refused by `assign`.
template <std::size_t Capacity> struct bounded_text {
  static_assert(Capacity < 256);
  static constexpr std::size_t capacity = Capacity;
  std::uint8_t length{};
  std::array<char, Capacity> bytes{};

  constexpr bounded_text() = default;
  constexpr bounded_text(std::string_view s) { cut(s); }                        // NOLINT: literals read as text
  constexpr bounded_text(const char* s) : bounded_text(std::string_view(s)) {}  // NOLINT

  /// Takes s whole, or leaves the text as it was and returns false.
  constexpr bool assign(std::string_view s) {
    if (s.size() > Capacity) return false;
    bytes = {};
    std::copy(s.begin(), s.end(), bytes.begin());
    length = static_cast<std::uint8_t>(s.size());
    return true;
  }
  /// Takes as much of s as fits without splitting a UTF-8 sequence.
  constexpr void cut(std::string_view s) {
    if (s.size() > Capacity) {
      std::size_t n = Capacity;
      while (n > 0 && (static_cast<unsigned char>(s[n]) & 0xC0u) == 0x80u) --n;
      s = s.substr(0, n);
    }
    (void)assign(s);
  }
  [[nodiscard]] constexpr std::string_view view() const { return {bytes.data(), length}; }
  [[nodiscard]] constexpr bool empty() const { return length == 0; }
  constexpr bool operator==(const bounded_text& o) const { return view() == o.view(); }
  constexpr std::strong_ordering operator<=>(const bounded_text& o) const { return view() <=> o.view(); }
};

using short_text = bounded_text<15>;  ///< codes, versions, symbols
using text = bounded_text<63>;        ///< names and reasons
using long_text = bounded_text<127>;  ///< explanations

/// At most Capacity values, in order.
template <class T, std::size_t Capacity> struct bounded_list {
  using value_type = T;
  static constexpr std::size_t capacity = Capacity;
  std::uint16_t count{};
  std::array<T, Capacity> values{};

  constexpr bool push_back(const T& v) {
    if (count == Capacity) return false;
    values[count++] = v;
    return true;
  }
  constexpr void clear() {
    count = 0;
    values = {};
  }
  [[nodiscard]] constexpr std::size_t size() const { return count; }
  [[nodiscard]] constexpr bool empty() const { return count == 0; }
  constexpr const T* begin() const { return values.data(); }
  constexpr const T* end() const { return values.data() + count; }
  constexpr T* begin() { return values.data(); }
  constexpr T* end() { return values.data() + count; }
  constexpr const T& operator[](std::size_t i) const { return values[i]; }
  constexpr T& operator[](std::size_t i) { return values[i]; }
  constexpr bool operator==(const bounded_list& o) const { return std::equal(begin(), end(), o.begin(), o.end()); }
};

/// A SHA-256 value, or any other 32 bytes.
struct hash256 {
  std::array<std::uint8_t, 32> bytes{};
  constexpr auto operator<=>(const hash256&) const = default;
};

}  // namespace tomnext
