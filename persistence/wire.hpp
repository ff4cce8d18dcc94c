// The protobuf wire format, generated from the one description that each event has. Canonical: fields ascend, defaults are absent.
//
//   bool, unsigned, ids, enums  varint          signed, price, quantity, amount, rate, date  zigzag varint (sint64)
//   double  fixed64             timestamp  sfixed64             text, currency  string             hash256  bytes
//   bounded_list<double|timestamp>  packed repeated fixed64
#pragma once
#include <bit>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

#include "domain/events/event.hpp"
#include "persistence/payload_fields.hpp"

namespace tomnext::persistence {

namespace wire {

template <class T> struct is_text : std::false_type {};
template <std::size_t N> struct is_text<bounded_text<N>> : std::true_type {};
template <class T> struct is_list : std::false_type {};
template <class T, std::size_t N> struct is_list<bounded_list<T, N>> : std::true_type {};

enum class kind : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2 };
template <class T> constexpr kind kind_of() {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, timestamp>) return kind::fixed64;
  else if constexpr (is_text<T>::value || is_list<T>::value || std::is_same_v<T, currency> || std::is_same_v<T, hash256>) return kind::bytes;
  else return kind::varint;
}
template <std::uint32_t N, class T> inline constexpr std::uint32_t tag_of = N << 3 | static_cast<std::uint32_t>(kind_of<T>());

inline char* put_varint(char* p, std::uint64_t x) {
  for (; x >= 0x80; x >>= 7) *p++ = static_cast<char>(x | 0x80);
  *p++ = static_cast<char>(x);
  return p;
}
/// The byte after the varint, or nullptr where it is cut short or longer than 64 bits.
inline const char* get_varint(const char* p, const char* end, std::uint64_t& x) {
  if (p < end && static_cast<unsigned char>(*p) < 0x80) [[likely]] {
    x = static_cast<unsigned char>(*p);
    return p + 1;
  }
  x = 0;
  for (unsigned shift = 0; p < end && shift < 70; shift += 7) {
    const auto c = static_cast<unsigned char>(*p++);
    if (shift == 63 && c > 1) return nullptr;
    x |= std::uint64_t{c & 0x7fu} << shift;
    if (c < 0x80) return p;
  }
  return nullptr;
}
constexpr std::uint64_t zigzag(std::int64_t v) { return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63); }
constexpr std::int64_t unzigzag(std::uint64_t v) { return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1); }

template <class T> constexpr std::uint64_t to_varint(const T& v) {
  if constexpr (std::is_enum_v<T>) return static_cast<std::uint64_t>(v);
  else if constexpr (std::is_same_v<T, bool> || std::is_unsigned_v<T>) return v;
  else if constexpr (std::is_signed_v<T>) return zigzag(v);
  else if constexpr (requires { v.value; }) return to_varint(v.value);
  else return to_varint(v.days);
}
template <class T> bool from_varint(std::uint64_t x, T& v) {
  if constexpr (std::is_same_v<T, bool>) {
    v = x != 0;
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    v = static_cast<T>(x);
    return x < 256;
  } else if constexpr (std::is_unsigned_v<T>) {
    v = static_cast<T>(x);
    return std::uint64_t{v} == x;
  } else if constexpr (std::is_signed_v<T>) {
    const auto s = unzigzag(x);
    v = static_cast<T>(s);
    return std::int64_t{v} == s;
  } else if constexpr (requires { v.value; }) return from_varint(x, v.value);
  else return from_varint(x, v.days);
}
template <class T> constexpr std::uint64_t to_fixed(const T& v) {
  if constexpr (std::is_same_v<T, double>) return std::bit_cast<std::uint64_t>(v);
  else return static_cast<std::uint64_t>(v.ns);
}
template <class T> constexpr void from_fixed(std::uint64_t x, T& v) {
  if constexpr (std::is_same_v<T, double>) v = std::bit_cast<double>(x);
  else v.ns = static_cast<std::int64_t>(x);
}

/// Bytes that put_varint needs: one for each seven bits.
inline std::size_t varint_bytes(std::uint64_t x) { return (static_cast<std::size_t>(std::bit_width(x | 1)) * 9 + 64) / 64; }

/// An upper bound of the encoded payload, so that writing needs no checks. It depends on the type alone.
struct bounder {
  std::size_t total = 0;
  template <std::uint32_t N, class T> constexpr void operator()(field_number<N>, const char*, const T&) {
    if constexpr (kind_of<T>() == kind::varint) total += 12;
    else if constexpr (kind_of<T>() == kind::fixed64) total += 10;
    else total += 6 + sizeof(T);
  }
};
/// What a field of bytes that is no list is written as; empty where it is the default.
template <class T> std::string_view text_of(const T& v) {
  if constexpr (std::is_same_v<T, currency>) return v.code.view();
  else if constexpr (std::is_same_v<T, hash256>) return {reinterpret_cast<const char*>(v.bytes.data()), v == hash256{} ? 0u : v.bytes.size()};
  else return v.view();
}
struct writer {
  char* p;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char*, const T& v) {
    if constexpr (kind_of<T>() == kind::varint) {
      const auto x = to_varint(v);
      if (x == 0) return;
      p = put_varint(put_varint(p, tag_of<N, T>), x);
    } else if constexpr (kind_of<T>() == kind::fixed64) {
      const auto x = to_fixed(v);
      if (x == 0) return;
      p = put_varint(p, tag_of<N, T>);
      std::memcpy(p, &x, 8);
      p += 8;
    } else if constexpr (is_list<T>::value) {
      if (v.empty()) return;
      p = put_varint(put_varint(p, tag_of<N, T>), v.size() * 8);
      for (const auto& element : v) {
        const auto x = to_fixed(element);
        std::memcpy(p, &x, 8);
        p += 8;
      }
    } else {
      const std::string_view s = text_of(v);
      if (s.empty()) return;
      p = put_varint(put_varint(p, tag_of<N, T>), s.size());
      std::memcpy(p, s.data(), s.size());
      p += s.size();
    }
  }
};

/// A payload's fields, as split_payload would find them in what `writer` writes; and how many bytes that is. Not good where split_payload would refuse.
struct fields_writer {
  payload_fields& f;
  std::size_t bytes = 0;
  bool good = true;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char*, const T& v) {
    constexpr auto tag_bytes = N << 3 < 0x80 ? std::size_t{1} : std::size_t{2};
    static_assert(N < 1 << 11);
    if constexpr (kind_of<T>() == kind::varint) {
      const auto x = to_varint(v);
      if (x != 0) add(tag_of<N, T>, x, tag_bytes + varint_bytes(x));
    } else if constexpr (kind_of<T>() == kind::fixed64) {
      const auto x = to_fixed(v);
      if (x != 0) add(tag_of<N, T>, x, tag_bytes + 8);
    } else {
      std::array<char, payload_fields::text_bytes_max> copied;
      const auto s = bytes_of_field(v, copied);
      std::uint64_t at = 0;
      if (!s || (!s->empty() && !f.add_text(*s, at))) good = false;
      else if (!s->empty()) add(tag_of<N, T>, at, tag_bytes + varint_bytes(s->size()) + s->size());
    }
  }

 private:
  [[gnu::always_inline]] void add(std::uint32_t tag, std::uint64_t value, std::size_t size) {
    if (f.count == payload_fields::fields_max) {
      good = false;
      return;
    }
    f.tags[f.count] = tag;
    f.values[f.count++] = value;
    bytes += size;
  }
  /// Nothing where it is a list too long to be remembered.
  template <class T> static std::optional<std::string_view> bytes_of_field(const T& v, std::array<char, payload_fields::text_bytes_max>& copied) {
    if constexpr (is_list<T>::value) {
      if (v.size() * 8 > copied.size()) return std::nullopt;
      std::size_t n = 0;
      for (const auto& element : v) {
        const auto x = to_fixed(element);
        std::memcpy(copied.data() + n, &x, 8);
        n += 8;
      }
      return std::string_view{copied.data(), n};
    } else {
      return text_of(v);
    }
  }
};

/// The value of a bytes field; false where it is malformed.
template <class T> bool from_bytes(std::string_view s, T& v) {
  if constexpr (is_list<T>::value) {
    if (s.size() % 8 != 0) return false;
    for (; !s.empty(); s.remove_prefix(8)) {
      std::uint64_t x = 0;
      std::memcpy(&x, s.data(), 8);
      typename T::value_type element{};
      from_fixed(x, element);
      if (!v.push_back(element)) return false;
    }
    return true;
  } else if constexpr (std::is_same_v<T, hash256>) {
    if (s.size() != v.bytes.size()) return false;
    std::memcpy(v.bytes.data(), s.data(), s.size());
    return true;
  } else if constexpr (std::is_same_v<T, currency>) {
    return v.code.assign(s);
  } else {
    return v.assign(s);
  }
}

/// One value after its tag; nullptr where it is malformed.
template <class T> const char* get_value(const char* p, const char* end, T& v) {
  if constexpr (kind_of<T>() == kind::varint) {
    std::uint64_t x = 0;
    p = get_varint(p, end, x);
    return p != nullptr && from_varint(x, v) ? p : nullptr;
  } else if constexpr (kind_of<T>() == kind::fixed64) {
    if (end - p < 8) return nullptr;
    std::uint64_t x = 0;
    std::memcpy(&x, p, 8);
    from_fixed(x, v);
    return p + 8;
  } else {
    std::uint64_t size = 0;
    p = get_varint(p, end, size);
    if (p == nullptr || static_cast<std::uint64_t>(end - p) < size) return nullptr;
    return from_bytes(std::string_view(p, size), v) ? p + size : nullptr;
  }
}
/// Straight through: fields usually come in the order of their numbers.
struct ordered_reader {
  const char* p;
  const char* end;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char*, T& v) {
    if (p == nullptr || p >= end) return;
    constexpr std::uint32_t tag = tag_of<N, T>;
    if constexpr (tag < 0x80) {
      if (static_cast<unsigned char>(*p) != tag) return;
      p = get_value(p + 1, end, v);
    } else {
      if (end - p < 2 || static_cast<unsigned char>(p[0]) != ((tag & 0x7f) | 0x80) || static_cast<unsigned char>(p[1]) != tag >> 7) return;
      p = get_value(p + 2, end, v);
    }
  }
};
/// The same from a payload that has been split.
struct fields_reader {
  const payload_fields& f;
  std::uint32_t i = 0;
  bool good = true;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char*, T& v) {
    if (i >= f.count || f.tags[i] != tag_of<N, T>) return;
    const auto x = f.values[i++];
    if constexpr (kind_of<T>() == kind::varint) good = from_varint(x, v) && good;
    else if constexpr (kind_of<T>() == kind::fixed64) from_fixed(x, v);
    else good = from_bytes(f.text_of(x), v) && good;
  }
};
/// Any order, one tag at a time.
struct tag_reader {
  const char* p;
  const char* end;
  std::uint64_t tag;
  bool found = false;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char*, T& v) {
    if (found) return;
    if (tag == tag_of<N, T>) {
      found = true;
      p = get_value(p, end, v);
    } else if constexpr (is_list<T>::value) {
      // A writer that does not pack sends the elements one by one.
      if (tag != (N << 3 | static_cast<std::uint32_t>(kind::fixed64))) return;
      found = true;
      typename T::value_type element{};
      p = get_value(p, end, element);
      if (p != nullptr && !v.push_back(element)) p = nullptr;
    }
  }
};
inline const char* skip(const char* p, const char* end, std::uint64_t wire_type) {
  std::uint64_t x = 0;
  switch (wire_type) {
    case 0: return get_varint(p, end, x);
    case 1: return end - p >= 8 ? p + 8 : nullptr;
    case 2: p = get_varint(p, end, x); return p != nullptr && static_cast<std::uint64_t>(end - p) >= x ? p + x : nullptr;
    case 5: return end - p >= 4 ? p + 4 : nullptr;
    default: return nullptr;
  }
}

template <class E> constexpr std::size_t bound(const E& e) {
  bounder b;
  E::describe(b, e);
  return b.total;
}
template <class E> char* encode(char* p, const E& e) {
  writer w{p};
  E::describe(w, e);
  return w.p;
}
/// Its fields as bytes, for what is not an event's payload.
template <class E> std::string encoded(const E& e) {
  std::string bytes(bound(e), '\0');
  bytes.resize(static_cast<std::size_t>(encode(bytes.data(), e) - bytes.data()));
  return bytes;
}
/// Unknown fields are passed over; they survive because stored bytes are never rewritten.
template <class E> bool decode(const char* p, const char* end, E& e) {
  ordered_reader in_order{p, end};
  E::describe(in_order, e);
  p = in_order.p;
  while (p != nullptr && p < end) {
    std::uint64_t tag = 0;
    p = get_varint(p, end, tag);
    if (p == nullptr || tag >> 3 == 0 || tag >> 32 != 0) return false;
    tag_reader any{p, end, tag};
    E::describe(any, e);
    p = any.found ? any.p : skip(p, end, tag & 7);
  }
  return p == end;
}

/// As decode would read the joined payload.
template <class E> bool decode_fields(const payload_fields& f, E& e) {
  fields_reader r{f};
  E::describe(r, e);
  if (r.i == f.count) return r.good;
  // Fields that this build does not know: the way over the bytes passes over them.
  std::array<char, remembered_bytes_max> bytes;
  e = E{};
  return decode(bytes.data(), bytes.data() + join_payload(f, bytes.data()), e);
}

}  // namespace wire

/// The highest schema version of a type that this build knows; 0 where it does not know the type.
std::uint8_t newest_version(std::uint16_t type);
/// An upper bound of the payload's size, envelope not counted.
std::size_t payload_bound(const event& e);
/// The largest of all types.
std::size_t payload_bound_max();
/// The payload's fields without its bytes, and how many bytes it would have; nothing where they cannot be remembered (see split_payload).
std::optional<std::size_t> split_event(const event& e, payload_fields& f);
/// Writes the payload; returns the byte after it. The room must be payload_bound(e).
char* encode_payload(char* p, const event& e);
/// Reads the payload of a type into e (its header is the caller's). False where the bytes are no such event, or the type is unknown.
bool decode_payload(std::uint16_t type, const char* p, std::size_t size, event& e);
bool decode_payload(std::uint16_t type, const payload_fields& fields, event& e);
/// The payload as bytes: two events have the same payload exactly where these are equal.
std::string encode_to_string(const event& e);

}  // namespace tomnext::persistence
