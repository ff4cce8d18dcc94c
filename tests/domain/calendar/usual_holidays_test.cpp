#include "domain/calendar/usual_holidays.hpp"

#include <algorithm>
#include <sstream>

#include "domain/calendar/value_dates.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::calendar;

namespace {

currency in(const char* code) { return *currency::parse(code); }

// "1/2 1/16 …", as their publishers list them.
std::string holidays(const char* code, int year) {
  std::ostringstream out;
  for (const auto d : usual_bank_holidays(in(code), year)) {
    const auto c = civil_of(d);
    out << (out.tellp() > 0 ? " " : "") << c.month << "/" << c.day;
  }
  return out.str();
}

}  // namespace

TEST_CASE("Easter") {
  CHECK(easter_sunday(2000) == date_of({2000, 4, 23}));
  CHECK(easter_sunday(2008) == date_of({2008, 3, 23}));
  CHECK(easter_sunday(2011) == date_of({2011, 4, 24}));
  CHECK(easter_sunday(2012) == date_of({2012, 4, 8}));
  CHECK(easter_sunday(2024) == date_of({2024, 3, 31}));
  CHECK(easter_sunday(2038) == date_of({2038, 4, 25}));
}

TEST_CASE("the holidays that central banks and exchanges have published for single years") {
  CHECK(holidays("USD", 2012) == "1/2 1/16 2/20 5/28 7/4 9/3 10/8 11/12 11/22 12/25");
  CHECK(holidays("USD", 2023) == "1/2 1/16 2/20 5/29 6/19 7/4 9/4 10/9 11/23 12/25");  // Veterans Day on a Saturday is not kept
  CHECK(holidays("USD", 2021) == "1/1 1/18 2/15 5/31 7/5 9/6 10/11 11/11 11/25");
  CHECK(holidays("EUR", 2024) == "1/1 3/29 4/1 5/1 12/25 12/26");
  CHECK(holidays("EUR", 2012) == "4/6 4/9 5/1 12/25 12/26");
  CHECK(holidays("GBP", 2012) == "1/2 4/6 4/9 5/7 6/4 6/5 8/27 12/25 12/26");
  CHECK(holidays("GBP", 2022) == "1/3 4/15 4/18 5/2 6/2 6/3 8/29 9/19 12/26 12/27");
  CHECK(holidays("GBP", 2020) == "1/1 4/10 4/13 5/8 5/25 8/31 12/25 12/28");
  CHECK(holidays("CHF", 2024) == "1/1 1/2 3/29 4/1 5/1 5/9 5/20 8/1 12/25 12/26");
  CHECK(holidays("CAD", 2024) == "1/1 2/19 3/29 5/20 7/1 8/5 9/2 9/30 10/14 11/11 12/25 12/26");
  CHECK(holidays("AUD", 2024) == "1/1 1/26 3/29 4/1 4/25 6/10 8/5 10/7 12/25 12/26");
  CHECK(holidays("AUD", 2022) == "1/3 1/26 4/15 4/18 4/25 6/13 8/1 9/22 10/3 12/26 12/27");
  CHECK(holidays("NZD", 2024) == "1/1 1/2 2/6 3/29 4/1 4/25 6/3 6/28 10/28 12/25 12/26");
  CHECK(holidays("NZD", 2022) == "1/3 1/4 2/7 4/15 4/18 4/25 6/6 6/24 9/26 10/24 12/26 12/27");
  CHECK(holidays("JPY", 2024) == "1/1 1/2 1/3 1/8 2/12 2/23 3/20 4/29 5/3 5/6 7/15 8/12 9/16 9/23 10/14 11/4 12/31");
  CHECK(holidays("JPY", 2019) == "1/1 1/2 1/3 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/6 7/15 8/12 9/16 9/23 10/14 10/22 11/4 12/31");
  CHECK(holidays("JPY", 2021) == "1/1 1/11 2/11 2/23 4/29 5/3 5/4 5/5 7/22 7/23 8/9 9/20 9/23 11/3 11/23 12/31");
  CHECK(holidays("JPY", 2015) == "1/1 1/2 1/12 2/11 4/29 5/4 5/5 5/6 7/20 9/21 9/22 9/23 10/12 11/3 11/23 12/23 12/31");
  CHECK(holidays("JPY", 2012) == "1/2 1/3 1/9 3/20 4/30 5/3 5/4 7/16 9/17 10/8 11/23 12/24 12/31");
  CHECK(holidays("SEK", 2024).empty());
  CHECK(holidays("USD", 1999).empty());
}

TEST_CASE("every year has them on weekdays, ascending, each once, and few") {
  for (const char* code : {"USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "JPY"})
    for (int year = 2000; year < 2100; ++year) {
      const auto all = usual_bank_holidays(in(code), year);
      INFO(code << " " << year << ": " << holidays(code, year));
      CHECK((all.size() >= 3 && all.size() <= 22));
      CHECK(std::is_sorted(all.begin(), all.end(), std::less_equal<>()));
      for (const auto d : all) {
        CHECK((weekday(d) != 0 && weekday(d) != 6));
        CHECK(civil_of(d).year == year);
      }
    }
}

TEST_CASE("with them, value dates are those of the market around Easter and Golden Week") {
  bank_holidays h;
  for (const char* code : {"USD", "EUR", "GBP", "JPY"})
    for (int year = 2019; year <= 2024; ++year) {
      const auto all = usual_bank_holidays(in(code), year);
      REQUIRE(h.define(in(code), 1, {all.begin(), all.end()}));
    }
  // Maundy Thursday 2024: Good Friday and Easter Monday are passed over, and the day in between must be good too.
  CHECK(value_date_of(date_of({2024, 3, 28}), {in("EUR"), in("USD"), 2}, h).value_or({}) == date_of({2024, 4, 3}));
  CHECK(value_date_of(date_of({2024, 3, 27}), {in("EUR"), in("USD"), 2}, h).value_or({}) == date_of({2024, 4, 2}));
  // Independence Day 2024, a Thursday: no day of settlement, but one in between.
  CHECK(value_date_of(date_of({2024, 7, 2}), {in("EUR"), in("USD"), 2}, h).value_or({}) == date_of({2024, 7, 5}));
  CHECK(value_date_of(date_of({2024, 7, 3}), {in("EUR"), in("USD"), 2}, h).value_or({}) == date_of({2024, 7, 5}));
  CHECK(value_date_of(date_of({2019, 4, 25}), {in("USD"), in("JPY"), 2}, h).value_or({}) == date_of({2019, 5, 7}));
}
