#include "domain/ledger/pip.hpp"

#include "domain/ledger/position.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::ledger;

namespace {

currency in(const char* code) { return *currency::parse(code); }
price at(const char* text) { return *price::parse(text); }

}  // namespace

TEST_CASE("published examples: L1, what a pip of a lot is worth") {
  CHECK(pip_value(standard_lot, in("USD"))->rounded(2, rounding::half_away_from_zero) == 1'000);
  CHECK(pip_value(standard_lot, in("JPY"))->rounded(0, rounding::half_away_from_zero) == 1'000);
  CHECK(pip_value(mini_lot, in("USD"))->rounded(2, rounding::half_away_from_zero) == 100);
  CHECK(pip_value(micro_lot, in("GBP"))->rounded(2, rounding::half_away_from_zero) == 10);
}

TEST_CASE("published examples: L2, fifty pips up in EUR/USD, forty down in USD/JPY") {
  CHECK(at("1.23456").value + 50 * pip_of(in("USD")).value == at("1.23956").value);
  CHECK(at("100.30").value - 40 * pip_of(in("JPY")).value == at("99.90").value);
  position p;
  REQUIRE(p.add(side::buy, quantity::whole(10'000), at("100.30")));
  CHECK(p.unrealised(at("99.90"), 0).value_or({}) == amount{-4'000});
  CHECK(pip_of(in("HUF")) == at("0.01"));
  CHECK(pip_value(quantity{INT64_MAX}, in("USD")));
}
