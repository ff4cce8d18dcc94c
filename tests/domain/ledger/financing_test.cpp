#include "domain/ledger/financing.hpp"

#include <rapidcheck.h>

#include "domain/ledger/conversion.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::ledger;

namespace {

currency in(const char* code) { return *currency::parse(code); }
price at(const char* text) { return *price::parse(text); }
rate share(const char* text) { return *rate::parse(text); }

swap_rates_published figures(swap_unit unit, const char* of_long, const char* of_short) {
  swap_rates_published r;
  r.instrument = instrument_id{1};
  r.unit = unit;
  r.long_rate = share(of_long);
  r.short_rate = share(of_short);
  return r;
}
overnight held(std::int64_t units, const char* mark = "0", std::int32_t days = 1) { return {quantity::whole(units), at(mark), days}; }
const financing_terms five_decimals{5, 365, 365, {}};

/// In units of 10^-decimals of the quote currency.
std::int64_t earned(const swap_rates_published& r, const overnight& h, const financing_terms& t, unsigned decimals = 2) {
  const auto f = financing_of(r, h, t);
  REQUIRE(f);
  const auto v = f->rounded(decimals, rounding::half_away_from_zero);
  REQUIRE(v);
  return *v;
}

}  // namespace

TEST_CASE("published examples: R1, a yearly rate of the position's value") {
  // Long 100,000 EUR/USD, −3.00 %, 1.15826 at 17:00 New York: −9.52 USD.
  const auto r = figures(swap_unit::annual_rate, "-0.03", "0.01");
  CHECK(earned(r, held(100'000, "1.15826"), five_decimals) == -952);
  CHECK(earned(r, held(100'000, "1.15826"), five_decimals, 4) == -95'199);
  // Three days are three times that, before it is rounded.
  CHECK(earned(r, held(100'000, "1.15826", 3), five_decimals) == -2'856);
  CHECK(earned(r, held(-100'000, "1.15826"), five_decimals) == 317);
  // By 360 days, as the dollar's money market counts.
  CHECK(earned(r, held(100'000, "1.15826"), {5, 360, 360, {}}) == -965);
}

TEST_CASE("published examples: R2, swap points") {
  // One lot of EUR/USD at 1.1290: long −11.49 points is −10.18 EUR, short +7.02 is +6.22 EUR.
  const auto r = figures(swap_unit::points, "-11.49", "7.02");
  CHECK(earned(r, held(100'000), five_decimals) == -1'149);
  CHECK(earned(r, held(-100'000), five_decimals) == 702);
  rate_table rates;
  instrument_defined d;
  d.instrument = instrument_id{1};
  d.base = in("EUR");
  d.quote = in("USD");
  rates.define(d);
  quote_accepted q;
  q.instrument = d.instrument;
  q.bid = q.ask = at("1.1290");
  rates.update(q);
  const auto in_euro = [&](std::int64_t units) {
    return rates.convert(*financing_of(r, held(units), five_decimals), in("USD"), in("EUR"), 2, conversion_method::by_sign)->value.value;
  };
  CHECK(in_euro(100'000) == -1'018);
  CHECK(in_euro(-100'000) == 622);
  // A yen pair: a point is a thousandth of a yen.
  CHECK(earned(figures(swap_unit::points, "12.5", "-20"), held(100'000), {3, 365, 365, {}}, 0) == 1'250);
  CHECK(earned(figures(swap_unit::points, "12.5", "-20"), held(-100'000, "0", 3), {3, 365, 365, {}}, 0) == -6'000);
}

TEST_CASE("published examples: R4, the tom-next quote and the broker's fee") {
  // −1.39 / −0.39: a long uses −0.39, which it earns, a short uses −1.39, which it pays.
  const auto r = figures(swap_unit::tomnext, "-0.39", "-1.39");
  CHECK(earned(r, held(100'000), {4, 360, 360, {}}) == 390);
  CHECK(earned(r, held(-100'000), {4, 360, 360, {}}) == -1'390);
  // With a fee of 0.1 points each way.
  CHECK(earned(r, held(100'000), {4, 360, 360, share("0.1")}) == 290);
  CHECK(earned(r, held(-100'000), {4, 360, 360, share("0.1")}) == -1'490);
}

TEST_CASE("published examples: R6, the interest differential") {
  // AUD/USD 1970-01-01, 5.8 and 8.91 %, per unit and day, by 365 days for both: −8.52054794520548e-05 of the value.
  const auto r = figures(swap_unit::interest, "0.058", "0.0891");
  CHECK(earned(r, held(1'000'000, "1"), five_decimals, 9) == -85'205'479'452);
  CHECK(earned(figures(swap_unit::interest, "0.0177", "0.0178"), held(1'000'000, "1"), five_decimals, 9) == -273'972'603);
  // Each currency by its own year: 0.058 / 365 − 0.0891 / 360.
  CHECK(earned(r, held(1'000'000, "1"), {5, day_count_of(in("AUD")), day_count_of(in("USD")), {}}, 2) == -8'860);
  CHECK(earned(r, held(-1'000'000, "1"), {5, 365, 360, {}}, 2) == 8'860);
}

TEST_CASE("years of 360 and of 365 days") {
  for (const char* c : {"USD", "EUR", "JPY", "CHF"}) CHECK(day_count_of(in(c)) == 360);
  for (const char* c : {"GBP", "AUD", "NZD", "CAD"}) CHECK(day_count_of(in(c)) == 365);
}

TEST_CASE("figures that are told for a roll of several nights are shared out over them; the markup is for each") {
  auto r = figures(swap_unit::points, "-3", "1.5");
  r.nights = 3;
  CHECK(earned(r, held(100'000, "0", 3), five_decimals) == -300);
  CHECK(earned(r, held(100'000, "0", 1), five_decimals) == -100);
  CHECK(earned(r, held(100'000, "0", 3), {5, 365, 365, share("0.5")}) == -450);
  CHECK(earned(r, held(100'000, "0", 0), {5, 365, 365, share("0.5")}) == 0);
}

TEST_CASE("the comparison's financing charges longs and shorts alike, and earns where the base currency pays less") {
  // G1's first: one million GBP/USD at 1.58, 1.07249 against 0.3 %.
  const auto long_side = comparison_financing_of(quantity::whole(1'000'000), at("1.58"), share("0.0107249"), share("0.003"), 1);
  const auto short_side = comparison_financing_of(quantity::whole(-1'000'000), at("1.58"), share("0.0107249"), share("0.003"), 1);
  REQUIRE((long_side && short_side));
  CHECK(long_side->rounded(2, rounding::half_away_from_zero) == -3'344);
  CHECK(short_side->rounded(9, rounding::half_away_from_zero) == long_side->rounded(9, rounding::half_away_from_zero));
  const auto other = comparison_financing_of(quantity::whole(1'000'000), at("1.58"), share("0.003"), share("0.0107249"), 3);
  CHECK(other->rounded(2, rounding::half_away_from_zero) == 10'032);
}

TEST_CASE("mids: exact, and with the instrument's decimals") {
  CHECK(exact_mid(at("1.57576"), at("1.57577")) == at("1.575765"));
  CHECK(rounded_mid(at("1.57576"), at("1.57577"), 5) == at("1.57577"));
  CHECK(rounded_mid(at("1.57575"), at("1.57576"), 5) == at("1.57576"));
  CHECK(rounded_mid(at("103.931"), at("103.94"), 3) == at("103.936"));
}

TEST_CASE("terms that make no sense, and what does not fit, are refused") {
  const auto r = figures(swap_unit::annual_rate, "-0.03", "0.01");
  for (const financing_terms& bad :
       {financing_terms{10, 365, 365, {}}, financing_terms{5, 0, 365, {}}, financing_terms{5, 365, -1, {}}, financing_terms{5, 365, 365, share("-1")}})
    CHECK(financing_of(r, held(1, "1"), bad).error().code == errc::invalid_argument);
  auto huge = r;
  huge.long_rate = rate{INT64_MAX};
  const auto refused = financing_of(huge, {quantity{INT64_MAX}, price{INT64_MAX}, 7}, five_decimals);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overflow);
}

TEST_CASE("a long and a short of one size never earn together from the market's own quote, and a markup always costs") {
  const auto holds = rc::check([] {
    const auto unit = static_cast<swap_unit>(*rc::gen::inRange(0, 4));
    auto r = figures(unit, "0", "0");
    const std::int64_t limit = unit == swap_unit::annual_rate || unit == swap_unit::interest ? rate::one / 5 : 200 * rate::one;
    r.long_rate = rate{*rc::gen::inRange(-limit, limit)};
    r.short_rate = rate{*rc::gen::inRange(-limit, limit)};
    // The bid of a quote lies below its ask; a broker's long and short figure do not both earn.
    if (unit == swap_unit::tomnext && r.short_rate > r.long_rate) std::swap(r.long_rate, r.short_rate);
    if (unit == swap_unit::points || unit == swap_unit::annual_rate) r.short_rate = rate{-r.long_rate.value};
    const auto units = *rc::gen::inRange<std::int64_t>(1, 100'000'000);
    const auto days = *rc::gen::inRange(0, 12);
    financing_terms t{5, 360, 365, rate{*rc::gen::inRange<std::int64_t>(0, limit)}};
    const auto sum_of = [&](const financing_terms& terms) {
      const overnight h{quantity::whole(units), at("1.25"), days}, against{quantity::whole(-units), at("1.25"), days};
      auto a = financing_of(r, h, terms), b = financing_of(r, against, terms);
      RC_ASSERT(static_cast<bool>(a) && static_cast<bool>(b));
      RC_ASSERT(b->multiply(-1, 1));
      RC_ASSERT(a->subtract(*b));
      return *a;
    };
    const auto marked = sum_of(t);
    RC_ASSERT(marked.numerator <= 0);
    t.markup = {};
    const auto plain = sum_of(t);
    RC_ASSERT(plain.numerator <= 0);
    if (unit != swap_unit::tomnext) RC_ASSERT(plain.numerator == 0);
    // One day at a time is the same as all of them.
    const auto whole = financing_of(r, {quantity::whole(units), at("1.25"), days}, t), one = financing_of(r, {quantity::whole(units), at("1.25"), 1}, t);
    auto times = *one;
    RC_ASSERT(times.multiply(days, 1) && times.subtract(*whole) && times.numerator == 0);
  });
  CHECK(holds);
}
