// Two events play "of a later version than their struct says": what an upcast gives is then read through the struct of today.
#include "persistence/upcasters.hpp"

#include "persistence/checksum.hpp"
#include "persistence/group_codec.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/persistence/random_event.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

// host_progressed, had it begun as minutes (1), then seconds at another number (2), then the count of today (3).
struct host_progressed_v1 {
  std::uint32_t minutes{};
  TOMNEXT_FIELDS(FIELD(1, minutes))
};
struct host_progressed_v2 {
  std::uint64_t seconds{};
  bool snapshot{};
  TOMNEXT_FIELDS(FIELD(5, seconds) FIELD(2, snapshot))
};
host_progressed_v2 to_seconds(const host_progressed_v1& old) { return {std::uint64_t{old.minutes} * 60, old.minutes == 7}; }
host_progressed to_count(const host_progressed_v2& old) { return {old.seconds + 1, old.snapshot}; }

constexpr std::array steps{
    upcaster{host_progressed::type_number, 1, upcast_by<host_progressed_v1, host_progressed_v2, to_seconds>},
    upcaster{host_progressed::type_number, 2, upcast_by<host_progressed_v2, host_progressed, to_count>},
};
constexpr std::array newest{upcaster_table::newest_of{host_progressed::type_number, 3}};

upcaster_table later_build() { return tests::must(upcaster_table::make({steps.begin(), steps.end()}, newest)); }

template <class E> std::string payload_of(const E& e) {
  std::string bytes(wire::bound(e), '\0');
  bytes.resize(static_cast<std::size_t>(wire::encode(bytes.data(), e) - bytes.data()));
  return bytes;
}

struct stored_event {
  std::uint16_t type;
  std::uint8_t version;
  std::string payload;
};
/// A group as some build wrote it, with events from seq 1 on: the format is in group_codec.hpp.
std::string stored_group(const std::vector<stored_event>& events) {
  std::string body("\x01\x01\x01", 3);
  char number[10];
  auto put = [&](std::uint64_t x) { body.append(number, static_cast<std::size_t>(wire::put_varint(number, x) - number)); };
  put(events.size());
  body += std::string(32, '\0');
  for (const auto& e : events) {
    body += '\0';
    put(e.type);
    body += static_cast<char>(e.version);
    put(e.payload.size());
    body += e.payload;
  }
  const auto crc = crc32c(body);
  return body.append(reinterpret_cast<const char*>(&crc), 4);
}

}  // namespace

TEST_CASE("a stored event of any earlier version is read as the newest, step by step") {
  const auto table = later_build();
  const auto quote = tests::quote_at(1);
  const auto bytes = stored_group({{host_progressed::type_number, 1, payload_of(host_progressed_v1{7})},
                                   {quote_accepted::type_number, 1, encode_to_string(quote)},
                                   {host_progressed::type_number, 2, payload_of(host_progressed_v2{100, false})},
                                   {host_progressed::type_number, 3, payload_of(host_progressed{5, true})},
                                   {host_progressed::type_number, 1, ""}});
  const auto before = bytes;
  const auto g = tests::must(decode_group(bytes, table));
  const auto& e = g.events->events;
  CHECK(e[0].as<host_progressed>() == host_progressed{421, true});
  CHECK(e[1].as<quote_accepted>() == quote.as<quote_accepted>());
  CHECK(e[2].as<host_progressed>() == host_progressed{101, false});
  CHECK(e[3].as<host_progressed>() == host_progressed{5, true});
  CHECK(e[4].as<host_progressed>() == host_progressed{1, false});
  for (const auto& each : e) CHECK(each.head.version == (each.is<host_progressed>() ? 3 : 1));
  CHECK(bytes == before);
}

TEST_CASE("the same event twice gives the same bytes: upcasters are pure") {
  const auto table = later_build();
  for (std::uint32_t minutes = 0; minutes < 500; ++minutes) {
    const auto old = payload_of(host_progressed_v1{minutes});
    const auto once = tests::must(table.upcast(host_progressed::type_number, 1, old));
    REQUIRE(once == tests::must(table.upcast(host_progressed::type_number, 1, old)));
    // Two steps one by one are the chain.
    REQUIRE(once == tests::must(table.upcast(host_progressed::type_number, 2, tests::must(steps[0].step(old)))));
    REQUIRE(once == payload_of(host_progressed{minutes * 60 + 1, minutes == 7}));
  }
  const auto newest_payload = payload_of(host_progressed{5, true});
  CHECK(tests::must(table.upcast(host_progressed::type_number, 3, newest_payload)) == newest_payload);
}

TEST_CASE("a version that is newer than this build's is refused with event, type and version") {
  const auto newer = stored_group({{host_progressed::type_number, 3, ""}, {host_progressed::type_number, 4, ""}});
  const auto r = decode_group(newer, later_build());
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::log_newer_version);
  CHECK(r.error().message == "event 2 is host_progressed of version 4; this build knows it up to version 3");
  // To this build as it is, version 3 is the newer one.
  const auto today = decode_group(newer);
  REQUIRE_FALSE(today);
  CHECK(today.error().message == "event 1 is host_progressed of version 3; this build knows it up to version 1");
  const auto type = decode_group(stored_group({{quote_accepted::type_number, 1, ""}, {191, 1, ""}}), later_build());
  REQUIRE_FALSE(type);
  CHECK(type.error().code == errc::log_newer_version);
  CHECK(type.error().message == "event 2 has type 191, which this build does not know");
}

TEST_CASE("an old payload that is none is damage, and the message leads to the step") {
  const auto r = decode_group(stored_group({{host_progressed::type_number, 2, "\x28"}}), later_build());  // a field without its value
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::log_corrupt);
  CHECK(r.error().message == "the group is damaged: event 1 is no host_progressed: from version 2 to 3: its fields cannot be read");
  // A step that gives what is no event of the newest version.
  const auto bad =
      tests::must(upcaster_table::make({{host_progressed::type_number, 1, [](std::string_view) -> result<std::string> { return std::string("\x08"); }}},
                                       std::array{upcaster_table::newest_of{host_progressed::type_number, 2}}));
  const auto given = decode_group(stored_group({{host_progressed::type_number, 1, ""}}), bad);
  REQUIRE_FALSE(given);
  CHECK(given.error().code == errc::log_corrupt);
}

TEST_CASE("hostile old payloads are refused or read, never more") {
  const auto table = later_build();
  tests::generator g(5);
  std::size_t read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(g() % 24, '\0');
    for (auto& c : noise) c = static_cast<char>(g() % 3 == 0 ? g() : g() % 48);
    read += decode_group(stored_group({{host_progressed::type_number, static_cast<std::uint8_t>(1 + g() % 3), noise}}), table) ? 1u : 0u;
  }
  CHECK(read > 100);
  CHECK(read < 19'900);
}

TEST_CASE("a table with a version that has no step, two, or none that it could have, is refused") {
  const upcaster first = steps[0], second = steps[1];
  auto made = [](std::vector<upcaster> s, std::uint8_t version) {
    return upcaster_table::make(std::move(s), std::array{upcaster_table::newest_of{host_progressed::type_number, version}});
  };
  CHECK(made({first, second}, 3));
  CHECK(made({second, first}, 3));
  CHECK(made({first}, 2));
  CHECK(made({}, 1));
  for (const auto& wrong : {made({first}, 3), made({second}, 3), made({}, 2), made({first, second, second}, 3), made({first, second}, 2), made({first}, 1),
                            made({{host_progressed::type_number, 1, nullptr}}, 2), made({first, {host_progressed::type_number, 0, first.step}}, 2),
                            made({first, {190, 1, first.step}}, 2), made({first, {4000, 1, first.step}}, 2)}) {
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == errc::invalid_argument);
  }
  CHECK_FALSE(upcaster_table::make({}, std::array{upcaster_table::newest_of{190, 1}}));
  CHECK(made({first}, 3).error().message.find("host_progressed") != std::string::npos);
}

// The check that fails the build, held against tables that it must refuse: this build's events are all of version 1.
static_assert(every_version_has_a_step(std::array<upcaster, 0>{}));
static_assert(!every_version_has_a_step(std::array{upcaster{quote_accepted::type_number, 1, upcast_by<host_progressed_v1, host_progressed_v2, to_seconds>}}));
static_assert(!every_version_has_a_step(std::array{upcaster{190, 1, upcast_by<host_progressed_v1, host_progressed_v2, to_seconds>}}));
static_assert(version_without_step(steps, host_progressed::type_number, 3) == 0);
static_assert(version_without_step(steps, host_progressed::type_number, 4) == 3);
static_assert(version_without_step(steps, host_progressed::type_number, 2) == 2);
static_assert(version_without_step(steps, quote_accepted::type_number, 2) == 1);

TEST_CASE("this build's table knows what the event descriptions say") {
  for (std::uint16_t type = 0; type < event_numbers; ++type) CHECK(upcasters().newest(type) == newest_version(type));
  CHECK(upcasters().newest(event_numbers) == 0);
}
