#include "domain/calendar/schedule.hpp"

#include <rapidcheck.h>

#include "tests/domain/calendar/random_zone.hpp"
#include "tests/domain/calendar/schedule_oracle.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using calendar::cron;
using calendar::holiday_policy;
using calendar::holiday_set;
using calendar::schedule;
using calendar::zone;

namespace {

timestamp at(const char* text) { return *parse_timestamp(std::string(text) + ":00Z"); }
date day(int year, unsigned month, unsigned d) { return date_of({year, month, d}); }

schedule in_new_york(const std::string& text, std::vector<date> holidays = {}, holiday_policy policy = holiday_policy::run) {
  static const auto new_york = std::make_shared<const zone>(new_york_2024());
  auto c = cron::parse(text);
  if (!c) FAIL(c.error().message);
  return {*c, new_york, *holiday_set::make(std::move(holidays)), policy};
}

// "03-10T07:00 …": the next runs, in UTC.
std::string next(const schedule& s, const char* after, int count) {
  std::string all;
  timestamp t = at(after);
  for (int i = 0; i < count; ++i) {
    const auto run = s.next_after(t);
    if (!run) return all + " none";
    all += (i > 0 ? " " : "") + to_string(*run).substr(5, run->ns % minute_ns == 0 ? 11 : 14);
    t = *run;
  }
  return all;
}

}  // namespace

// 2024: New York's clocks go forward on 10 March at 02:00 (07:00 UTC), and back on 3 November at 02:00 (06:00 UTC).
TEST_CASE("schedule: 17:00 New York is 22:00 UTC in winter and 21:00 in summer", "[calendar]") {
  const auto s = in_new_york("0 17 * * *");
  CHECK(next(s, "2024-03-08T22:00", 3) == "03-09T22:00 03-10T21:00 03-11T21:00");
  CHECK(next(s, "2024-11-01T21:00", 3) == "11-02T21:00 11-03T22:00 11-04T22:00");
  CHECK(next(in_new_york("0 17 * * MON-FRI"), "2024-03-08T22:00", 2) == "03-11T21:00 03-12T21:00");
}

TEST_CASE("schedule: a fixed time that the clock skips runs at the end of the gap, together with what is due then", "[calendar]") {
  CHECK(next(in_new_york("30 2 * * *"), "2024-03-09T00:00", 3) == "03-09T07:30 03-10T07:00 03-11T06:30");
  CHECK(next(in_new_york("0,30 2,3 10 3 *"), "2024-03-10T00:00", 2) == "03-10T07:00 03-10T07:30");
  CHECK(next(in_new_york("15,30,45 30 2 10 3 *"), "2024-03-10T00:00", 1) == "03-10T07:00");
}

TEST_CASE("schedule: a fixed time that comes twice runs once, the first time", "[calendar]") {
  CHECK(next(in_new_york("30 1 * * *"), "2024-11-02T00:00", 3) == "11-02T05:30 11-03T05:30 11-04T06:30");
  CHECK(next(in_new_york("0 1,2 3 11 *"), "2024-11-03T00:00", 2) == "11-03T05:00 11-03T07:00");
  // Asked between the two, and at the second one: it has been.
  CHECK(next(in_new_york("30 1 * * *"), "2024-11-03T05:30", 1) == "11-04T06:30");
  CHECK(next(in_new_york("45 1 * * *"), "2024-11-03T06:30", 1) == "11-04T06:45");
}

TEST_CASE("schedule: a rhythm goes on in the hour that comes twice, and makes up for nothing that is skipped", "[calendar]") {
  CHECK(next(in_new_york("@hourly"), "2024-11-03T04:00", 4) == "11-03T05:00 11-03T06:00 11-03T07:00 11-03T08:00");
  CHECK(next(in_new_york("@hourly"), "2024-03-10T05:00", 3) == "03-10T06:00 03-10T07:00 03-10T08:00");
  CHECK(next(in_new_york("*/30 1 3 11 *"), "2024-11-03T00:00", 4) == "11-03T05:00 11-03T05:30 11-03T06:00 11-03T06:30");
  CHECK(next(in_new_york("*/30 2 * * *"), "2024-03-10T00:00", 1) == "03-11T06:00");
  CHECK(next(in_new_york("*/20 * 1 * * *"), "2024-11-03T05:59", 4) == "11-03T05:59:20 11-03T05:59:40 11-03T06:00 11-03T06:00:20");
}

TEST_CASE("schedule: the ends of months, in leap years too", "[calendar]") {
  CHECK(next(in_new_york("0 17 L * *"), "2024-01-31T22:00", 3) == "02-29T22:00 03-31T21:00 04-30T21:00");
  CHECK(next(in_new_york("0 17 L 2 *"), "2024-03-01T00:00", 4) == "02-28T22:00 02-28T22:00 02-28T22:00 02-29T22:00");
  CHECK(next(in_new_york("0 17 LW * *"), "2024-03-01T00:00", 3) == "03-29T21:00 04-30T21:00 05-31T21:00");
  CHECK(to_string(*in_new_york("0 0 29 2 *").next_after(at("2096-03-01T00:00"))) == "2104-02-29T05:00:00.000000000Z");  // 2100 does not leap
  CHECK(to_string(*in_new_york("0 0 * 2 SUN#5").next_after(at("2089-01-01T00:00"))).substr(0, 10) == "2128-02-29");
}

TEST_CASE("schedule: holidays run, are skipped, or go to the business day behind or before them", "[calendar]") {
  // Christmas 2024 is a Wednesday; the 28th and 29th are a weekend.
  const std::vector<date> christmas{day(2024, 12, 25), day(2024, 12, 26)}, long_one{day(2024, 12, 26), day(2024, 12, 27), day(2024, 12, 30)};
  const std::string daily = "0 12 24-31 12 *";
  CHECK(next(in_new_york(daily, christmas), "2024-12-24T00:00", 3) == "12-24T17:00 12-25T17:00 12-26T17:00");
  CHECK(next(in_new_york(daily, christmas, holiday_policy::skip), "2024-12-24T00:00", 3) == "12-24T17:00 12-27T17:00 12-28T17:00");
  const std::string once = "0 12 27 12 *";
  CHECK(next(in_new_york(once, long_one, holiday_policy::next_business_day), "2024-12-01T00:00", 1) == "12-31T17:00");
  CHECK(next(in_new_york(once, long_one, holiday_policy::previous_business_day), "2024-12-01T00:00", 1) == "12-25T17:00");
  // What is moved onto a day that runs anyway is one with it.
  CHECK(next(in_new_york("0 12 24,25 12 *", christmas, holiday_policy::previous_business_day), "2024-12-01T00:00", 2) == "12-24T17:00 12-24T17:00");
  // Over the end of a month and a year.
  const std::vector<date> turn{day(2024, 12, 31), day(2025, 1, 1)};
  CHECK(next(in_new_york("0 17 LW * *", turn, holiday_policy::next_business_day), "2024-12-01T00:00", 1) == "01-02T22:00");
  CHECK(next(in_new_york("0 17 LW * *", turn, holiday_policy::previous_business_day), "2024-12-01T00:00", 1) == "12-30T22:00");
  // A Saturday is none unless it is named.
  CHECK(next(in_new_york("0 12 28 12 *", long_one, holiday_policy::skip), "2024-12-01T00:00", 1) == "12-28T17:00");
  CHECK(next(in_new_york("0 12 28 12 *", {day(2024, 12, 28)}, holiday_policy::next_business_day), "2024-12-01T00:00", 1) == "12-30T17:00");
}

TEST_CASE("schedule: what holidays take away for good ends, and so does time", "[calendar]") {
  std::vector<date> leap_days;
  for (int year = 2024; year < 2200; year += 4) leap_days.push_back(day(year, 2, 29));
  CHECK_FALSE(in_new_york("0 0 29 2 *", leap_days, holiday_policy::skip).next_after(at("2024-01-01T00:00")));
  const auto daily = in_new_york("@daily");
  CHECK_FALSE(daily.next_after(at("2200-01-01T00:00")));
  CHECK_FALSE(daily.next_after(timestamp{INT64_MAX}));
  CHECK(daily.next_after(at("2199-12-30T06:00")));
  CHECK(daily.next_after(timestamp{INT64_MIN}) == daily.next_after(at("1680-01-01T00:00")));
  CHECK(in_new_york("@hourly").next_after(timestamp{INT64_MIN}));
  CHECK_THAT(holiday_set::make(std::vector<date>(5'000)).error().message, has_part("5000 holidays; at most 4096"));
  CHECK(holiday_set::make({{3}, {1}, {3}})->dates().size() == 2);
}

// Whatever clocks do, also twice within an hour: the same runs as minute by minute, in order, and from wherever one asks.
TEST_CASE("schedule: in any zone, any expression, with any holidays, what a walk through all minutes finds", "[calendar]") {
  CHECK(rc::check([] {
    const auto z = std::make_shared<const zone>(*random_zone());
    const auto text = *random_minutely_cron();
    const date first = day(2024, 2, 25);
    const auto holidays = *random_holidays(first, {first.days + 50});
    const auto policy = *random_policy();
    RC_LOG() << text << " policy " << static_cast<int>(policy);
    const auto c = cron::parse(text);
    if (!c) RC_DISCARD("no date");
    const schedule s(*c, z, *holiday_set::make(holidays), policy);
    const timestamp begin = start_of(first) - day_ns, end = start_of(first) + 45 * day_ns;
    const auto expected = schedule_oracle(
                              text, [&](timestamp t) { return floor_div(z->local(t).ns, minute_ns); }, holidays, policy)
                              .runs(begin, end);
    std::vector<timestamp> found;
    for (auto t = s.next_after(begin - 1); t && *t < end; t = s.next_after(*t)) found.push_back(*t);
    if (found != expected) {
      for (std::size_t i = 0; i < std::max(found.size(), expected.size()); ++i)
        if (i >= found.size() || i >= expected.size() || found[i] != expected[i])
          RC_FAIL("run " + std::to_string(i) + ": " + (i < found.size() ? to_string(found[i]) : "none") + ", expected " +
                  (i < expected.size() ? to_string(expected[i]) : "none"));
    }
    const timestamp asked = begin + *rc::gen::inRange<std::int64_t>(0, (end - begin) / second_ns) * second_ns;
    const auto behind = std::upper_bound(expected.begin(), expected.end(), asked);
    const auto answer = s.next_after(asked);
    if (behind != expected.end()) RC_ASSERT(answer == *behind);
    else RC_ASSERT(!answer || *answer >= end);
  }));
}
