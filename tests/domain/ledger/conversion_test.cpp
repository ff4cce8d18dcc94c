#include "domain/ledger/conversion.hpp"

#include <limits>

#include <rapidcheck.h>

#include "domain/base/archive.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using ledger::rate_table;
using method = conversion_method;

namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
currency in(const char* code) { return *currency::parse(code); }

struct rates {
  rate_table table;
  std::uint32_t next = 1;
  rates& pair(const char* base, const char* quote) {
    instrument_defined d;
    d.instrument = instrument_id{next};
    d.base = in(base);
    d.quote = in(quote);
    table.define(d);
    ++next;
    return *this;
  }
  rates& pair(const char* base, const char* quote, const char* bid, const char* ask) {
    quote_accepted q;
    q.instrument = instrument_id{next};
    q.bid = *price::parse(bid);
    q.ask = *price::parse(ask);
    q.source_position = 100 + next;
    pair(base, quote);
    table.update(q);
    return *this;
  }
  auto convert(std::int64_t value, const char* from, const char* to, side traded, method by, std::uint32_t from_units = 2, std::uint32_t to_units = 2) const {
    return table.convert(amount{value}, in(from), from_units, in(to), to_units, traded, by);
  }
};

}  // namespace

TEST_CASE("the same currency needs no rate; only the decimals may differ") {
  const rates none;
  auto same = none.convert(-1'234, "USD", "USD", side::sell, method::side_traded);
  REQUIRE(same);
  CHECK(same->value.value == -1'234);
  CHECK(same->effective_rate == price::whole(1));
  CHECK(none.convert(1'250, "USD", "USD", side::sell, method::mid, 2, 1)->value.value == 125);
  CHECK(none.convert(5, "USD", "USD", side::sell, method::mid, 2, 1)->value.value == 1);
  CHECK(none.convert(-5, "USD", "USD", side::sell, method::mid, 2, 1)->value.value == -1);
}

TEST_CASE("published examples: profit in an account of another currency") {
  // P4: −6,000 JPY at the closing side of USD/JPY.
  CHECK(rates().pair("USD", "JPY", "114.45", "114.47").convert(-6'000, "JPY", "USD", side::sell, method::side_traded, 0)->value.value == -5'242);
  // P5: (2.1452 − 2.1443) × 1,000 CHF at 1.1025 USD, with five decimals.
  CHECK(rates().pair("CHF", "USD", "1.1025", "1.1025").convert(90, "CHF", "USD", side::buy, method::side_traded, 2, 5)->value.value == 99'225);
  // P6: −16 CHF divided by USD/CHF.
  CHECK(rates().pair("USD", "CHF", "1.01883", "1.01883").convert(-1'600, "CHF", "USD", side::buy, method::mid)->value.value == -1'570);
}

TEST_CASE("crosses through USD: what is held is sold, what is owed is bought") {
  rates r;
  r.pair("EUR", "USD", "1.35000", "1.35002").pair("GBP", "USD", "1.59290", "1.59297");
  // X1: EUR/GBP 0.84747 / 0.84752.
  CHECK(r.convert(100'000'000, "EUR", "GBP", side::buy, method::by_sign, 2, 5)->value.value == 84'747'358'707);
  CHECK(r.convert(100'000'000, "EUR", "GBP", side::buy, method::by_sign)->effective_rate == *price::parse("0.847473587"));
  CHECK(r.convert(-100'000'000, "EUR", "GBP", side::buy, method::by_sign)->effective_rate == *price::parse("0.847523385"));
  CHECK(r.convert(1, "EUR", "GBP", side::buy, method::by_sign)->source_position == 101);
  // X2: CAD/JPY 95.349541 / 95.445363; the yen has no decimals.
  rates x2;
  x2.pair("USD", "JPY", "103.931", "103.94").pair("USD", "CAD", "1.089", "1.090");
  auto sold = x2.convert(100'000'000, "CAD", "JPY", side::sell, method::by_sign, 2, 0),
       bought = x2.convert(-100'000'000, "CAD", "JPY", side::sell, method::by_sign, 2, 0);
  CHECK(sold->value.value == 95'349'541);
  CHECK(sold->effective_rate == *price::parse("95.349541284"));
  CHECK(bought->value.value == -95'445'363);
}

TEST_CASE("the side traded: a sell takes the bid and a buy the ask of each pair, an inverse divides by that same side") {
  rates r;  // X4
  r.pair("AUD", "USD", "0.80000", "0.80010").pair("USD", "JPY", "110.100", "110.130");
  CHECK(r.convert(100, "AUD", "JPY", side::buy, method::side_traded)->effective_rate == *price::parse("88.115013"));
  CHECK(r.convert(100, "JPY", "AUD", side::sell, method::side_traded, 0)->effective_rate == *price::parse("0.011353315"));
  CHECK(r.convert(100, "JPY", "USD", side::sell, method::side_traded, 0)->effective_rate == *price::parse("0.009082652"));
  CHECK(r.convert(100, "JPY", "USD", side::buy, method::mid, 0)->effective_rate == *price::parse("0.009081415"));
  CHECK(r.convert(-100, "JPY", "USD", side::sell, method::side_traded, 0)->effective_rate == *price::parse("0.009082652"));
  CHECK(r.convert(1'000'000, "USD", "JPY", side::sell, method::side_traded, 2, 0)->value.value == 1'101'000);
  CHECK(r.convert(1'000'000, "USD", "JPY", side::buy, method::side_traded, 2, 0)->value.value == 1'101'300);
}

TEST_CASE("each method takes its own side of a direct and of an inverse pair") {
  rates r;
  r.pair("GBP", "USD", "1.5", "1.6");
  struct row {
    std::int64_t value;
    const char *from, *to;
    side traded;
    method by;
    std::int64_t expected;
  };
  for (const row& x : {
           row{100, "GBP", "USD", side::sell, method::side_traded, 150},
           row{100, "GBP", "USD", side::buy, method::side_traded, 160},
           row{-100, "GBP", "USD", side::sell, method::side_traded, -150},
           row{240, "USD", "GBP", side::sell, method::side_traded, 160},
           row{240, "USD", "GBP", side::buy, method::side_traded, 150},
           row{100, "GBP", "USD", side::buy, method::by_sign, 150},
           row{-100, "GBP", "USD", side::sell, method::by_sign, -160},
           row{240, "USD", "GBP", side::sell, method::by_sign, 150},
           row{-240, "USD", "GBP", side::buy, method::by_sign, -160},
           row{100, "GBP", "USD", side::buy, method::mid, 155},
           row{-310, "USD", "GBP", side::buy, method::mid, -200},
       }) {
    INFO(x.value << " " << x.from << " to " << x.to);
    CHECK(r.convert(x.value, x.from, x.to, x.traded, x.by)->value.value == x.expected);
  }
}

TEST_CASE("the quotient is exact and rounded once") {
  rates r;
  r.pair("USD", "JPY", "3", "3");
  CHECK(r.convert(1, "JPY", "USD", side::sell, method::side_traded, 0)->value.value == 33);
  CHECK(r.convert(2, "JPY", "USD", side::sell, method::side_traded, 0)->value.value == 67);
  // Through two pairs: 0.4 cents in between would have become none; together they are 0.8 cents, hence one.
  rates two;
  two.pair("EUR", "USD", "0.4", "0.4").pair("GBP", "USD", "0.5", "0.5");
  CHECK(two.convert(1, "EUR", "GBP", side::sell, method::side_traded)->value.value == 1);
  CHECK(two.convert(-1, "EUR", "GBP", side::sell, method::side_traded)->value.value == -1);
}

TEST_CASE("the direct pair is preferred to the inverse one, and both to USD; a pair without a quote is passed over") {
  rates r;
  r.pair("GBP", "EUR", "2", "2").pair("EUR", "GBP", "0.4", "0.4").pair("EUR", "USD", "1", "1").pair("GBP", "USD", "1", "1");
  CHECK(r.convert(100, "EUR", "GBP", side::sell, method::side_traded)->value.value == 40);
  rates unquoted;
  unquoted.pair("EUR", "GBP").pair("GBP", "EUR").pair("EUR", "USD", "3", "3").pair("GBP", "USD", "2", "2");
  CHECK(unquoted.convert(100, "EUR", "GBP", side::sell, method::side_traded)->value.value == 150);
}

TEST_CASE("a missing rate names the currencies and the pairs that would help") {
  rates r;
  r.pair("EUR", "USD", "1", "1").pair("GBP", "USD");
  auto missing = r.convert(0, "EUR", "GBP", side::buy, method::by_sign);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::conversion_rate_missing);
  for (const char* named : {"EUR/GBP", "GBP/EUR", "USD"}) CHECK(missing.error().message.find(named) != std::string::npos);
  CHECK(r.convert(1, "JPY", "USD", side::buy, method::mid).error().code == errc::conversion_rate_missing);
}

TEST_CASE("hostile numbers: too large is an error, instruments that do not exist change nothing") {
  rates r;
  r.pair("GBP", "USD", "9000000000", "9000000000").pair("EUR", "USD", "0.000000001", "0.000000001");
  CHECK(r.convert(most, "GBP", "USD", side::buy, method::mid).error().code == errc::overflow);
  CHECK(r.convert(least, "GBP", "EUR", side::buy, method::by_sign).error().code == errc::overflow);
  CHECK(r.convert(1, "GBP", "USD", side::buy, method::mid, 2, 10).error().code == errc::invalid_argument);
  CHECK(r.convert(1, "GBP", "USD", side::buy, method::mid, 10, 2).error().code == errc::invalid_argument);
  for (std::uint32_t n : {0u, instruments_max, ~0u}) {
    instrument_defined d;
    d.instrument = instrument_id{n};
    d.base = in("AUD");
    d.quote = in("NZD");
    r.table.define(d);
    quote_accepted q;
    q.instrument = instrument_id{n};
    q.bid = q.ask = price::whole(1);
    r.table.update(q);
    CHECK(r.table.at(instrument_id{n}).bid.value == 0);
  }
  CHECK_FALSE(r.convert(1, "AUD", "NZD", side::buy, method::mid));
}

TEST_CASE("the book: buying what is owed never costs less than selling what is held brings") {
  CHECK(rc::check("by sign", [] {
    const auto bid = *rc::gen::inRange<std::int64_t>(1, 3'000'000'000), spread = *rc::gen::inRange<std::int64_t>(0, 100'000'000);
    const auto value = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
    rates r;
    r.pair("GBP", "USD");
    quote_accepted q;
    q.instrument = instrument_id{1};
    q.bid = {bid};
    q.ask = {bid + spread};
    r.table.update(q);
    for (auto way : {std::pair("GBP", "USD"), std::pair("USD", "GBP")}) {
      const auto held = r.convert(value, way.first, way.second, side::buy, method::by_sign),
                 owed = r.convert(-value, way.first, way.second, side::buy, method::by_sign);
      if (!held || !owed) continue;  // beyond 64 bits where the price is tiny
      RC_ASSERT(held->value.value <= -owed->value.value);
    }
  }));
}

TEST_CASE("a rate table comes back from its archive") {
  rates r;
  r.pair("GBP", "USD", "1.5", "1.6");
  state_writer w;
  w(r.table);
  rates again;
  state_reader reader(w.bytes());
  reader(again.table);
  REQUIRE((!reader.failed() && reader.at_end()));
  CHECK(again.convert(100, "GBP", "USD", side::sell, method::side_traded)->value.value == 150);
}

TEST_CASE("an exact amount is rounded once, in the currency that it is booked in; without a trade it goes by sign") {
  rates r;
  r.pair("USD", "JPY", "100.00", "110.00");
  const auto convert = [&](int128 n, int128 d, method by) { return r.table.convert(ledger::fraction{n, d}, in("JPY"), in("USD"), 2, by); };
  // A third of a yen: what is held is sold, at 1 / ask, what is owed bought at 1 / bid.
  CHECK(convert(1'000, 3, method::by_sign)->value.value == 303);
  CHECK(convert(-1'000, 3, method::by_sign)->value.value == -333);
  CHECK(convert(-1'000, 3, method::side_traded)->value.value == -333);
  CHECK(convert(1'000, 3, method::mid)->value.value == 317);
  CHECK(convert(1'000, 3, method::mid)->effective_rate == *price::parse("0.009523810"));
  CHECK(r.table.convert(ledger::fraction{1, 3}, in("USD"), in("USD"), 2, method::mid)->value.value == 33);
  CHECK(r.table.convert(ledger::fraction{1, 3}, in("USD"), in("CHF"), 2, method::mid).error().code == errc::conversion_rate_missing);
  CHECK(r.table.convert(ledger::fraction{int128{1} << 100, 1}, in("USD"), in("USD"), 2, method::mid).error().code == errc::overflow);
  CHECK(r.table.convert(ledger::fraction{1, 3}, in("USD"), in("USD"), 10, method::mid).error().code == errc::invalid_argument);
}
