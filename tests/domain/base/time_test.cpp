#include "domain/base/time.hpp"

#include <rapidcheck.h>

#include <limits>

#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
// The years that parse_timestamp allows.
const std::int64_t first_ns = start_of(date_of({1678, 1, 1})).ns, last_ns = start_of(date_of({2262, 1, 1})).ns - 1;

}  // namespace

TEST_CASE("time: instant and text are each other's inverse", "[time]") {
  CHECK(rc::check("parse(to_string(t)) == t", [] {
    const timestamp t{*rc::gen::oneOf(rc::gen::inRange(first_ns, last_ns), rc::gen::element(first_ns, last_ns, std::int64_t{0}, std::int64_t{-1}))};
    const auto back = parse_timestamp(to_string(t));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->ns == t.ns);
  }));
  CHECK(to_string(timestamp{0}) == "1970-01-01T00:00:00.000000000Z");
  CHECK(to_string(timestamp{-1}) == "1969-12-31T23:59:59.999999999Z");
  CHECK(to_string(timestamp{greatest}) == "2262-04-11T23:47:16.854775807Z");
  CHECK(to_string(timestamp{least}) == "1677-09-21T00:12:43.145224192Z");
}

TEST_CASE("time: the forms of ISO 8601 that are read", "[time]") {
  const timestamp noon = start_of(date_of({2012, 2, 1})) + 12 * hour_ns;
  for (const char* text :
       {"2012-02-01T12:00:00Z", "2012-02-01 12:00:00Z", "2012-02-01T12:00:00.0Z", "2012-02-01T12:00:00.000000000Z", "2012-02-01T13:00:00+01:00",
        "2012-02-01T07:00:00-05:00", "2012-02-01T17:30:00+05:30", "2012-02-02T02:00:00+14:00", "2012-01-31T22:00:00-14:00"}) {
    INFO(text);
    const auto t = parse_timestamp(text);
    REQUIRE(t);
    CHECK(t->ns == noon.ns);
  }
  CHECK(parse_timestamp("2012-02-01T12:00:00.123456789Z")->ns == noon.ns + 123'456'789);
  CHECK(parse_timestamp("2012-02-01T12:00:00.5Z")->ns == noon.ns + 500'000'000);
}

TEST_CASE("time: bad texts are refused with an example", "[time]") {
  for (const char* text : {"",
                           "2012-02-01",
                           "2012-02-01T12:00:00",
                           "2012-02-01T12:00Z",
                           "2012-2-1T12:00:00Z",
                           "2012-02-30T12:00:00Z",
                           "2011-02-29T12:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2012-00-01T00:00:00Z",
                           "2012-13-01T00:00:00Z",
                           "2012-01-00T00:00:00Z",
                           "2012-04-31T00:00:00Z",
                           "2012-02-01T24:00:00Z",
                           "2012-02-01T12:60:00Z",
                           "2012-02-01T12:00:60Z",
                           "2012-02-01T12:00:00.Z",
                           "2012-02-01T12:00:00.1234567890Z",
                           "2012-02-01T12:00:00+0100",
                           "2012-02-01T12:00:00+15:00",
                           "2012-02-01T12:00:00+01:60",
                           "2012-02-01T12:00:00Zx",
                           "2012-02-01T12:00:00ZZ",
                           " 2012-02-01T12:00:00Z",
                           "2012-02-01t12:00:00Z",
                           "1677-12-31T00:00:00Z",
                           "2262-01-01T00:00:00Z",
                           "-012-02-01T12:00:00Z",
                           "2012-02-01T+1:00:00Z"}) {
    INFO(text);
    const auto t = parse_timestamp(text);
    REQUIRE(!t);
    CHECK(t.error().code == errc::malformed_line);
    CHECK(t.error().message.find("is no time such as 2012-02-01T00:00:00Z") != std::string::npos);
  }
  CHECK(rc::check("any text is a time or an error", [] {
    std::string text = to_string(timestamp{*rc::gen::inRange(first_ns, last_ns)});
    const auto cut = *rc::gen::inRange<std::size_t>(0, text.size());
    RC_ASSERT(!parse_timestamp(std::string_view(text).substr(0, cut)));
    text[cut] = *rc::gen::element('0', '9', ':', 'T', '-', '\0');
    if (const auto t = parse_timestamp(text)) RC_ASSERT(parse_timestamp(to_string(*t))->ns == t->ns);
  }));
}

TEST_CASE("time: days are counted one by one over leap years and centuries", "[time]") {
  civil_date c{1599, 12, 31};
  date d = date_of(c);
  int day_of_week = weekday(d);
  for (int i = 0; i < 400 * 366; ++i) {
    const bool leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;
    const unsigned lengths[]{31, leap ? 29u : 28u, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (++c.day > lengths[c.month - 1]) {
      c.day = 1;
      if (++c.month > 12) {
        c.month = 1;
        ++c.year;
      }
    }
    ++d.days;
    day_of_week = (day_of_week + 1) % 7;
    const auto back = civil_of(d);
    REQUIRE((back.year == c.year && back.month == c.month && back.day == c.day));
    REQUIRE(date_of(c) == d);
    REQUIRE(weekday(d) == day_of_week);
  }
  CHECK(date_of({1970, 1, 1}).days == 0);
  CHECK(date_of({2000, 3, 1}).days == 11'017);
  CHECK(weekday(date_of({2024, 2, 29})) == 4);  // a Thursday
  CHECK(weekday(date_of({1969, 12, 28})) == 0);
}

TEST_CASE("time: a date exists or it does not", "[time]") {
  CHECK(valid({2000, 2, 29}));
  CHECK(valid({2024, 2, 29}));
  for (const civil_date& c :
       {civil_date{1900, 2, 29}, civil_date{2023, 2, 29}, civil_date{2024, 2, 30}, civil_date{2024, 0, 1}, civil_date{2024, 13, 1}, civil_date{2024, 1, 0},
        civil_date{2024, 1, 32}, civil_date{2024, 6, 31}, civil_date{2024, 1, 4'294'967'295u}, civil_date{2024, 4'294'967'295u, 1}}) {
    CHECK(!valid(c));
  }
}

TEST_CASE("time: dates of instants, before 1970 too; and of any number", "[time]") {
  CHECK(utc_date(timestamp{0}).days == 0);
  CHECK(utc_date(timestamp{-1}).days == -1);
  CHECK(utc_date(timestamp{day_ns - 1}).days == 0);
  CHECK(utc_date(timestamp{-day_ns}).days == -1);
  CHECK(to_string(date{0}) == "1970-01-01");
  CHECK(to_string(date_of({-44, 3, 15})) == "-0044-03-15");
  CHECK(to_string(date{std::numeric_limits<std::int32_t>::max()}) == "5881580-07-11");
  CHECK(to_string(date{std::numeric_limits<std::int32_t>::min()}) == "-5877641-06-23");
  CHECK(weekday(date{std::numeric_limits<std::int32_t>::max()}) < 7);
  CHECK(floor_div(-1, 7) == -1);
  CHECK(floor_div(-7, 7) == -1);
  CHECK(floor_div(6, 7) == 0);
}
