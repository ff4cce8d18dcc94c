#include "domain/ledger/margin.hpp"

#include <rapidcheck.h>

#include "domain/ledger/position.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::ledger;

namespace {

price at(const char* text) { return *price::parse(text); }
rate share(const char* text) { return *rate::parse(text); }
std::int64_t cents(const result<fraction>& f) {
  REQUIRE(f);
  return f->rounded(2, rounding::half_away_from_zero).value();
}

}  // namespace

TEST_CASE("published examples: M1, M3, leverage and its margin rate") {
  CHECK(margin_rate_of(quantity::whole(50)).value_or({}) == share("0.02"));
  CHECK(margin_rate_of(quantity::whole(30)).value_or({}) == share("0.033333333333"));
  CHECK(margin_rate_of(quantity::whole(20)).value_or({}) == share("0.05"));
  CHECK(margin_rate_of(quantity::whole(2)).value_or({}) == share("0.5"));
  // M9: what is no leverage is refused.
  CHECK(margin_rate_of(quantity{0}).error().code == errc::invalid_argument);
  CHECK_FALSE(margin_rate_of(quantity::whole(-50)));
}

TEST_CASE("published examples: M2, M3, the least margin by regulation") {
  const auto in = [](const char* code) { return *currency::parse(code); };
  const auto nfa = [&](const char* b, const char* q) { return least_margin_rate(margin_regime::nfa, in(b), in(q)); };
  const auto esma = [&](const char* b, const char* q) { return least_margin_rate(margin_regime::esma, in(b), in(q)); };
  CHECK((nfa("EUR", "USD") == share("0.02") && nfa("NOK", "SEK") == share("0.02") && nfa("USD", "MXN") == share("0.05")));
  CHECK((esma("EUR", "USD") == share("0.033333333333") && esma("AUD", "USD") == share("0.05") && esma("XAU", "USD") == share("0.05")));
  CHECK(esma("XAG", "USD") == share("0.1"));
}

TEST_CASE("published examples: M4, an account in pounds that buys a million EUR/GBP; margin goes by the mid") {
  const auto used = amount{cents(margin_in_quote(quantity::whole(1'000'000), at("0.8567"), share("0.0333333")))};
  CHECK(used == amount{2'855'664});
  position p;
  REQUIRE(p.add(side::buy, quantity::whole(1'000'000), at("0.8568")));
  const auto unrealised = p.unrealised(at("0.8567"), 2);
  CHECK(unrealised.value_or({}) == amount{-10'000});
  const auto s = margin_state_of(amount{5'000'000 - 10'000}, used, share("0.5"));
  REQUIRE(s);
  CHECK(s->free == amount{2'134'336});
  CHECK(s->close_out == share("0.2861"));
}

TEST_CASE("published examples: M5, from a margin level of 154 % to the call") {
  const auto size = quantity::whole(100'000);
  const auto before = margin_state_of(amount{1'000'000}, amount{cents(margin_in_quote(size, at("1.3"), share("0.05")))}, share("0.5"));
  REQUIRE(before);
  CHECK((before->used == amount{650'000} && before->free == amount{350'000} && before->level == share("1.5385")));
  const auto after = margin_state_of(amount{600'000}, amount{cents(margin_in_quote(size, at("1.26"), share("0.05")))}, share("0.5"));
  REQUIRE(after);
  CHECK((after->used == amount{630'000} && after->free == amount{-30'000} && after->level == share("0.9524")));
}

TEST_CASE("published examples: M6 to M9") {
  CHECK(cents(margin_in_quote(quantity::whole(10'000), at("1.15"), share("0.02"))) == 23'000);
  // M7: where the base is the account's currency, the price is not used.
  CHECK(cents(margin_in_base(quantity::whole(30'000), share("0.01"))) == 30'000);
  CHECK(cents(margin_in_quote(quantity::whole(50'000), at("1.38730"), share("0.01"))) == 69'365);
  CHECK(cents(margin_in_quote(quantity::whole(50'000), at("1.38700"), share("0.01"))) == 69'350);
  CHECK(cents(margin_in_quote(quantity::whole(10'000), at("1.15"), margin_rate_of(quantity::whole(400)).value_or({}))) == 2'875);
  CHECK(cents(margin_in_quote(quantity::whole(100'000), at("0.8"), share("0.03"))) == 240'000);
  auto further = margin_in_quote(quantity::whole(100'000), at("0.8"), share("0.03"));
  REQUIRE(further->multiply(1, 50));
  CHECK(cents(further) == 4'800);
  CHECK(cents(margin_in_quote(quantity::whole(1'000'000), at("1"), share("0.03"))) == 3'000'000);
}

TEST_CASE("longs and shorts held against each other bear the margin of the larger leg") {
  CHECK(hedged_size(quantity::whole(3), quantity::whole(2)) == quantity::whole(3));
  CHECK(hedged_size(quantity::whole(1), quantity::whole(2)) == quantity::whole(2));
}

TEST_CASE("an account without positions has no level, one without equity no close-out share; what does not fit is refused") {
  const auto idle = margin_state_of(amount{100}, amount{0}, share("0.5"));
  REQUIRE(idle);
  CHECK((!idle->level && idle->close_out == rate{0} && idle->free == amount{100}));
  const auto broke = margin_state_of(amount{-5}, amount{10}, share("0.5"));
  REQUIRE(broke);
  CHECK((broke->level == share("-0.5") && !broke->close_out));
  CHECK_FALSE(margin_state_of(amount{INT64_MIN}, amount{1}, share("0.5")));
  CHECK_FALSE(margin_in_quote(quantity::whole(-1), at("1"), share("0.02")));
  CHECK_FALSE(margin_in_quote(quantity::whole(1), at("1"), share("-0.02")));
  CHECK_FALSE(margin_in_quote(quantity{INT64_MAX}, price{INT64_MAX - 1}, rate{INT64_MAX - 2}));
  CHECK_FALSE(margin_state_of(amount{INT64_MAX}, amount{1}, share("0.5"))->level);
}

TEST_CASE("margin grows with the size in proportion, and splitting a position changes nothing") {
  const auto holds = rc::check([] {
    const auto one = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000), other = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
    const price mid{*rc::gen::inRange<std::int64_t>(1, 200 * price::one)};
    const rate by{*rc::gen::inRange<std::int64_t>(0, rate::one)};
    auto whole = margin_in_quote(quantity{one + other}, mid, by), a = margin_in_quote(quantity{one}, mid, by), b = margin_in_quote(quantity{other}, mid, by);
    RC_ASSERT(static_cast<bool>(whole) && static_cast<bool>(a) && static_cast<bool>(b));
    RC_ASSERT(whole->subtract(*a) && whole->subtract(*b) && whole->numerator == 0);
  });
  CHECK(holds);
}
