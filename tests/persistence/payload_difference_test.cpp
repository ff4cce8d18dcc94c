#include "persistence/payload_difference.hpp"

#include <memory>
#include <string>

#include "persistence/wire.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/persistence/random_event.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

std::string joined(const payload_fields& f) {
  std::string s(remembered_bytes_max, '\0');
  s.resize(join_payload(f, s.data()));
  return s;
}

/// As the codec of groups does it: what cannot be remembered is stored as it is.
payload_memory::written write(payload_memory& m, std::uint16_t type, std::int64_t at_ns, std::string& payload) {
  payload_fields f;
  if (!split_payload(payload, f)) return {payload.size(), false};
  std::array<char, payload_write_max> room;
  const auto w = m.write(type, at_ns, f, payload.size(), room.data());
  if (!w.is_difference) REQUIRE(std::string(room.data(), w.size) == payload);
  payload.assign(room.data(), w.size);
  return w;
}

/// A writer and a reader of the same group.
struct pair_of_memories {
  std::unique_ptr<payload_memory> writer = std::make_unique<payload_memory>(), reader = std::make_unique<payload_memory>();
  std::size_t differences = 0;

  void begin() {
    writer->begin();
    reader->begin();
  }
  /// What is stored; checks that the reader gets the payload back.
  std::string pass(std::uint16_t type, const std::string& payload, std::int64_t at_ns = 0) {
    std::string stored = payload;
    const auto w = write(*writer, type, at_ns, stored);
    if (!w.is_difference) {
      REQUIRE(stored == payload);
      reader->remember(type, at_ns, stored);
      return stored;
    }
    ++differences;
    REQUIRE(stored.size() < payload.size());
    const auto* back = reader->restore(type, at_ns, stored);
    REQUIRE(back != nullptr);
    REQUIRE(joined(*back) == payload);
    return stored;
  }
};

constexpr auto quote_type = quote_accepted::type_number;

std::string quote(std::uint32_t instrument, std::int64_t bid, std::int64_t at_ns, std::uint32_t flags = 0) {
  quote_accepted q;
  q.instrument = instrument_id{instrument};
  q.bid = price{bid};
  q.ask = price{bid + 20};
  q.bid_size = quantity{1'000'000};
  q.ask_size = quantity{1'000'000};
  q.source_time = timestamp{at_ns};
  q.flags = flags;
  q.source_position = static_cast<std::uint64_t>(at_ns / 1'000);
  return wire::encoded(q);
}

}  // namespace

TEST_CASE("whatever payloads follow one another, each comes back as it was") {
  tests::generator g(11);
  pair_of_memories m;
  for (int round = 0; round < 300; ++round) {
    m.begin();
    for (int i = 0; i < 40; ++i) {
      for_each_event_type([&]<class E>() {
        if (g() % 4 != 0) return;
        const auto payload = encode_to_string(tests::random_event<E>(g, 1));
        // Often one of the payload's own times, as it is with real events.
        payload_fields f;
        std::int64_t at_ns = static_cast<std::int64_t>(g() % 3);
        if (split_payload(payload, f) && f.count != 0 && g() % 2 == 0) at_ns = static_cast<std::int64_t>(f.values[g() % f.count]);
        m.pass(E::type_number, payload, at_ns);
        // The same once more, and with one byte changed, which may be no payload at all: bytes come back as bytes.
        if (g() % 2 == 0) m.pass(E::type_number, payload, static_cast<std::int64_t>(static_cast<std::uint64_t>(at_ns) + g() % 2));
        if (payload.empty() || g() % 2 == 0) return;
        auto other = payload;
        other[g() % other.size()] = static_cast<char>(g());
        m.pass(E::type_number, other, at_ns);
      });
    }
  }
  CHECK(m.differences > 10'000);
}

TEST_CASE("a quote that moves little takes few bytes, also where many instruments take turns and flags come and go") {
  pair_of_memories m;
  m.begin();
  std::size_t stored = 0, whole = 0;
  for (int i = 0; i < 5'600; ++i) {
    const auto instrument = 1 + static_cast<std::uint32_t>(i % 28);
    const auto at_ns = 1'600'000'000'000'000'000 + std::int64_t{i} * 1'000'000;
    const auto payload = quote(instrument, std::int64_t{instrument} * 1'000'000'000 + i * 10, at_ns, i % 97 < 28 ? 1 : 0);
    const auto bytes = m.pass(quote_type, payload, i % 5 == 0 ? at_ns - 40'000 : at_ns).size();
    if (i < 28) continue;  // the first of each instrument is there whole
    stored += bytes;
    whole += payload.size();
  }
  CHECK(m.differences == 5'572);
  CHECK(stored * 3 < whole);
}

TEST_CASE("a new group remembers nothing of the one before") {
  payload_memory m;
  m.begin();
  auto first = quote(1, 100, 1'000);
  CHECK_FALSE(write(m, quote_type, 0, first).is_difference);
  auto second = quote(1, 101, 2'000);
  const auto w = write(m, quote_type, 0, second);
  REQUIRE(w.is_difference);
  const std::string difference = second;
  m.begin();
  CHECK(m.restore(quote_type, 0, difference) == nullptr);
  auto third = quote(1, 102, 3'000);
  CHECK_FALSE(write(m, quote_type, 0, third).is_difference);
  CHECK(m.restore(bar_closed::type_number, 0, difference) == nullptr);
}

TEST_CASE("payloads beyond what is remembered, and bytes that are no canonical payload, are stored as they are") {
  pair_of_memories m;
  m.begin();
  const std::string long_text = "\x0a\x41" + std::string(65, 'x');  // one byte too many
  const std::string longest_text = "\x0a\x40" + std::string(64, 'x');
  std::string many_fields, most_fields;
  for (char n = 1; n <= 15; ++n) most_fields += {static_cast<char>(n << 3), 5};
  most_fields += std::string("\x80\x01\x05", 3);               // field 16
  many_fields = most_fields + std::string("\x88\x01\x05", 3);  // field 17
  for (const auto& payload : {long_text, many_fields, std::string("\x10\x01\x08\x01", 4), std::string("\x08\x81\x00", 3),
                              std::string("\x0d\x01\x01\x01\x01", 5), std::string("\x08", 1), std::string("\x0a\x05x", 3), std::string("\x00\x01", 2)}) {
    m.pass(9, payload);
    m.pass(9, payload);
  }
  CHECK(m.differences == 0);
  for (const auto& payload : {longest_text, most_fields}) {
    m.pass(9, payload);
    m.pass(9, payload);
  }
  CHECK(m.differences == 2);
}

TEST_CASE("hostile differences are refused, or stand for a payload that could be remembered") {
  tests::generator g(12);
  std::size_t refused = 0, restored = 0;
  auto m = std::make_unique<payload_memory>();
  for (int i = 0; i < 200'000; ++i) {
    m->begin();
    m->remember(quote_type, 1'000, quote(3, 100, 1'000, 1));
    m->remember(instrument_defined::type_number, 5, encode_to_string(tests::random_event<instrument_defined>(g, 1)));
    for (int k = 0; k < 3; ++k) {
      std::string difference(g() % 24, '\0');
      for (auto& c : difference) c = static_cast<char>(g() % 2 == 0 ? g() % 8 : g());
      const auto* back = m->restore(g() % 2 == 0 ? quote_type : instrument_defined::type_number, 2'000, difference);
      if (back == nullptr) {
        ++refused;
        continue;
      }
      ++restored;
      payload_fields f;
      REQUIRE(split_payload(joined(*back), f));
    }
  }
  CHECK(refused > 1'000);
  CHECK(restored > 1'000);
}

TEST_CASE("a difference that toggles as many fields as can be told is refused, not written beyond what there is room for") {
  auto m = std::make_unique<payload_memory>();
  std::string most_fields;
  for (char n = 1; n <= 15; ++n) most_fields += {static_cast<char>(n << 3), 5};
  most_fields += std::string("\x80\x01\x05", 3);
  for (std::uint64_t toggled = 1; toggled <= 33; ++toggled) {
    m->begin();
    m->remember(9, 0, most_fields);
    char bytes[512];
    char* p = wire::put_varint(bytes, 2 | 4 * ((std::uint64_t{1} << 48) - 1));
    p = wire::put_varint(p, toggled);
    for (std::uint64_t n = 0; n < toggled; ++n) p = wire::put_varint(p, (100 + n) << 3);
    for (int n = 0; n < 64; ++n) *p++ = 2;
    CHECK(m->restore(9, 0, {bytes, static_cast<std::size_t>(p - bytes)}) == nullptr);
  }
}
