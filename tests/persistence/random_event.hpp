// Random events of every type, driven by the field descriptions: a new event or field is covered without a word here.
#pragma once
#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "domain/events/event.hpp"
#include "persistence/wire.hpp"

namespace tomnext::tests {

using generator = std::mt19937_64;

namespace random_field {

namespace wire = persistence::wire;

inline std::uint64_t below(generator& g, std::uint64_t n) { return g() % n; }

/// Well-formed UTF-8 of exactly or at most `room` bytes: libprotobuf refuses other text.
template <std::size_t N> void fill(generator& g, bounded_text<N>& t) {
  static constexpr std::string_view pieces[] = {"a", "Z", "/", "\"", "\\", "\n", "\t", "\x01", "\x7f", " ", "é", "ß", "€", "漢", "🙂"};
  const std::size_t room = below(g, 4) == 0 ? N : below(g, N + 1);
  std::string s;
  while (s.size() < room) {
    const auto piece = pieces[below(g, std::size(pieces))];
    if (s.size() + piece.size() > room) {
      s += 'x';
      continue;
    }
    s += piece;
  }
  (void)t.assign(s);
}

inline std::int64_t integer(generator& g, std::int64_t low, std::int64_t high) {
  switch (below(g, 8)) {
    case 0: return low;
    case 1: return high;
    case 2: return low < 0 ? -1 : 1;
    case 3: return static_cast<std::int64_t>(below(g, 100));
    case 4: return low < 0 ? -static_cast<std::int64_t>(below(g, 100)) : 0;
    default: {
      const auto x = static_cast<std::int64_t>(g() >> below(g, 64));
      return x < low ? low : x > high ? high : x;
    }
  }
}

inline double real(generator& g) {
  using limits = std::numeric_limits<double>;
  static constexpr double edges[] = {
      -0.0, 1.0, -1.0, 0.1, 1e300, limits::infinity(), -limits::infinity(), limits::quiet_NaN(), limits::denorm_min(), limits::max(), limits::lowest()};
  const auto pick = below(g, 2 * std::size(edges));
  return pick < std::size(edges) ? edges[pick] : std::bit_cast<double>(g());
}

template <class T> void fill(generator& g, T& v) {
  // Every field is absent now and then: absence has its own code path.
  if (below(g, 6) == 0) {
    v = T{};
    return;
  }
  if constexpr (std::is_same_v<T, bool>) v = below(g, 2) == 1;
  else if constexpr (std::is_enum_v<T>) v = static_cast<T>(below(g, 4) == 0 ? 255 : below(g, 12));
  else if constexpr (std::is_same_v<T, double>) v = real(g);
  else if constexpr (std::is_unsigned_v<T>) v = static_cast<T>(below(g, 4) == 0 ? std::numeric_limits<T>::max() : g() >> below(g, 64));
  else if constexpr (std::is_signed_v<T>) v = static_cast<T>(integer(g, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  else if constexpr (std::is_same_v<T, timestamp>) v.ns = integer(g, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  else if constexpr (std::is_same_v<T, date>) fill(g, v.days);
  else if constexpr (std::is_same_v<T, currency>) fill(g, v.code);
  else if constexpr (std::is_same_v<T, hash256>) {
    for (auto& b : v.bytes) b = static_cast<std::uint8_t>(g());
  } else if constexpr (wire::is_list<T>::value) {
    const std::size_t n = below(g, 4) == 0 ? T::capacity : below(g, T::capacity + 1);
    for (std::size_t i = 0; i < n; ++i) {
      typename T::value_type x{};
      fill(g, x);
      (void)v.push_back(x);
    }
  } else fill(g, v.value);
}

struct filler {
  generator& g;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char*, T& v) { fill(g, v); }
};

}  // namespace random_field

template <class E> E random_payload(generator& g) {
  E e{};
  random_field::filler f{g};
  E::describe(f, e);
  return e;
}

/// An event of that type with an envelope of any values that a log can hold.
template <class E> event random_event(generator& g, std::uint64_t seq) {
  header h;
  h.seq = seq;
  h.at.ns = random_field::integer(g, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  auto chance = [&] { return random_field::below(g, 2) == 0; };
  if (chance()) h.host.value = static_cast<std::uint32_t>(g());
  if (chance()) h.incarnation = static_cast<std::uint32_t>(g());
  if (chance()) h.cause = g();
  h.position = chance() ? h.cause : g();
  h.correlation = chance() ? seq : g();
  if (chance()) h.ordinal = static_cast<std::uint16_t>(g());
  if (chance()) h.source = static_cast<std::uint32_t>(g());
  if (chance()) h.depth = static_cast<std::uint8_t>(g());
  return {h, random_payload<E>(g)};
}

}  // namespace tomnext::tests
