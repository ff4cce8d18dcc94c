#include "domain/base/decimal.hpp"

#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
constexpr std::array modes{rounding::half_away_from_zero, rounding::half_even, rounding::towards_zero,
                           rounding::away_from_zero,      rounding::floor,     rounding::ceiling};

// Any 64-bit number, with those around zero, the limits and the powers of ten as likely as the rest.
rc::Gen<std::int64_t> any_number() {
  static const std::vector<std::int64_t> edges{least, least + 1, greatest, greatest - 1, 0, 1, -1};
  return rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(least, greatest), rc::gen::elementOf(edges),
                        rc::gen::map(rc::gen::inRange(0u, 19u), [](unsigned e) { return power_of_ten(e); }));
}

// What a rounded quotient is, said without dividing: the neighbours of n / d, and which of them the mode takes. Needs |n| < 2^125, |d| < 2^124.
int128 by_definition(int128 n, int128 d, rounding mode) {
  if (d < 0) {
    n = -n;
    d = -d;
  }
  int128 below = n / d;
  if (below * d > n) --below;  // now below ≤ n / d < below + 1
  const int128 rest = n - below * d;
  if (rest == 0) return below;
  const bool negative = n < 0;
  const int128 nearer = 2 * rest < d ? below : below + 1;
  switch (mode) {
    case rounding::floor: return below;
    case rounding::ceiling: return below + 1;
    case rounding::towards_zero: return negative ? below + 1 : below;
    case rounding::away_from_zero: return negative ? below : below + 1;
    case rounding::half_away_from_zero: return 2 * rest == d ? (negative ? below : below + 1) : nearer;
    case rounding::half_even: return 2 * rest == d ? (below % 2 == 0 ? below : below + 1) : nearer;
  }
  return 0;
}

}  // namespace

TEST_CASE("decimal: text and number are each other's inverse at every scale", "[decimal]") {
  CHECK(rc::check("parse(format(x)) == x", [] {
    const auto x = *any_number();
    const auto scale = *rc::gen::inRange(0u, 19u), shown = *rc::gen::inRange(0u, 25u);
    const auto text = format_decimal(x, scale, shown);
    const auto back = parse_decimal(text, scale);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == x);
    const auto point = text.find('.');
    const std::size_t decimals = point == std::string::npos ? 0 : text.size() - point - 1;
    RC_ASSERT(decimals >= std::min(shown, scale) && decimals <= scale);
    if (decimals > std::min(shown, scale)) RC_ASSERT(text.back() != '0');  // the shortest
  }));
}

TEST_CASE("decimal: examples of both directions", "[decimal]") {
  CHECK(*parse_decimal("-1.25", 2) == -125);
  CHECK(*parse_decimal("+1.2", 2) == 120);
  CHECK(*parse_decimal(".5", 1) == 5);
  CHECK(*parse_decimal("5.", 1) == 50);
  CHECK(*parse_decimal("1.2500000", 2) == 125);  // zeros beyond the scale lose nothing
  CHECK(*parse_decimal("-0", 2) == 0);
  CHECK(*parse_decimal("0000000000000000000000000000001", 0) == 1);
  CHECK(*parse_decimal("-9223372036854775808", 0) == least);
  CHECK(*parse_decimal("-92233720368547758.08", 2) == least);
  CHECK(format_decimal(5, 2, 0) == "0.05");
  CHECK(format_decimal(-5, 2, 0) == "-0.05");
  CHECK(format_decimal(500, 2, 0) == "5");
  CHECK(format_decimal(500, 2, 1) == "5.0");
  CHECK(format_decimal(0, 9, 2) == "0.00");
  CHECK(format_decimal(7, 0, 3) == "7");
  CHECK(format_decimal(least, 18, 0) == "-9.223372036854775808");
}

TEST_CASE("decimal: what is no number of that many decimals is refused, never rounded", "[decimal]") {
  for (const char* text : {"", "-", "+", ".", "-.", "1..2", "1.2.3", "1e5", " 1", "1 ", "--1", "+-1", "0x1", "1,5", "nan", "inf", "١", "1.001", "0.009"}) {
    INFO(text);
    const auto r = parse_decimal(text, 2);
    REQUIRE(!r);
    CHECK(r.error().code == errc::not_a_decimal);
    CHECK(r.error().message.find('\'' + std::string(text) + '\'') != std::string::npos);
  }
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "99999999999999999999999999999999999999999999"})
    CHECK(parse_decimal(text, 0).error().code == errc::overflow);
  for (const char* text : {"92233720368547758.08", "92233720368547759", "-92233720368547758.09"}) CHECK(parse_decimal(text, 2).error().code == errc::overflow);
  CHECK(parse_decimal("1", 19).error().code == errc::overflow);
  CHECK(*parse_decimal("0", 40) == 0);
}

TEST_CASE("decimal: any text is a number or an error", "[decimal]") {
  CHECK(rc::check("parse never fails otherwise", [] {
    const auto text = *rc::gen::container<std::string>(rc::gen::element('0', '1', '9', '.', '-', '+', 'e', ' ', '\0'));
    const auto scale = *rc::gen::inRange(0u, 19u);
    const auto r = parse_decimal(text, scale);
    if (r) RC_ASSERT(*parse_decimal(format_decimal(*r, scale, 0), scale) == *r);
    else RC_ASSERT(r.error().code == errc::not_a_decimal || r.error().code == errc::overflow);
  }));
}

TEST_CASE("decimal: divide is the rounded quotient in every mode", "[decimal]") {
  CHECK(rc::check("divide(a·b, c)", [] {
    const auto a = *any_number(), b = *any_number(), c = *any_number();
    RC_PRE(c != 0);
    const int128 product = int128{a} * b / 8;  // within what by_definition can double
    const int128 divisor = int128{c} * *rc::gen::element(power_of_ten(0), power_of_ten(9));
    for (const auto mode : modes) {
      const int128 expected = by_definition(product, divisor, mode);
      RC_ASSERT(divide_wide(product, divisor, mode) == std::optional<int128>(expected));
      const bool fits = expected >= least && expected <= greatest;
      const auto narrow = divide(product, divisor, mode);
      RC_ASSERT(narrow.has_value() == fits);
      if (fits) RC_ASSERT(int128{*narrow} == expected);
    }
  }));
  CHECK(rc::check("halves", [] {
    const std::int64_t n = *rc::gen::inRange<std::int64_t>(-1000, 1000), d = *rc::gen::element(2, -2, 4, 10, -10, 20);
    for (const auto mode : modes) RC_ASSERT(int128{*divide(n, d, mode)} == by_definition(n, d, mode));
  }));
}

TEST_CASE("decimal: the six modes at a half", "[decimal]") {
  const auto quotients = [](int n) {
    std::array<std::int64_t, 6> q{};
    for (std::size_t i = 0; i < q.size(); ++i) q[i] = *divide(n, 2, modes[i]);
    return q;
  };  // half away, half even, towards zero, away, floor, ceiling
  CHECK(quotients(5) == std::array<std::int64_t, 6>{3, 2, 2, 3, 2, 3});
  CHECK(quotients(7) == std::array<std::int64_t, 6>{4, 4, 3, 4, 3, 4});
  CHECK(quotients(-5) == std::array<std::int64_t, 6>{-3, -2, -2, -3, -3, -2});
  CHECK(quotients(1) == std::array<std::int64_t, 6>{1, 0, 0, 1, 0, 1});
  CHECK(quotients(-1) == std::array<std::int64_t, 6>{-1, 0, 0, -1, -1, 0});
}

TEST_CASE("decimal: overflow and division by zero are nothing, never a wrapped number", "[decimal]") {
  constexpr int128 widest = ((int128{1} << 126) - 1) * 2 + 1;
  for (const auto mode : modes) {
    CHECK(!divide(1, 0, mode));
    CHECK(!divide_wide(0, 0, mode));
    CHECK(!divide(int128{least}, -1, mode));
    CHECK(divide(int128{least}, 1, mode) == least);
    CHECK(!divide_wide(-widest - 1, -1, mode));
    CHECK(divide_wide(-widest - 1, 1, mode) == std::optional<int128>(-widest - 1));
    CHECK(divide_wide(widest, -1, mode) == std::optional<int128>(-widest));
    CHECK(!mul_div(greatest, greatest, 1, mode));
    CHECK(mul_div(greatest, greatest, greatest, mode) == greatest);
  }
  CHECK(!divide(int128{greatest} * 2 + 1, 2, rounding::half_away_from_zero));  // rounding itself overflows
  CHECK(divide(int128{greatest} * 2 + 1, 2, rounding::towards_zero) == greatest);
  CHECK(!add(price{greatest}, price{1}));
  CHECK(!add(price{least}, price{-1}));
  CHECK(!subtract(price{least}, price{1}));
  CHECK(!subtract(price{0}, price{least}));
  CHECK(rc::check("sums", [] {
    const auto a = *any_number(), b = *any_number();
    const int128 sum = int128{a} + b, difference = int128{a} - b;
    const auto fits = [](int128 x) { return x >= least && x <= greatest; };
    RC_ASSERT(add(quantity{a}, quantity{b}).has_value() == fits(sum));
    RC_ASSERT(subtract(quantity{a}, quantity{b}).has_value() == fits(difference));
    if (fits(sum)) RC_ASSERT(int128{add(quantity{a}, quantity{b})->value} == sum);
    if (fits(difference)) RC_ASSERT(int128{subtract(quantity{a}, quantity{b})->value} == difference);
  }));
}

TEST_CASE("decimal: fixed numbers carry their scale", "[decimal]") {
  CHECK(price::parse("1.34567")->value == 1'345'670'000);
  CHECK(price::parse("1.34567")->to_string() == "1.34567");
  CHECK(price::whole(2) == *price::parse("2"));
  CHECK(quantity::parse("-100000")->to_string(2) == "-100000.00");
  CHECK(!quantity::parse("0.001"));
  CHECK(rate::parse("0.000025")->value == 25'000'000);
  CHECK(price::parse("1.1")->to_double() == 1.1);
  CHECK(price{1} < price{2});
  CHECK(!price{});
}
