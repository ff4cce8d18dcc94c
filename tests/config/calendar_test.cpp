#include "config/loader.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

timestamp at(const char* text) {
  auto t = parse_timestamp(text);
  REQUIRE(t);
  return *t;
}

// The boundary that ends a trading day.
timestamp boundary(const std::vector<calendar_defined>& pages, date day) {
  for (const auto& p : pages) {
    const auto i = day.days - p.first_date.days;
    if (i >= 0 && i < static_cast<std::int32_t>(p.boundaries.size())) return p.boundaries[static_cast<std::size_t>(i)];
  }
  FAIL("no page has the day");
  return {};
}

date day(int y, unsigned m, unsigned d) { return date_of({y, m, d}); }

}  // namespace

// When New York changed its clocks: Energy Policy Act of 2005 (second Sunday of March, first of November, from 2007), before that the first
// Sunday of April and the last of October (from 1987). 17:00 is 22:00 UTC in winter and 21:00 UTC in summer.
TEST_CASE("17:00 New York around the clock changes of 2012") {
  auto pages = config::new_york_calendar(day(2012, 1, 1), day(2012, 12, 31));
  REQUIRE(pages);
  CHECK(boundary(*pages, day(2012, 2, 1)) == at("2012-02-01T22:00:00Z"));
  CHECK(boundary(*pages, day(2012, 3, 9)) == at("2012-03-09T22:00:00Z"));
  CHECK(boundary(*pages, day(2012, 3, 10)) == at("2012-03-10T22:00:00Z"));
  CHECK(boundary(*pages, day(2012, 3, 11)) == at("2012-03-11T21:00:00Z"));
  CHECK(boundary(*pages, day(2012, 3, 12)) == at("2012-03-12T21:00:00Z"));
  CHECK(boundary(*pages, day(2012, 11, 2)) == at("2012-11-02T21:00:00Z"));
  CHECK(boundary(*pages, day(2012, 11, 3)) == at("2012-11-03T21:00:00Z"));
  CHECK(boundary(*pages, day(2012, 11, 4)) == at("2012-11-04T22:00:00Z"));
  CHECK(boundary(*pages, day(2012, 11, 5)) == at("2012-11-05T22:00:00Z"));
}

TEST_CASE("the rules before 2007, and the years when Europe changes on other days") {
  auto pages = config::new_york_calendar(day(2006, 1, 1), day(2007, 12, 31));
  REQUIRE(pages);
  CHECK(boundary(*pages, day(2006, 4, 1)) == at("2006-04-01T22:00:00Z"));
  CHECK(boundary(*pages, day(2006, 4, 2)) == at("2006-04-02T21:00:00Z"));
  CHECK(boundary(*pages, day(2006, 10, 28)) == at("2006-10-28T21:00:00Z"));
  CHECK(boundary(*pages, day(2006, 10, 29)) == at("2006-10-29T22:00:00Z"));
  CHECK(boundary(*pages, day(2007, 3, 10)) == at("2007-03-10T22:00:00Z"));
  CHECK(boundary(*pages, day(2007, 3, 11)) == at("2007-03-11T21:00:00Z"));
  // London was still on winter time: a calendar by London's clocks would be an hour off for two weeks.
  CHECK(boundary(*pages, day(2007, 3, 20)) == at("2007-03-20T21:00:00Z"));
  CHECK(boundary(*pages, day(2007, 11, 3)) == at("2007-11-03T21:00:00Z"));
  CHECK(boundary(*pages, day(2007, 11, 4)) == at("2007-11-04T22:00:00Z"));
}

TEST_CASE("07:00 Auckland ends the trading day of the date before") {
  auto pages = config::auckland_calendar(day(2012, 1, 1), day(2012, 12, 31));
  REQUIRE(pages);
  CHECK(pages->front().roll == roll_profile::auckland);
  // New Zealand's clocks: an hour more from the last Sunday of September to the first of April.
  CHECK(boundary(*pages, day(2012, 2, 1)) == at("2012-02-01T18:00:00Z"));
  CHECK(boundary(*pages, day(2012, 3, 30)) == at("2012-03-30T18:00:00Z"));
  CHECK(boundary(*pages, day(2012, 3, 31)) == at("2012-03-31T19:00:00Z"));
  CHECK(boundary(*pages, day(2012, 9, 28)) == at("2012-09-28T19:00:00Z"));
  CHECK(boundary(*pages, day(2012, 9, 29)) == at("2012-09-29T18:00:00Z"));
  const auto here = config::new_york_calendar(day(2012, 1, 1), day(2012, 1, 1));
  REQUIRE(here);
  CHECK(here->front().roll == roll_profile::new_york);
}

TEST_CASE("each day has one boundary, and days are 23, 24 or 25 hours apart") {
  auto pages = config::new_york_calendar(day(2000, 1, 1), day(2030, 12, 31));
  REQUIRE(pages);
  std::vector<timestamp> all;
  date expected = day(2000, 1, 1);
  for (const auto& p : *pages) {
    CHECK(p.first_date == expected);
    CHECK_FALSE(p.tzdata_version.empty());
    for (auto b : p.boundaries) all.push_back(b);
    expected.days += static_cast<std::int32_t>(p.boundaries.size());
  }
  CHECK(expected.days == day(2030, 12, 31).days + 1);
  std::size_t short_days = 0, long_days = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto apart = (all[i] - all[i - 1]) / hour_ns;
    short_days += apart == 23;
    long_days += apart == 25;
    CHECK((apart == 23 || apart == 24 || apart == 25));
  }
  CHECK(short_days == 31);
  CHECK(long_days == 31);
}

TEST_CASE("a calendar without days or of more than 60 years is refused") {
  CHECK_FALSE(config::new_york_calendar(day(2012, 1, 2), day(2012, 1, 1)));
  CHECK_FALSE(config::new_york_calendar(day(1950, 1, 1), day(2030, 1, 1)));
  auto one = config::new_york_calendar(day(2012, 1, 1), day(2012, 1, 1));
  REQUIRE(one);
  REQUIRE(one->size() == 1);
  CHECK((*one)[0].boundaries.size() == 1);
}
