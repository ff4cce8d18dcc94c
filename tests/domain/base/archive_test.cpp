// The state of a made-up service with a field of every kind: it comes back as it was, and damaged bytes do no harm.
#include "domain/base/archive.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "domain/base/ids.hpp"
#include "domain/base/market.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

struct part {
  order_id order;
  price at;
  amount money;
  currency in;
  side direction{};
  template <class Archive> void archive(Archive& a) { a(order, at, money, in, direction); }
  bool operator==(const part&) const = default;
};

struct state {
  bool flag{};
  std::uint8_t small{};
  std::int64_t number{};
  double real{};
  int128 wide{};
  timestamp when;
  date day;
  std::string name;
  text reason;
  hash256 hash;
  std::array<std::uint16_t, 3> triple{};
  std::vector<part> parts;
  std::deque<double> window;
  bounded_list<double, 4> values;
  std::map<order_id, part> by_id;
  std::map<std::string, std::vector<std::uint32_t>> nested;
  std::set<std::uint32_t> members;
  std::optional<part> maybe;
  std::optional<double> nothing;
  std::pair<std::uint32_t, std::string> both;
  template <class Archive> void archive(Archive& a) {
    a(flag, small, number, real, wide, when, day, name, reason, hash, triple, parts, window, values, by_id, nested, members, maybe, nothing, both);
  }
  bool operator==(const state&) const = default;
};

part some_part(std::uint64_t n) { return {order_id{n}, price{static_cast<std::int64_t>(n) * 7}, amount{-5}, *currency::parse("USD"), side::sell}; }

state full_state() {
  state s;
  s.flag = true;
  s.small = 200;
  s.number = std::numeric_limits<std::int64_t>::min();
  s.real = -0.1;
  s.wide = int128{1} << 100;
  s.when = timestamp{1'234'567'890'123'456'789};
  s.day = date{-3};
  s.name = std::string("a\0b", 3);
  s.reason = "why";
  s.hash.bytes[31] = 9;
  s.triple = {1, 2, 3};
  s.parts = {some_part(1), some_part(2)};
  s.window = {1.5, 2.5, 3.5};
  (void)s.values.push_back(4.5);
  s.by_id = {{order_id{3}, some_part(3)}, {order_id{4}, some_part(4)}};
  s.nested = {{"a", {1, 2}}, {"b", {}}};
  s.members = {5, 6, 7};
  s.maybe = some_part(8);
  s.both = {9, "nine"};
  return s;
}

std::string bytes_of(const state& s) {
  state_writer w;
  w(s);
  return w.bytes();
}

}  // namespace

TEST_CASE("archive: a state comes back as it was", "[archive]") {
  for (const state& before : {state{}, full_state()}) {
    const auto bytes = bytes_of(before);
    state after = full_state();  // what was there before is replaced
    after.parts.resize(7);
    after.nothing = 1;
    state_reader r(bytes);
    r(after);
    CHECK(!r.failed());
    CHECK(r.at_end());
    CHECK(after == before);
    CHECK(bytes_of(after) == bytes);
  }
}

TEST_CASE("archive: the bytes are little-endian, of fixed width, in order", "[archive]") {
  state_writer w;
  w(std::uint16_t{0x0102}, true, std::string("ab"), std::optional<std::uint8_t>{}, std::vector<std::uint8_t>{7}, side::sell, price{-1});
  CHECK(w.bytes() == std::string("\x02\x01\x01\x02\0\0\0\0\0\0\0ab\0\x01\0\0\0\0\0\0\0\x07\x02\xff\xff\xff\xff\xff\xff\xff\xff", 32));
}

TEST_CASE("archive: the hasher sees what the writer writes", "[archive]") {
  state_hasher h;
  h(full_state());
  CHECK(h.digest() == hash64(bytes_of(full_state())));
  auto other = full_state();
  other.members.insert(8);
  state_hasher o;
  o(other);
  CHECK(o.digest() != h.digest());
}

TEST_CASE("archive: bytes that end early fail at every length, and stay failed", "[archive]") {
  const auto bytes = bytes_of(full_state());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    state s;
    state_reader r(std::string_view(bytes).substr(0, n));
    r(s);
    REQUIRE(r.failed());
    std::uint8_t more = 77;
    r(more);
    REQUIRE(more == 77);
    REQUIRE(r.failed());
  }
  state_reader none(std::string_view{});
  std::string empty;
  none(empty);
  CHECK(none.failed());
}

TEST_CASE("archive: bytes left over are seen", "[archive]") {
  state s;
  const auto bytes = bytes_of(full_state()) + "x";
  state_reader r(bytes);
  r(s);
  CHECK(!r.failed());
  CHECK(!r.at_end());
}

TEST_CASE("archive: a count beyond the bytes that are left allocates nothing", "[archive]") {
  for (const std::uint64_t count : {std::uint64_t{9}, std::uint64_t{1} << 32, std::uint64_t{1} << 62, std::numeric_limits<std::uint64_t>::max()}) {
    state_writer w;
    w(count, std::uint64_t{0});  // eight bytes behind the count
    const auto refused = [&](auto value) {
      state_reader r(w.bytes());
      r(value);
      CHECK(r.failed());
      CHECK(value.size() == 0);
    };
    refused(std::string());
    refused(std::vector<std::uint8_t>());
    refused(std::deque<double>());
    refused(std::map<std::uint32_t, double>());
    refused(std::set<std::uint32_t>());
    refused(bounded_list<double, 4>());
    text reason("as it was");
    state_reader r(w.bytes());
    r(reason);
    CHECK(r.failed());
    CHECK(reason.view() == "as it was");
  }
  state_writer five;
  five(std::vector<double>{1, 2, 3, 4, 5});
  bounded_list<double, 4> too_few;
  state_reader of_five(five.bytes());
  of_five(too_few);
  CHECK(of_five.failed());  // more than the list holds
}

TEST_CASE("archive: a flag is 0 or 1, keys ascend", "[archive]") {
  const std::string two("\x02", 1);
  bool flag = false;
  state_reader r(two);
  r(flag);
  CHECK(r.failed());

  state_writer twice, backwards;
  twice(std::vector<std::uint32_t>{4, 4});
  backwards(std::vector<std::pair<std::uint32_t, std::uint32_t>>{{2, 0}, {1, 0}});
  std::set<std::uint32_t> s;
  state_reader of_twice(twice.bytes());
  of_twice(s);
  CHECK(of_twice.failed());
  std::map<std::uint32_t, std::uint32_t> m;
  state_reader of_backwards(backwards.bytes());
  of_backwards(m);
  CHECK(of_backwards.failed());
}

TEST_CASE("archive: bytes damaged at random are read or refused", "[archive]") {
  const auto whole = bytes_of(full_state());
  CHECK(rc::check("damage", [&] {
    auto bytes = whole;
    const auto places = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, whole.size()));
    for (const auto place : places) bytes[place] = static_cast<char>(*rc::gen::inRange(0, 256));
    state s;
    state_reader r(bytes);
    r(s);
    // What was read whole writes the same bytes again: nothing is dropped in silence.
    if (!r.failed() && r.at_end()) RC_ASSERT(bytes_of(s) == bytes);
  }));
}
