#include "domain/calendar/zone.hpp"

#include <rapidcheck.h>

#include <optional>

#include "tests/domain/calendar/random_zone.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using calendar::local_kind;
using calendar::local_time;
using calendar::zone;

namespace {

timestamp utc(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  return start_of(date_of({year, month, day})) + hour * hour_ns + minute * minute_ns;
}
local_time local(int year, unsigned month, unsigned day, int hour, int minute = 0) { return {utc(year, month, day, hour, minute).ns}; }

}  // namespace

// 2024: New York's clocks go forward on 10 March at 02:00 (07:00 UTC), and back on 3 November at 02:00 (06:00 UTC).
TEST_CASE("a time that New York skips is reached when its clocks go on, and one that comes twice has two instants") {
  const auto z = new_york_2024();
  CHECK(z.local(utc(2024, 3, 10, 6, 59)) == local(2024, 3, 10, 1, 59));
  CHECK(z.local(utc(2024, 3, 10, 7)) == local(2024, 3, 10, 3));
  const auto skipped = z.lookup(local(2024, 3, 10, 2, 30));
  CHECK(skipped.kind == local_kind::skipped);
  CHECK(skipped.first == utc(2024, 3, 10, 7));
  CHECK(skipped.last == utc(2024, 3, 10, 7));
  CHECK(z.lookup(local(2024, 3, 10, 2)).kind == local_kind::skipped);  // the clock never shows 02:00: it shows 03:00
  CHECK(z.lookup(local(2024, 3, 10, 3)).kind == local_kind::unique);

  const auto repeated = z.lookup(local(2024, 11, 3, 1, 30));
  CHECK(repeated.kind == local_kind::repeated);
  CHECK(repeated.first == utc(2024, 11, 3, 5, 30));
  CHECK(repeated.last == utc(2024, 11, 3, 6, 30));
  CHECK(z.lookup(local(2024, 11, 3, 1)).kind == local_kind::repeated);
  CHECK(z.lookup(local(2024, 11, 3, 2)).kind == local_kind::unique);
  CHECK(z.lookup(local(2024, 11, 3, 2)).first == utc(2024, 11, 3, 7));

  const auto usual = z.lookup(local(2024, 7, 1, 17));
  CHECK(usual.kind == local_kind::unique);
  CHECK(usual.first == utc(2024, 7, 1, 21));
}

TEST_CASE("the second that is reached next is the one behind all that the clock has shown") {
  const auto z = new_york_2024();
  CHECK(z.unreached_after(utc(2024, 3, 10, 6, 59)).ns == local(2024, 3, 10, 1, 59).ns + second_ns);
  CHECK(z.unreached_after(utc(2024, 3, 10, 7)).ns == local(2024, 3, 10, 3).ns + second_ns);
  // In the second pass of the hour all of it has been shown.
  CHECK(z.unreached_after(utc(2024, 11, 3, 6)) == local(2024, 11, 3, 2));
  CHECK(z.unreached_after(utc(2024, 11, 3, 6, 59)) == local(2024, 11, 3, 2));
  CHECK(z.unreached_after(utc(2024, 11, 3, 7)).ns == local(2024, 11, 3, 2).ns + second_ns);
  // Fractions of a second count as the second before.
  CHECK(z.unreached_after(utc(2024, 7, 1, 21) + 1).ns == local(2024, 7, 1, 17).ns + second_ns);
  CHECK(z.unreached_after(utc(2024, 7, 1, 21) - 1) == local(2024, 7, 1, 17));
}

TEST_CASE("before its first offset a zone has that one, and UTC is a zone") {
  const auto z = new_york_2024();
  CHECK(z.local(utc(1999, 7, 1, 21)) == local(1999, 7, 1, 16));
  CHECK(z.lookup(local(1999, 7, 1, 16)).first == utc(1999, 7, 1, 21));
  CHECK(zone::utc().local(utc(1969, 12, 31, 23)) == local(1969, 12, 31, 23));
  CHECK(zone::utc().lookup(local(1950, 1, 1, 0)).first == utc(1950, 1, 1, 0));
  CHECK(local_date(local(1969, 12, 31, 23)) == date{-1});
  CHECK(second_of_day(local(1969, 12, 31, 23)) == 82'800);
}

TEST_CASE("a zone whose data cannot be is refused") {
  CHECK_THAT(zone::make("Here", {}).error().message, has_part("time zone Here: no UTC offset"));
  const timestamp t = utc(2024, 1, 1, 0);
  CHECK_THAT(zone::make("Here", {{t, 0}, {t, 60}}).error().message, has_part("2024-01-01T00:00:00.000000000Z on does not lie behind"));
  CHECK_THAT(zone::make("Here", {{t, 1561}}).error().message, has_part("-1560 to 1560"));
  CHECK(zone::make("Here", {{t, -1560}, {t + 1, 1560}}));
}

// Against the definitions, minute by minute: whatever clocks do, also twice within an hour.
TEST_CASE("in any zone: what the clock shows, when it shows it, and what it has reached") {
  CHECK(rc::check([] {
    const auto z = *random_zone();
    const timestamp begin = z.offsets().front().from - 30 * hour_ns;
    const timestamp end = z.offsets().back().from + 60 * hour_ns;
    const local_time x{z.local(begin).ns + *rc::gen::inRange<std::int64_t>(30 * 60, (end - begin) / minute_ns - 30 * 60) * minute_ns};
    std::vector<timestamp> shown;
    std::optional<timestamp> reached;
    for (timestamp t = begin; t < end; t = t + minute_ns) {
      if (z.local(t) == x) shown.push_back(t);
      if (!reached && z.local(t) >= x) reached = t;
    }
    RC_ASSERT(reached);
    RC_ASSERT(z.first_reaching(x) == *reached);
    const auto found = z.lookup(x);
    RC_ASSERT((found.kind == local_kind::skipped) == shown.empty());
    RC_ASSERT((found.kind == local_kind::repeated) == (shown.size() > 1));
    RC_ASSERT(found.first == (shown.empty() ? *reached : shown.front()));
    RC_ASSERT(found.last == (shown.empty() ? *reached : shown.back()));
    const timestamp t = begin + *rc::gen::inRange<std::int64_t>(30 * 60, (end - begin) / minute_ns - 30 * 60) * minute_ns;
    const auto next = z.unreached_after(t);
    RC_ASSERT(z.first_reaching(next) > t);
    RC_ASSERT(z.first_reaching({next.ns - second_ns}) <= t);
  }));
}
