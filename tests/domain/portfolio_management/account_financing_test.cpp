#include <rapidcheck.h>

#include "domain/portfolio_management/account_host.hpp"
#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::portfolio_management;

namespace {

constexpr host_id self{16};
constexpr instrument_id kiwi{2};
date day(int year, unsigned month, unsigned d) { return date_of({year, month, d}); }
const date monday = day(2024, 6, 10), tuesday = day(2024, 6, 11), wednesday = day(2024, 6, 12), thursday = day(2024, 6, 13), friday = day(2024, 6, 14);
timestamp close_of(date d) { return start_of(d) + 21 * hour_ns; }

account_configuration settings(financing_method method, position_mode mode = position_mode::netting, const char* in_currency = "USD") {
  account_configuration c;
  c.account = alice;
  c.in = in(in_currency);
  c.minor_units = 2;
  c.positions = mode;
  c.conversion = conversion_method::side_traded;
  c.financing.method = method;
  if (method == financing_method::annual_rate) c.financing.day_count = 365;
  return c;
}

/// One account on GBP/USD, T+2, rolling in New York.
struct account : host_driver<account_host> {
  explicit account(account_configuration c, std::int64_t balance = 100'000'000) : host_driver(account_host(self, c), self), configuration(c) {
    auto pair = pound_dollar();
    pair.spot_lag_days = 2;
    input(pair, start);
    account_opened o;
    o.account = alice;
    o.balance = amount{balance};
    input(o, start);
    quote("1.50000", "1.50010");
  }
  account& quote(const char* bid, const char* ask) {
    input(quote_of(bid, ask), start);
    return *this;
  }
  position_changed fill(side direction, std::int64_t size, const char* price_text, position_id closes = {}) {
    order_filled f;
    f.order = order_of(3, ++orders);
    f.strategy = strategy_id{3};
    f.account = alice;
    f.instrument = pound;
    f.direction = direction;
    f.size = units(size);
    f.at_price = at(price_text);
    f.closes = closes;
    return only<position_changed>(input(f, start)).back();
  }
  std::vector<event> publish(swap_unit unit, const char* of_long, const char* of_short, date first = day(1900, 1, 1), date last = day(2200, 1, 1)) {
    swap_rates_published r{pound, first, last, unit, *rate::parse(of_long), *rate::parse(of_short), 0, {}};
    return input(r, start);
  }
  std::vector<event> report(date d, std::int64_t cents) { return input(swap_reported{alice, pound, d, amount{cents}, "statement"}, start); }
  std::vector<event> roll(date d, roll_profile profile = roll_profile::new_york) { return input(trading_day_rolled{d, close_of(d), profile}, close_of(d)); }
  std::vector<financing_booked> financed(date d, roll_profile profile = roll_profile::new_york) { return only<financing_booked>(roll(d, profile)); }
  void restart() {
    account_host fresh(self, configuration);
    REQUIRE(tests::restore(fresh, saved(host())));
    replace(std::move(fresh));
  }

  account_configuration configuration;
  std::uint32_t orders = 0;
};

std::int64_t sum(const std::vector<financing_booked>& all) {
  std::int64_t total = 0;
  for (const auto& b : all) total += b.booked.value;
  return total;
}

}  // namespace

TEST_CASE("points: what is held over the roll is booked, signed from the holder's view, three days on Wednesday") {
  account a(settings(financing_method::points));
  a.publish(swap_unit::points, "-11.49", "7.02");
  a.fill(side::buy, 100'000, "1.5001");
  std::vector<std::int64_t> week;
  for (const auto d : {monday, tuesday, wednesday, thursday, friday}) {
    const auto all = a.financed(d);
    REQUIRE(all.size() == 1);
    week.push_back(all[0].booked.value);
  }
  CHECK(week == std::vector<std::int64_t>{-1'149, -1'149, -3'447, -1'149, -1'149});
  const auto last = a.all_of<financing_booked>().back();
  CHECK(last.state == financing_state::booked);
  CHECK(last.day == friday);
  CHECK(last.value_date == day(2024, 6, 19));
  CHECK(last.net == units(100'000));
  CHECK(last.figure == *rate::parse("-11.49"));
  CHECK(last.strategy == strategy_id{3});
  CHECK(a.host().balance() == amount{100'000'000 - 7 * 1'149});
  CHECK(last.balance == a.host().balance());
  CHECK(a.host().financing() == amount{-7 * 1'149});
  CHECK(a.host().financing_bookings() == 5);
  // Five rolls a week.
  CHECK(a.financed(day(2024, 6, 15)).empty());
  CHECK(a.financed(day(2024, 6, 16)).empty());
  // The short's figure, once it is one.
  a.fill(side::sell, 300'000, "1.5");
  CHECK(sum(a.financed(day(2024, 6, 17))) == 2 * 702);
  CHECK_FALSE(a.failure());
}

TEST_CASE("what is closed before the roll, and a flat account, are not financed") {
  account a(settings(financing_method::points));
  a.publish(swap_unit::points, "-11.49", "7.02");
  a.fill(side::buy, 100'000, "1.5001");
  a.fill(side::sell, 100'000, "1.5");
  CHECK(a.financed(monday).empty());
}

TEST_CASE("the day's record has its financing, and equity goes with it") {
  account a(settings(financing_method::points));
  a.publish(swap_unit::points, "-11.49", "7.02");
  a.quote("1.50000", "1.50000");
  a.fill(side::buy, 100'000, "1.5");
  const auto events = a.roll(wednesday);
  REQUIRE(events.size() == 3);
  CHECK(only<account_valued>(events).at(0).balance == amount{100'000'000 - 3'447});
  const auto closed = only<day_closed>(events).at(0);
  CHECK(closed.financing == amount{-3'447});
  CHECK(closed.end_equity.value == closed.start_equity.value + closed.realised.value - closed.commission.value + closed.financing.value);
  a.restart();
  const auto next = only<day_closed>(a.roll(thursday)).at(0);
  CHECK(next.financing == amount{-1'149});
  CHECK(next.start_equity == closed.end_equity);
}

TEST_CASE("hedging: each position is financed by itself") {
  account a(settings(financing_method::points, position_mode::hedging));
  a.publish(swap_unit::points, "-11.49", "7.02");
  const auto one = a.fill(side::buy, 100'000, "1.5001").position, other = a.fill(side::sell, 100'000, "1.5").position;
  const auto all = a.financed(monday);
  REQUIRE(all.size() == 2);
  CHECK((all[0].position == one && all[0].booked == amount{-1'149}));
  CHECK((all[1].position == other && all[1].booked == amount{702}));
  CHECK(all[1].balance == amount{100'000'000 - 1'149 + 702});
}

TEST_CASE("a yearly rate goes by the mid at the roll; the amount is converted exactly and rounded once") {
  auto c = settings(financing_method::annual_rate, position_mode::netting, "GBP");
  account a(c);
  a.publish(swap_unit::annual_rate, "-0.03", "0.01");
  a.fill(side::buy, 100'000, "1.5001");
  a.quote("1.15820", "1.15832");
  const auto b = a.financed(monday).at(0);
  CHECK(b.mark == at("1.15826"));
  // −9.51995 USD is owed, and bought for pounds at the bid: −8.2196…
  CHECK(b.booked == amount{-822});
  CHECK(b.conversion_rate == at("0.863408738"));
  c.financing.markup = *rate::parse("0.005");
  account dearer(c);
  dearer.publish(swap_unit::annual_rate, "-0.03", "0.01");
  dearer.fill(side::buy, 100'000, "1.5001");
  dearer.quote("1.15820", "1.15832");
  CHECK(dearer.financed(monday).at(0).booked == amount{-959});
  CHECK(dearer.all_of<financing_booked>().back().figure == *rate::parse("-0.035"));
}

TEST_CASE("interest differential: each currency by its own year") {
  account a(settings(financing_method::differential));
  a.publish(swap_unit::interest, "0.0107249", "0.003");
  a.quote("1.58", "1.58");
  a.fill(side::buy, 1'000'000, "1.58");
  // 1,580,000 × (0.0107249 / 365 − 0.003 / 360)
  CHECK(a.financed(monday).at(0).booked == amount{3'326});
  CHECK(a.all_of<financing_booked>().back().figure == *rate::parse("0.0077249"));
  a.fill(side::sell, 2'000'000, "1.58");
  CHECK(a.financed(tuesday).at(0).booked == amount{-3'326});
}

TEST_CASE("without rates financing is deferred, not skipped, and booked when they come") {
  account a(settings(financing_method::points));
  a.fill(side::buy, 100'000, "1.5001");
  const auto waits = a.financed(tuesday).at(0);
  CHECK(waits.state == financing_state::deferred);
  CHECK(waits.booked == amount{0});
  CHECK(waits.balance == amount{100'000'000});
  a.roll(wednesday);
  a.restart();
  CHECK(a.host().financing_deferred() == 2);
  CHECK(a.host().financing_bookings() == 0);
  // The position is gone meanwhile; its nights are not.
  a.fill(side::sell, 100'000, "1.5");
  CHECK(a.publish(swap_unit::annual_rate, "-0.03", "0.01").empty());  // figures of another method
  const auto late = only<financing_booked>(a.publish(swap_unit::points, "-11.49", "7.02", wednesday, wednesday));
  REQUIRE(late.size() == 1);
  CHECK(late[0].state == financing_state::settled);
  CHECK((late[0].day == wednesday && late[0].days == 3 && late[0].net == units(100'000)));
  CHECK(late[0].booked == amount{-3'447});
  CHECK(a.host().financing_deferred() == 1);
  CHECK(sum(only<financing_booked>(a.publish(swap_unit::points, "-10", "7"))) == -1'000);
  CHECK(a.host().financing_deferred() == 0);
  CHECK(a.publish(swap_unit::points, "-10", "7").empty());
  CHECK(a.host().financing() == amount{-4'447});
  CHECK_FALSE(a.failure());
}

TEST_CASE("the newest publication for a day goes before older ones") {
  account a(settings(financing_method::points));
  a.publish(swap_unit::points, "-11.49", "7.02");
  a.publish(swap_unit::points, "-5", "1", tuesday, tuesday);
  a.fill(side::buy, 100'000, "1.5001");
  CHECK(a.financed(monday).at(0).booked == amount{-1'149});
  CHECK(a.financed(tuesday).at(0).booked == amount{-500});
}

TEST_CASE("a swap that the broker reports wins: shared out at the roll, corrected after it") {
  account a(settings(financing_method::points, position_mode::hedging));
  a.publish(swap_unit::points, "-11.49", "7.02");
  a.fill(side::buy, 200'000, "1.5001");
  a.fill(side::buy, 100'000, "1.5001");
  CHECK(a.report(monday, -1'000).empty());
  const auto shared = a.financed(monday);
  REQUIRE(shared.size() == 2);
  CHECK(shared[0].state == financing_state::reported);
  CHECK((shared[0].booked == amount{-667} && shared[1].booked == amount{-333}));
  CHECK(sum(a.financed(tuesday)) == -3 * 1'149);
  const auto corrected = only<financing_booked>(a.report(tuesday, -3'000));
  REQUIRE(corrected.size() == 1);
  CHECK(corrected[0].state == financing_state::corrected);
  CHECK(corrected[0].booked == amount{447});
  CHECK(a.report(tuesday, -3'000).empty());  // it is so already
  CHECK(only<financing_booked>(a.report(tuesday, -3'001)).at(0).booked == amount{-1});
  CHECK(a.host().financing() == amount{-1'000 - 3'001});
  a.restart();
  CHECK(a.report(tuesday, -3'001).empty());
  CHECK_FALSE(a.failure());
}

TEST_CASE("a report ends what waits for rates, and holds where these books know of no position") {
  account a(settings(financing_method::points));
  a.fill(side::buy, 100'000, "1.5001");
  a.roll(monday);
  CHECK(a.host().financing_deferred() == 1);
  CHECK(only<financing_booked>(a.report(monday, -250)).at(0).booked == amount{-250});
  CHECK(a.host().financing_deferred() == 0);
  CHECK(a.publish(swap_unit::points, "-11.49", "7.02").empty());
  a.fill(side::sell, 100'000, "1.5");
  a.report(tuesday, -70);
  const auto alone = a.financed(tuesday);
  REQUIRE(alone.size() == 1);
  CHECK((alone[0].state == financing_state::corrected && alone[0].booked == amount{-70} && !alone[0].position));
  // A Saturday has no roll: what is reported for it comes with Monday's.
  a.report(day(2024, 6, 15), 11);
  CHECK(a.financed(day(2024, 6, 15)).empty());
  const auto saturday = a.financed(day(2024, 6, 17));
  REQUIRE(saturday.size() == 1);
  CHECK((saturday[0].day == day(2024, 6, 15) && saturday[0].booked == amount{11}));
  swap_reported other{account_id{9}, pound, tuesday, amount{-5}, {}};
  CHECK(a.input(other, start).empty());
  CHECK(a.host().financing() == amount{-309});
}

TEST_CASE("a holiday moves the days: none on one roll, four on another") {
  account a(settings(financing_method::points));
  a.publish(swap_unit::points, "-10", "5");
  holidays_defined h;
  h.version = 1;
  h.of = in("USD");
  h.dates.push_back(start_of(wednesday));
  a.input(h, start);
  a.fill(side::buy, 100'000, "1.5001");
  const auto none = a.financed(monday).at(0);
  CHECK((none.days == 0 && none.booked == amount{0} && none.state == financing_state::booked));
  h.version = 2;
  h.of = in("GBP");
  h.dates.clear();
  h.dates.push_back(start_of(friday));
  a.input(h, start);
  const auto four = a.financed(tuesday).at(0);
  CHECK((four.days == 4 && four.booked == amount{-4'000}));
}

TEST_CASE("a pair of the Auckland profile rolls there, and with New York only the day is closed") {
  account a(settings(financing_method::points));
  auto nzd = pound_dollar();
  nzd.instrument = kiwi;
  nzd.base = in("NZD");
  nzd.spot_lag_days = 2;
  nzd.roll = roll_profile::auckland;
  a.input(nzd, start);
  a.input(quote_of("0.61", "0.6101", 0, kiwi), start);
  a.input(swap_rates_published{kiwi, monday, friday, swap_unit::points, *rate::parse("-2"), *rate::parse("1"), 0, {}}, start);
  order_filled f;
  f.order = order_of(3, 900);
  f.account = alice;
  f.instrument = kiwi;
  f.direction = side::buy;
  f.size = units(100'000);
  f.at_price = at("0.6101");
  a.input(f, start);
  const auto in_auckland = a.roll(wednesday, roll_profile::auckland);
  REQUIRE(only<financing_booked>(in_auckland).size() == 1);
  CHECK(only<financing_booked>(in_auckland)[0].booked == amount{-600});
  CHECK(only<day_closed>(in_auckland).empty());
  CHECK(only<account_valued>(in_auckland).size() == 1);
  const auto in_new_york = a.roll(wednesday);
  CHECK(only<financing_booked>(in_new_york).empty());
  CHECK(only<day_closed>(in_new_york).at(0).financing == amount{-600});
}

TEST_CASE("without financing nothing is booked, except what the broker reports") {
  account a(settings(financing_method::none));
  a.fill(side::buy, 100'000, "1.5001");
  CHECK(a.financed(monday).empty());
  CHECK(a.host().financing_deferred() == 0);
  a.report(tuesday, -99);
  CHECK(sum(a.financed(tuesday)) == -99);
}

TEST_CASE("the comparison charges at its own rolls only, by the month of the event, three times on Wednesday and on Friday") {
  account a(settings(financing_method::compat, position_mode::hedging));
  a.publish(swap_unit::interest, "0.0107249", "0.003", day(2024, 6, 1), day(2024, 6, 30));
  a.quote("1.58", "1.58");
  a.fill(side::buy, 1'000'000, "1.58");
  a.fill(side::sell, 1'000'000, "1.58");
  CHECK(a.financed(monday).empty());
  CHECK(sum(a.financed(monday, roll_profile::comparison)) == 2 * -3'344);
  CHECK(sum(a.financed(wednesday, roll_profile::comparison)) == 2 * -10'032);
  CHECK(sum(a.financed(friday, roll_profile::comparison)) == 2 * -10'032);
  CHECK(sum(a.financed(day(2024, 6, 15), roll_profile::comparison)) == 2 * -3'344);
  CHECK_FALSE(a.failure());
  a.financed(day(2024, 7, 1), roll_profile::comparison);
  REQUIRE(a.failure());
  CHECK(a.failure()->message.find("no interest rates for instrument 1 on 2024-07-01") != std::string::npos);
}

TEST_CASE("what cannot be taken fails its reaction: rates of an unknown instrument, days the wrong way round, reports too long ago") {
  {
    account a(settings(financing_method::points));
    a.input(swap_rates_published{kiwi, monday, friday, swap_unit::points, {}, {}, 0, {}}, start);
    REQUIRE(a.failure());
    CHECK(a.failure()->code == errc::unknown_instrument);
  }
  {
    account a(settings(financing_method::points));
    a.publish(swap_unit::points, "1", "1", friday, monday);
    REQUIRE(a.failure());
    CHECK(a.failure()->code == errc::invalid_argument);
  }
  {
    account a(settings(financing_method::points));
    a.publish(swap_unit::points, "1", "-1");
    a.fill(side::buy, 1'000, "1.5001");
    date d = day(1990, 1, 1);
    for (std::size_t i = 0; i <= financing_desk::days_kept_max; ++i, d = calendar::next_trading_day(d)) a.roll(d);
    REQUIRE_FALSE(a.failure());
    a.report(day(1990, 1, 1), -5);
    REQUIRE(a.failure());
    CHECK(a.failure()->message.find("too long ago") != std::string::npos);
  }
}

TEST_CASE("whatever happens, the balance is the opening one and all that was booked, to the cent") {
  const auto holds = rc::check([] {
    const bool hedging = *rc::gen::arbitrary<bool>();
    account a(settings(financing_method::points, hedging ? position_mode::hedging : position_mode::netting, *rc::gen::arbitrary<bool>() ? "USD" : "GBP"));
    date d = monday;
    std::vector<position_changed> open;
    for (int i = *rc::gen::inRange(1, 40); i > 0; --i) {
      switch (*rc::gen::inRange(0, 6)) {
        case 0:
        case 1:
          a.fill(*rc::gen::arbitrary<bool>() ? side::buy : side::sell, *rc::gen::inRange(1, 500'000), *rc::gen::arbitrary<bool>() ? "1.5001" : "1.4987");
          break;
        case 2:
          a.publish(swap_unit::points, *rc::gen::arbitrary<bool>() ? "-3.7" : "1.9", "-2.2", date{d.days - *rc::gen::inRange(0, 5)},
                    date{d.days + *rc::gen::inRange(0, 3)});
          break;
        case 3: a.report(date{d.days - *rc::gen::inRange(-3, 5)}, *rc::gen::inRange(-500, 500)); break;
        case 4: a.restart(); break;
        default: a.roll(d); d = calendar::next_trading_day(d);
      }
    }
    RC_ASSERT(!a.failure());
    std::int64_t balance = 100'000'000, financing = 0;
    std::uint64_t deferred = 0;
    for (const auto& e : a.all()) {
      if (const auto* p = e.get_if<position_changed>()) balance += p->realised.value - p->commission.value;
      if (const auto* f = e.get_if<financing_booked>()) {
        balance += f->booked.value;
        financing += f->booked.value;
        RC_ASSERT(f->balance.value == balance);
        deferred += f->state == financing_state::deferred;
        deferred -= f->state == financing_state::settled;
        RC_ASSERT(f->state != financing_state::deferred || f->booked.value == 0);
      }
    }
    RC_ASSERT(a.host().balance().value == balance);
    RC_ASSERT(a.host().financing().value == financing);
    RC_ASSERT(a.host().financing_deferred() <= deferred);
  });
  CHECK(holds);
}
