#include "domain/calendar/cron.hpp"

#include <rapidcheck.h>

#include "tests/domain/calendar/cron_oracle.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using calendar::cron;

namespace {

date day(int year, unsigned month, unsigned d) { return date_of({year, month, d}); }

cron parsed(const std::string& text) {
  auto c = cron::parse(text);
  INFO(text);
  if (!c) FAIL(c.error().message);
  return *c;
}

// "2024-01-31 2024-02-29": the dates of a stretch that match.
std::string dates(const std::string& text, date from, date to) {
  const auto c = parsed(text);
  std::string all;
  for (date d = from; d <= to; ++d.days)
    if (c.matches(d)) all += (all.empty() ? "" : " ") + to_string(d).substr(5);
  return all;
}
std::string dates_of_2024(const std::string& text) { return dates(text, day(2024, 1, 1), day(2024, 12, 31)); }

// "17:00:00 17:30:00"
std::string times(const std::string& text) {
  const auto c = parsed(text);
  std::string all;
  for (auto s = c.next_time(0); s; s = *s == 86'399 ? std::nullopt : c.next_time(*s + 1)) {
    const auto two = [](int n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
    all += (all.empty() ? "" : " ") + two(*s / 3600) + ":" + two(*s / 60 % 60) + ":" + two(*s % 60);
  }
  return all;
}

std::string refusal(const std::string& text) {
  auto c = cron::parse(text);
  INFO(text);
  REQUIRE_FALSE(c);
  CHECK(c.error().code == errc::invalid_argument);
  return c.error().message;
}

}  // namespace

TEST_CASE("cron: times of a day", "[calendar]") {
  CHECK(times("0 17 * * *") == "17:00:00");
  CHECK(times("0,30 9-11 * * *") == "09:00:00 09:30:00 10:00:00 10:30:00 11:00:00 11:30:00");
  CHECK(times("*/20 23 * * *") == "23:00:00 23:20:00 23:40:00");
  CHECK(times("10-50/20 0 * * *") == "00:10:00 00:30:00 00:50:00");
  CHECK(times("30 59 23 * * *") == "23:59:30");
  CHECK(times("*/30 59 23 * * *") == "23:59:00 23:59:30");
  CHECK(times("59 59 23 * * *") == "23:59:59");
  CHECK(times("@daily") == "00:00:00");
  CHECK(times("@hourly").size() == 24 * 9 - 1);
  CHECK(parsed("* 0-23 * * *").periodic());
  CHECK(parsed("0 */2 * * *").periodic());
  CHECK(parsed("0 1,4-10/3 * * *").periodic());
  CHECK(parsed("@hourly").periodic());
  CHECK_FALSE(parsed("* 0,30 9-17 */2 * *").periodic());
  CHECK_FALSE(parsed("@daily").periodic());
}

TEST_CASE("cron: days of the month, its end in leap years and others, and its weekdays", "[calendar]") {
  CHECK(dates_of_2024("0 0 L * *") == "01-31 02-29 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31");
  CHECK(dates("0 0 L 2 *", day(2023, 1, 1), day(2025, 12, 31)) == "02-28 02-29 02-28");
  CHECK(dates("0 0 L 2 *", day(2100, 1, 1), day(2100, 12, 31)) == "02-28");
  CHECK(dates("0 0 29 2 *", day(2000, 1, 1), day(2009, 12, 31)) == "02-29 02-29 02-29");
  CHECK(dates_of_2024("0 0 L-1 1-3 *") == "01-30 02-28 03-30");
  CHECK(dates_of_2024("0 0 L-30 * *") == "01-01 03-01 05-01 07-01 08-01 10-01 12-01");
  CHECK(dates_of_2024("0 0 31 * *") == "01-31 03-31 05-31 07-31 08-31 10-31 12-31");
  // 31 March 2024, 30 June and 1 June, 1 September: Sundays and Saturdays at the months' edges.
  CHECK(dates_of_2024("0 0 LW * *") == "01-31 02-29 03-29 04-30 05-31 06-28 07-31 08-30 09-30 10-31 11-29 12-31");
  CHECK(dates_of_2024("0 0 1W 6,9 *") == "06-03 09-02");
  CHECK(dates_of_2024("0 0 31W 3,8 *") == "03-29 08-30");
  CHECK(dates_of_2024("0 0 15W 6,9,10 *") == "06-14 09-16 10-15");
  CHECK(dates_of_2024("0 0 30W 2 MON") == "02-05 02-12 02-19 02-26");  // February has no 30th
  CHECK(dates_of_2024("0 0 1,L 1-2 *") == "01-01 01-31 02-01 02-29");
}

TEST_CASE("cron: days of the week, the n-th and the last of a month", "[calendar]") {
  CHECK(dates("0 0 * * MON-FRI", day(2024, 5, 3), day(2024, 5, 9)) == "05-03 05-06 05-07 05-08 05-09");
  CHECK(dates("0 0 * * 0", day(2024, 5, 1), day(2024, 5, 14)) == "05-05 05-12");
  CHECK(dates("0 0 * * 7", day(2024, 5, 1), day(2024, 5, 14)) == "05-05 05-12");
  CHECK(dates("0 0 * * 6-7", day(2024, 5, 1), day(2024, 5, 8)) == "05-04 05-05");
  CHECK(dates_of_2024("0 0 * mar,Nov sun#2") == "03-10 11-10");
  CHECK(dates_of_2024("0 0 * * FRI#5") == "03-29 05-31 08-30 11-29");
  CHECK(dates_of_2024("0 0 * 3,10 SunL") == "03-31 10-27");
  CHECK(dates_of_2024("0 0 * 2 4L,5#1") == "02-02 02-29");
  CHECK(dates_of_2024("@weekly").size() == 52 * 6 - 1);
  CHECK(dates_of_2024("@monthly") == dates_of_2024("0 0 1 * *"));
  CHECK(dates_of_2024("@Yearly") == "01-01");
}

TEST_CASE("cron: two restricted fields of days are either, and one that begins with a star is both", "[calendar]") {
  CHECK(dates("0 0 13 * FRI", day(2024, 9, 10), day(2024, 9, 20)) == "09-13 09-20");
  CHECK(dates("0 0 12 * FRI", day(2024, 9, 10), day(2024, 9, 20)) == "09-12 09-13 09-20");
  CHECK(dates("0 0 */2 * FRI", day(2024, 9, 1), day(2024, 9, 30)) == "09-13 09-27");
  CHECK(dates("0 0 1-31/2 * FRI", day(2024, 9, 9), day(2024, 9, 14)) == "09-09 09-11 09-13");
  CHECK(dates("0 0 12 * ?", day(2024, 9, 10), day(2024, 9, 20)) == "09-12");
  CHECK(dates("0 0 ? * FRI", day(2024, 9, 10), day(2024, 9, 20)) == "09-13 09-20");
}

TEST_CASE("cron: a refusal names the field, its text, and what is allowed", "[calendar]") {
  CHECK_THAT(refusal("60 * * * *"), has_part("minute '60': '60' is none of its values; allowed are 0 to 59"));
  CHECK_THAT(refusal("0 24 * * *"), has_part("hour '24'") && has_part("0 to 23"));
  CHECK_THAT(refusal("60 0 0 * * *"), has_part("second '60'"));
  CHECK_THAT(refusal("0 0 0 * *"), has_part("day of month '0'") && has_part("1 to 31, L, L-n, nW, LW"));
  CHECK_THAT(refusal("0 0 32W * *"), has_part("day of month '32W'"));
  CHECK_THAT(refusal("0 0 L-31 * *"), has_part("day of month 'L-31'"));
  CHECK_THAT(refusal("0 0 L-0 * *"), has_part("day of month 'L-0'"));
  CHECK_THAT(refusal("0 0 * 13 *"), has_part("month '13'") && has_part("JAN to DEC"));
  CHECK_THAT(refusal("0 0 * foo *"), has_part("month 'foo': 'FOO' is none of its values"));
  CHECK_THAT(refusal("0 0 * * 8"), has_part("day of week '8'") && has_part("SUN to SAT"));
  CHECK_THAT(refusal("0 0 * * MON#6"), has_part("day of week 'MON#6'"));
  CHECK_THAT(refusal("0 0 * * L"), has_part("day of week 'L'"));
  CHECK_THAT(refusal("0 17-9 * * *"), has_part("the range '17-9' ends before it begins"));
  CHECK_THAT(refusal("0 0 * * FRI-MON"), has_part("the range 'FRI-MON' ends before it begins"));
  CHECK_THAT(refusal("5/15 * * * *"), has_part("a step needs a range before it: 5-59/15"));
  CHECK_THAT(refusal("*/0 * * * *"), has_part("the step of '*/0' is no number from 1 to 59"));
  CHECK_THAT(refusal("*/x * * * *"), has_part("the step of '*/X'"));
  CHECK_THAT(refusal("1,,2 * * * *"), has_part("an empty place in its list"));
  CHECK_THAT(refusal(", * * * *"), has_part("an empty place in its list"));
  CHECK_THAT(refusal("? * * * *"), has_part("minute '?'"));
  CHECK_THAT(refusal("0 0 * *"), has_part("has 4 fields") && has_part("@hourly"));
  CHECK_THAT(refusal(""), has_part("has 0 fields"));
  CHECK_THAT(refusal("0 0 0 * * * 2024"), has_part("has 7 fields"));
  CHECK_THAT(refusal("@noon"), has_part("'@noon' is none of @hourly @daily"));
  CHECK_THAT(refusal("@daily @daily"), has_part("has 2 fields"));
  CHECK_THAT(refusal(std::string(300, '1')), has_part("300 bytes; at most 127"));
  CHECK_THAT(refusal("-1 * * * *"), has_part("minute '-1'"));
  CHECK_THAT(refusal("99999999999999999999 * * * *"), has_part("minute '99999999999999999999'"));
}

TEST_CASE("cron: what no date can match is refused, and what few do is not", "[calendar]") {
  for (const auto* never : {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31W 2 *", "0 0 L-29 2 ?", "0 0 30,31 2 *"})
    CHECK_THAT(refusal(never), has_part("no date matches, in whatever year"));
  CHECK(parsed("0 0 29 2 *").matches(day(2096, 2, 29)));
  CHECK(dates("0 0 * 2 SUN#5", day(2000, 1, 1), day(2040, 12, 31)) == "02-29 02-29");  // 2004 and 2032
  // Sundays on 29 February lie 28 years apart, and forty around 2100.
  CHECK(dates("0 0 * 2 SUN#5", day(2089, 1, 1), day(2128, 2, 28)).empty());
  CHECK(parsed("0 0 * 2 SUN#5").matches(day(2128, 2, 29)));
  CHECK(parsed("0 0 30 2 MON").matches(day(2024, 2, 5)));  // by weekday
}

// Texts of the right form: what the two readings make of them, for every day of a year and a stretch of seconds.
TEST_CASE("cron: a second reading of the text finds the same dates and times", "[calendar]") {
  int refused = 0;
  CHECK(rc::check([&] {
    const auto text = *random_cron();
    RC_LOG() << text;
    const cron_oracle oracle(text);
    const auto c = cron::parse(text);
    const date first = day(*rc::gen::inRange(1999, 2031), 1, 1);
    if (!c) {
      ++refused;
      RC_ASSERT(c.error().message.find("no date matches") != std::string::npos);
      for (date d = first; d.days < first.days + 10'500; ++d.days) RC_ASSERT(!oracle.day(d));
      return;
    }
    RC_ASSERT(c->periodic() == oracle.periodic());
    for (date d = first; d.days < first.days + 366; ++d.days)
      if (c->matches(d) != oracle.day(d)) RC_FAIL(to_string(d));
    std::optional<std::int32_t> next;  // the first at or behind s, from the end of the day on
    for (std::int32_t s = 86'399; s >= 0; --s) {
      const bool matches = oracle.time(s / 3600, s / 60 % 60, s % 60);
      if (matches) next = s;
      if (s % 61 != 0 && !matches) continue;
      if (c->matches_time(s) != matches || c->next_time(s) != next) RC_FAIL(std::to_string(s));
    }
  }));
}

TEST_CASE("cron: whatever text there is, it is read or refused", "[calendar]") {
  CHECK(rc::check([] {
    const auto text = *rc::gen::container<std::string>(
        rc::gen::element('*', '/', '-', ',', ' ', ' ', ' ', '0', '1', '5', '9', 'L', 'W', '#', 'M', 'O', 'N', '?', '@', 'x', '\0', '\xff'));
    const auto c = cron::parse(text);
    RC_ASSERT(c || !c.error().message.empty());
  }));
}
