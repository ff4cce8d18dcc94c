#include "domain/calendar/value_dates.hpp"

#include <rapidcheck.h>

#include "domain/base/archive.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::calendar;

namespace {

currency in(const char* code) { return *currency::parse(code); }
date day(int year, unsigned month, unsigned d) { return date_of({year, month, d}); }

struct holidays {
  bank_holidays of;
  holidays& on(const char* code, std::initializer_list<date> dates) {
    REQUIRE(of.define(in(code), 1, dates));
    return *this;
  }
};
settlement_terms pair(const char* base, const char* quote) { return {in(base), in(quote), spot_lag_days(in(base), in(quote))}; }
std::string settles(date traded, const settlement_terms& t, const holidays& h = {}) {
  auto d = value_date_of(traded, t, h.of);
  return d ? to_string(*d) : d.error().message;
}
std::int32_t days(date d, const settlement_terms& t, const holidays& h = {}) {
  auto r = roll_of(d, t, h.of);
  REQUIRE(r);
  return r->days();
}

// Monday to Friday of a week without holidays.
const date monday = day(2024, 6, 10), tuesday = day(2024, 6, 11), wednesday = day(2024, 6, 12), thursday = day(2024, 6, 13), friday = day(2024, 6, 14);

}  // namespace

TEST_CASE("spot settles two days after the trade, and one for the pairs of USD with CAD, TRY, PHP and RUB") {
  CHECK(settles(monday, pair("EUR", "USD")) == "2024-06-12");
  CHECK(settles(thursday, pair("EUR", "USD")) == "2024-06-17");
  CHECK(settles(friday, pair("GBP", "JPY")) == "2024-06-18");
  for (const char* c : {"CAD", "TRY", "PHP", "RUB"}) {
    INFO(c);
    CHECK(settles(monday, pair("USD", c)) == "2024-06-11");
    CHECK(settles(friday, pair("USD", c)) == "2024-06-17");
    // A cross takes the later of its two.
    CHECK(settles(monday, pair("EUR", c)) == "2024-06-12");
  }
  CHECK(settles(monday, pair("CAD", "TRY")) == "2024-06-11");
  CHECK(settles(monday, {in("USD"), in("CAD"), 2}) == "2024-06-12");  // as it is said to
  CHECK(settles(monday, {in("EUR"), in("USD"), 0}) == "2024-06-10");
}

TEST_CASE("three days on Wednesday are a consequence of T+2, and on Thursday of T+1") {
  const std::vector<date> week{monday, tuesday, wednesday, thursday, friday};
  std::vector<std::int32_t> two, one;
  for (const auto d : week) {
    two.push_back(days(d, pair("EUR", "USD")));
    one.push_back(days(d, pair("USD", "CAD")));
  }
  CHECK(two == std::vector<std::int32_t>{1, 1, 3, 1, 1});
  CHECK(one == std::vector<std::int32_t>{1, 1, 1, 3, 1});
}

TEST_CASE("a settlement day is good in both currencies and in USD") {
  // R3: where Friday is a holiday, a position that is held over the Wednesday roll would settle on Monday: four days over the roll that reaches it.
  const auto good_friday = day(2024, 3, 29);
  holidays h;
  h.on("GBP", {good_friday, day(2024, 4, 1)});
  CHECK(settles(day(2024, 3, 26), pair("GBP", "USD"), h) == "2024-03-28");
  CHECK(settles(day(2024, 3, 27), pair("GBP", "USD"), h) == "2024-04-02");
  CHECK(days(day(2024, 3, 26), pair("GBP", "USD"), h) == 5);
  // Friday alone: Tuesday's roll carries four days, as the brokers say.
  holidays friday_only;
  friday_only.on("GBP", {friday});
  CHECK(days(tuesday, pair("GBP", "USD"), friday_only) == 4);
  CHECK(days(wednesday, pair("GBP", "USD"), friday_only) == 1);
  // A cross does not settle on a holiday of USD.
  holidays us;
  us.on("USD", {wednesday});
  CHECK(settles(monday, pair("EUR", "GBP"), us) == "2024-06-13");
  CHECK(settles(monday, pair("EUR", "GBP")) == "2024-06-12");
}

TEST_CASE("the day in between passes over a holiday of its currency, and not over one of USD") {
  holidays us, yen;
  us.on("USD", {tuesday});
  yen.on("JPY", {tuesday});
  CHECK(settles(monday, pair("USD", "JPY"), us) == "2024-06-12");
  CHECK(settles(monday, pair("USD", "JPY"), yen) == "2024-06-13");
  CHECK(settles(monday, pair("EUR", "USD"), yen) == "2024-06-12");
  // Latin America: USD's count too.
  CHECK(settles(monday, pair("USD", "MXN"), us) == "2024-06-13");
  CHECK(settles(monday, pair("EUR", "MXN"), us) == "2024-06-13");
  CHECK(settles(monday, pair("USD", "BRL")) == "2024-06-12");
  // T+1: there is no day in between, and the day itself is good in USD.
  CHECK(settles(monday, pair("USD", "CAD"), us) == "2024-06-12");
  // A cross takes the later of two that were counted apart: the euro's day in between was a holiday, and the yen's last.
  holidays both;
  both.on("EUR", {tuesday}).on("JPY", {wednesday});
  CHECK(settles(monday, pair("EUR", "JPY"), both) == "2024-06-13");
}

TEST_CASE("no days, and more than four") {
  holidays us;
  us.on("USD", {wednesday});
  // Monday's trade would settle on USD's holiday, and settles on Thursday, as Tuesday's does.
  CHECK(settles(monday, pair("EUR", "USD"), us) == "2024-06-13");
  CHECK(settles(tuesday, pair("EUR", "USD"), us) == "2024-06-13");
  CHECK(days(monday, pair("EUR", "USD"), us) == 0);
  // Golden Week of 2019: ten days off in Tokyo.
  holidays golden;
  golden.on("JPY", {day(2019, 4, 29), day(2019, 4, 30), day(2019, 5, 1), day(2019, 5, 2), day(2019, 5, 3), day(2019, 5, 6)});
  CHECK(settles(day(2019, 4, 24), pair("USD", "JPY"), golden) == "2019-04-26");
  CHECK(settles(day(2019, 4, 25), pair("USD", "JPY"), golden) == "2019-05-07");
  CHECK(days(day(2019, 4, 24), pair("USD", "JPY"), golden) == 11);
}

TEST_CASE("what is no trading day, and holidays without an end, are refused") {
  CHECK_FALSE(value_date_of(day(2024, 6, 15), pair("EUR", "USD"), {}));
  std::set<date> months;
  for (std::int32_t i = 0; i < 200; ++i) months.insert(date{monday.days + i});
  bank_holidays closed;
  REQUIRE(closed.define(in("EUR"), 1, months));
  auto refused = value_date_of(monday, pair("EUR", "USD"), closed);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(value_date_of(monday, pair("GBP", "USD"), closed));
}

TEST_CASE("holidays of a later version replace those of an earlier one, and are bounded") {
  bank_holidays h;
  REQUIRE(h.define(in("EUR"), 2, {monday}));
  REQUIRE(h.define(in("EUR"), 2, {tuesday}));
  CHECK((h.contains(in("EUR"), monday) && h.contains(in("EUR"), tuesday)));
  REQUIRE(h.define(in("EUR"), 1, {friday}));
  CHECK_FALSE(h.contains(in("EUR"), friday));
  REQUIRE(h.define(in("EUR"), 3, {friday}));
  CHECK((h.contains(in("EUR"), friday) && !h.contains(in("EUR"), monday)));
  std::set<date> many;
  for (std::int32_t i = 0; i <= static_cast<std::int32_t>(bank_holidays::dates_max); ++i) many.insert(date{i});
  CHECK_FALSE(h.define(in("EUR"), 4, many));
  CHECK(h.contains(in("EUR"), friday));
  state_writer w;
  w(h);
  bank_holidays read;
  state_reader r(w.bytes());
  r(read);
  CHECK((!r.failed() && r.at_end() && read.contains(in("EUR"), friday)));
}

TEST_CASE("the days of all rolls sum up to the days of the calendar, whatever the holidays") {
  const auto holds = rc::check([] {
    bank_holidays h;
    const auto first = date{*rc::gen::inRange(14'000, 20'000)};
    const std::vector<const char*> codes{"USD", "EUR", "JPY", "CAD", "MXN", "TRY"};
    for (const char* c : codes) {
      std::set<date> dates;
      for (int i = *rc::gen::inRange(0, 30); i > 0; --i) dates.insert(date{first.days + *rc::gen::inRange(0, 420)});
      RC_ASSERT(static_cast<bool>(h.define(in(c), 1, dates)));
    }
    const auto b = static_cast<std::size_t>(*rc::gen::inRange(0, 6)), q = static_cast<std::size_t>(*rc::gen::inRange(1, 6));
    const auto terms = pair(codes[b], codes[(b + q) % 6]);
    date d = first;
    if (weekday(d) == 0 || weekday(d) == 6) d = next_trading_day(d);
    const auto opened = value_date_of(d, terms, h);
    RC_ASSERT(static_cast<bool>(opened));
    std::int32_t sum = 0;
    date until = d;
    for (int i = 0; i < 260; ++i, until = next_trading_day(until)) {
      const auto r = roll_of(until, terms, h);
      RC_ASSERT(static_cast<bool>(r));
      RC_ASSERT(r->days() >= 0);
      RC_ASSERT(!h.contains(terms.base, r->value_date) && !h.contains(terms.quote, r->value_date) && !h.contains(in("USD"), r->value_date));
      sum += r->days();
    }
    RC_ASSERT(sum == value_date_of(until, terms, h)->days - opened->days);
  });
  CHECK(holds);
}
