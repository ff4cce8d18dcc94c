#include "persistence/group_codec.hpp"

#include <cstring>

#include "persistence/checksum.hpp"
#include "persistence/wire.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/persistence/random_event.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

group random_group(tests::generator& g, std::uint64_t first) {
  group made;
  made.epoch = g() >> g() % 64;
  // Types come again, changed or as they were: then their payloads are stored as differences.
  for (auto rounds = 1 + g() % 3; rounds > 0; --rounds) {
    for_each_event_type([&]<class E>() {
      if (g() % 3 != 0) return;
      made.events.push_back(tests::random_event<E>(g, first + made.events.size()));
      if (g() % 4 != 0) return;
      made.events.push_back(made.events.back());
      ++made.events.back().head.seq;
    });
  }
  if (made.events.empty()) made.events.push_back(tests::random_event<quote_accepted>(g, first));
  return made;
}

std::string encoded(const group& g, const hash256& previous) {
  std::string bytes;
  encode_group(g, previous, bytes);
  return bytes;
}

/// A group's bytes with another body and a checksum that matches it.
std::string with_checksum(std::string body) {
  const auto crc = crc32c(body);
  body.append(reinterpret_cast<const char*>(&crc), 4);
  return body;
}

}  // namespace

TEST_CASE("a group comes back whole, whatever its envelopes") {
  tests::generator g(1);
  std::string reused = "what was in the buffer before";
  for (int i = 0; i < 2'000; ++i) {
    const std::uint64_t first = i % 10 == 0 ? std::numeric_limits<std::uint64_t>::max() - 1'000 : 1 + g() % 1'000'000;
    const auto made = random_group(g, first);
    REQUIRE(check_group(made, first));
    const auto previous = sha256({std::to_string(i)});
    encode_group(made, previous, reused);
    auto back = decode_group(reused);
    if (!back) FAIL(back.error().message);
    REQUIRE(back->previous == previous);
    REQUIRE(back->events->epoch == made.epoch);
    REQUIRE(back->events->events.size() == made.events.size());
    for (std::size_t k = 0; k < made.events.size(); ++k) {
      REQUIRE(back->events->events[k].head == made.events[k].head);
      REQUIRE(encode_to_string(back->events->events[k]) == encode_to_string(made.events[k]));
    }
    REQUIRE(encoded(*back->events, previous) == reused);
    auto head = decode_group_head(reused);
    REQUIRE(head);
    REQUIRE((head->epoch == made.epoch && head->first_seq == first && head->count == made.events.size() && head->previous == previous));
  }
}

TEST_CASE("every bit of a group counts, and every byte is needed") {
  tests::generator g(2);
  const auto whole = encoded(random_group(g, 77), sha256({"before"}));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    auto r = decode_group({cut.data(), cut.size()});
    REQUIRE_FALSE(r);
    REQUIRE(r.error().code == errc::log_corrupt);
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto flipped = whole;
      flipped[n] = static_cast<char>(flipped[n] ^ 1 << bit);
      REQUIRE_FALSE(decode_group(flipped));
    }
  }
  REQUIRE_FALSE(decode_group(whole + '\0'));
}

TEST_CASE("hostile bytes with a matching checksum are refused, or are a group that comes back") {
  tests::generator g(3);
  std::size_t taken = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes =
        encoded(group{1, {tests::random_event<host_activated>(g, 5), tests::random_event<quote_accepted>(g, 6), tests::quote_at(7), tests::quote_at(8)}}, {});
    bytes.resize(bytes.size() - 4);
    for (auto n = 1 + g() % 3; n > 0; --n) bytes[g() % bytes.size()] = static_cast<char>(g());
    if (g() % 4 == 0) bytes.resize(g() % bytes.size());
    auto r = decode_group(with_checksum(bytes));
    if (!r) {
      ++refused;
      continue;
    }
    ++taken;
    auto again = decode_group(encoded(*r->events, r->previous));
    REQUIRE(again);
    REQUIRE(again->events->events.size() == r->events->events.size());
  }
  CHECK(taken > 100);
  CHECK(refused > 100);
}

TEST_CASE("unknown fields of a stored group survive, since stored bytes are not rewritten, and the known ones are read") {
  // A later build's event: our payload, and a field 90 behind it.
  const auto ours = tests::quote_at(1);
  const auto payload = encode_to_string(ours) + "\xd0\x05\x2a";
  std::string body("\x01\x01\x01\x01", 4);
  body += std::string(32, '\0');
  body += std::string("\x00\x16\x01", 3) + static_cast<char>(payload.size()) + payload;
  auto r = decode_group(with_checksum(body));
  REQUIRE(r);
  CHECK(r->events->events[0].as<quote_accepted>() == ours.as<quote_accepted>());
}

TEST_CASE("newer than this build is told from damaged") {
  auto with_event = [](const std::string& e) { return decode_group(with_checksum(std::string("\x01\x01\x07\x01", 4) + std::string(32, '\0') + e)); };
  REQUIRE(with_event(std::string("\x00\x16\x01\x00", 4)));
  auto type = with_event(std::string("\x00\xbe\x01\x01\x00", 5));
  REQUIRE_FALSE(type);
  CHECK(type.error().code == errc::log_newer_version);
  CHECK(type.error().message == "event 7 has type 190, which this build does not know");
  auto wide = with_event(std::string("\x00\x96\x80\x80\x01\x01\x00", 7));
  REQUIRE_FALSE(wide);
  CHECK(wide.error().code == errc::log_newer_version);
  auto version = with_event(std::string("\x00\x16\x02\x00", 4));
  REQUIRE_FALSE(version);
  CHECK(version.error().code == errc::log_newer_version);
  CHECK(version.error().message == "event 7 is quote_accepted of version 2; this build knows it up to version 1");
  auto none = with_event(std::string("\x00\x16\x00\x00", 4));
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::log_corrupt);
  auto format = decode_group(with_checksum(std::string("\x09\x01\x07\x01", 4) + std::string(40, '\0')));
  REQUIRE_FALSE(format);
  CHECK(format.error().code == errc::log_newer_version);
  // A host that does not fit into 32 bits is not cut down to another host.
  CHECK_FALSE(with_event(std::string("\x01\x16\x01\x80\x80\x80\x80\x10\x00\x00", 10)));
  // A claim of 60,000 events in a few bytes does not get the memory for them.
  CHECK_FALSE(decode_group(with_checksum(std::string("\x01\x01\x07\xe0\xd4\x03", 6) + std::string(40, '\0'))));
}

TEST_CASE("groups of the first format are read as ever, and a difference to nothing is damage") {
  const auto ours = tests::quote_at(7);
  const auto payload = encode_to_string(ours);
  auto read = [&](char format, std::uint64_t told, const std::string& stored) {
    std::string body = format + std::string("\x01\x07\x01", 3) + std::string(32, '\0') + std::string("\x00\x16\x01", 3);
    char length[10];
    body.append(length, wire::put_varint(length, told));
    return decode_group(with_checksum(body + stored));
  };
  const auto first = read(1, payload.size(), payload);
  REQUIRE(first);
  CHECK(first->events->events[0].as<quote_accepted>() == ours.as<quote_accepted>());
  const auto second = read(2, payload.size() << 1, payload);
  REQUIRE(second);
  CHECK(second->events->events[0].as<quote_accepted>() == ours.as<quote_accepted>());
  CHECK_FALSE(read(2, payload.size(), payload));
  CHECK_FALSE(read(1, payload.size() << 1, payload));
  const auto difference = read(2, 3, std::string(1, '\0'));
  REQUIRE_FALSE(difference);
  CHECK(difference.error().code == errc::log_corrupt);
  CHECK(difference.error().message == "the group is damaged: event 7 differs from an event that is not there");
}

TEST_CASE("quotes of a group take less, envelopes included, than their payloads would alone") {
  const auto many = *tests::group_of(1, 512, 1);
  std::size_t alone = 0;
  for (const auto& e : many.events) alone += encode_to_string(e).size();
  CHECK(encoded(many, {}).size() < alone * 3 / 4);
}

TEST_CASE("what could not be read back is refused before it is written") {
  auto code = [](const group& g, std::uint64_t first) {
    auto r = check_group(g, first);
    return r ? errc{} : r.error().code;
  };
  const auto good = *tests::group_of(5, 3, 1);
  CHECK(code(good, 5) == errc{});
  CHECK(code(good, 4) == errc::log_gap);
  CHECK(code(good, 6) == errc::log_gap);
  CHECK(code(group{}, 1) == errc::invalid_argument);
  auto hole = good;
  hole.events[2].head.seq = 8;
  CHECK(code(hole, 5) == errc::log_gap);
  auto nothing = good;
  nothing.events[1].head.type = 0;
  CHECK(code(nothing, 5) == errc::invalid_argument);
  nothing.events[1].head.type = 60'000;
  CHECK(code(nothing, 5) == errc::invalid_argument);
  auto future = good;
  future.events[1].head.version = 9;
  CHECK(code(future, 5) == errc::invalid_argument);
  CHECK(code(*tests::group_of(1, group_events_max + 1, 1), 1) == errc::invalid_argument);
  CHECK(code(*tests::group_of(1, group_events_max, 1), 1) == errc{});
  group large;
  for (std::uint64_t seq = 1; seq <= group_events_max; ++seq) large.events.emplace_back(header{.seq = seq}, calendar_defined{});
  CHECK(code(large, 1) == errc::invalid_argument);
}
