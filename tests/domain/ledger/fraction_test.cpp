#include "domain/ledger/fraction.hpp"

#include <limits>

#include <rapidcheck.h>

#include "tests/support/catch.hpp"

using namespace tomnext;
using ledger::fraction;

TEST_CASE("products are reduced before they are multiplied, so that what fits in the end fits on the way") {
  fraction f{int128{1} << 100, 1};
  REQUIRE(f.multiply(1, int128{1} << 90));
  CHECK((f.numerator == 1 << 10 && f.denominator == 1));
  fraction g{3, 7};
  REQUIRE(g.multiply(int128{7} << 110, int128{3} << 110));
  CHECK((g.numerator == 1 && g.denominator == 1));
}

TEST_CASE("what does not fit, and what is no quotient, is refused") {
  fraction big{int128{1} << 100, 1};
  CHECK_FALSE(big.multiply(int128{1} << 60, 1));
  fraction f{1, 1};
  CHECK_FALSE(f.multiply(1, 0));
  CHECK_FALSE(f.multiply(1, -1));
  fraction wide{1, (int128{1} << 100) + 1};
  CHECK_FALSE(wide.subtract({1, (int128{1} << 99) + 1}));
  CHECK_FALSE(fraction{int128{1} << 70, 1}.rounded(0, rounding::half_even));
  CHECK_FALSE(fraction{1, 3}.rounded(19, rounding::half_even));
}

TEST_CASE("rounded once, to so many decimals") {
  CHECK(fraction{1, 3}.rounded(2, rounding::half_away_from_zero) == 33);
  CHECK(fraction{-5, 1'000}.rounded(2, rounding::half_away_from_zero) == -1);
  CHECK(fraction{-4'999, 1'000'000}.rounded(2, rounding::half_away_from_zero) == 0);
}

TEST_CASE("differences and products are those of the rationals") {
  const auto holds = rc::check([](std::int32_t a, std::int32_t c, std::uint16_t b0, std::uint16_t d0) {
    const std::int64_t b = b0 + 1, d = d0 + 1;
    fraction difference{a, b}, product{a, b};
    RC_ASSERT(difference.subtract({c, d}));
    RC_ASSERT(product.multiply(c, d));
    // n1 / d1 = n2 / d2 exactly where n1 · d2 = n2 · d1.
    RC_ASSERT(difference.numerator * (int128{b} * d) == (int128{a} * d - int128{c} * b) * difference.denominator);
    RC_ASSERT(product.numerator * (int128{b} * d) == int128{a} * c * product.denominator);
    RC_ASSERT(difference.denominator > 0 && product.denominator > 0);
  });
  CHECK(holds);
}
