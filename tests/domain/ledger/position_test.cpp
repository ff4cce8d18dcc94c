#include "domain/ledger/position.hpp"

#include <limits>
#include <numeric>
#include <vector>

#include <rapidcheck.h>

#include "domain/base/archive.hpp"
#include "domain/ledger/notional.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using ledger::position;

namespace {

price at(const char* text) { return *price::parse(text); }
quantity units(std::int64_t n) { return quantity::whole(n); }

// A fraction of 128-bit integers, for small numbers: the reference keeps what the position cost, not its average.
struct fraction {
  int128 n = 0, d = 1;
  static int128 divisor(int128 a, int128 b) { return b == 0 ? (a < 0 ? -a : a) : divisor(b, a % b); }
  fraction reduced() const {
    const int128 g = divisor(n, d) < 0 ? -divisor(n, d) : divisor(n, d);
    return {n / g, d / g};
  }
  fraction operator+(fraction o) const { return fraction{n * o.d + o.n * d, d * o.d}.reduced(); }
  fraction operator*(fraction o) const { return fraction{n * o.n, d * o.d}.reduced(); }
  fraction operator-() const { return {-n, d}; }
};
std::int64_t rounded(fraction f) {
  const int128 twice = 2 * (f.n < 0 ? -f.n : f.n) + f.d;
  const auto magnitude = static_cast<std::int64_t>(twice / (2 * f.d));
  return f.n < 0 ? -magnitude : magnitude;
}

struct step {
  bool adds;
  std::int64_t size, price;
};

}  // namespace

TEST_CASE("published trades: profit in the quote currency") {
  struct trade {
    side direction;
    const char *open, *close;
    std::int64_t size, cents;
  };
  for (const trade& t : {
           trade{side::sell, "0.9521", "0.9505", 10'000, 1'600},      // EUR/USD, P1
           trade{side::sell, "1.35000", "1.34900", 10'000, 1'000},    // USD/CAD, P2
           trade{side::sell, "1.35000", "1.35100", 10'000, -1'000},   // P3
           trade{side::buy, "115.05", "114.45", 10'000, -600'000},    // USD/JPY in hundredths of a yen, P4
           trade{side::sell, "0.75782", "0.75798", 100'000, -1'600},  // CAD/CHF, P6
           trade{side::buy, "1.00001", "1.00050", 100'000, 4'900},    // P8
           trade{side::sell, "1.00001", "1.00050", 100'000, -4'900},  // P9
           trade{side::buy, "1.00001", "1.00011", 150'000, 1'500},    // P10, 12 after its commission of 3
       }) {
    position p;
    REQUIRE(p.add(t.direction, units(t.size), at(t.open)));
    CHECK(p.unrealised(at(t.close), 2)->value == t.cents);
    CHECK(p.reduce(units(t.size), at(t.close), 2)->value == t.cents);
    CHECK(p.flat());
  }
}

TEST_CASE("yen have no decimals: the profit is rounded to whole ones, half away from zero") {
  position p;
  REQUIRE(p.add(side::buy, units(1), at("115.0")));
  CHECK(p.unrealised(at("115.5"), 0)->value == 1);
  CHECK(p.unrealised(at("114.5"), 0)->value == -1);
  CHECK(p.unrealised(at("115.499999999"), 0)->value == 0);
}

// The example with averages in fx-accounting.md, P11: fee 0.01 % of the notional, here with eight decimals so that nothing is rounded away.
TEST_CASE("an average price is exact through additions and reductions") {
  position p;
  std::int64_t realised = 0;
  auto fee = [](std::int64_t size, const char* price_text) {
    return ledger::commission(*rate::parse("0.0001"), *ledger::notional(at(price_text), units(size), 8))->value;
  };
  REQUIRE(p.add(side::buy, units(12), at("100")));
  REQUIRE(p.add(side::buy, units(17), at("99")));
  realised -= fee(12, "100") + fee(17, "99");
  CHECK(p.average_price() == Approx(99.41379310344827).epsilon(1e-15));
  CHECK(realised == -28'830'000);
  realised += p.reduce(units(9), at("101"), 8)->value - fee(9, "101");
  CHECK(p.size() == units(20));
  CHECK(realised == 1'389'666'207);
  realised += p.reduce(units(4), at("105"), 8)->value - fee(4, "105");
  CHECK(realised == 3'619'948'966);
  REQUIRE(p.add(side::buy, units(3), at("103")));
  realised -= fee(3, "103");
  CHECK(realised == 3'616'858'966);
  CHECK(p.size() == units(19));
  CHECK(p.average_price() == Approx(99.98003629764065).epsilon(1e-15));
  CHECK(p.exact());
}

TEST_CASE("any sequence of additions and reductions books what the exact cost says") {
  CHECK(rc::check("against cost and quantity", [] {
    const bool is_long = *rc::gen::arbitrary<bool>();
    const auto direction = is_long ? side::buy : side::sell;
    position p;
    fraction cost;  // price units × hundredths
    std::int64_t held = 0;
    const auto count = *rc::gen::inRange(1, 10);
    for (int i = 0; i < count; ++i) {
      const auto size = *rc::gen::inRange<std::int64_t>(1, 40);
      // Prices in steps of 0.5, so that cents and their halves both occur.
      const price paid{*rc::gen::inRange<std::int64_t>(1, 200) * price::one / 2};
      if (held == 0 || *rc::gen::arbitrary<bool>()) {
        RC_ASSERT(p.add(direction, quantity{size}, paid).has_value());
        cost = cost + fraction{int128{paid.value} * size, 1};
        held += size;
      } else {
        const auto closing = std::min(size, held);
        const auto sold = fraction{int128{paid.value} * closing, 1}, bought = cost * fraction{closing, held};
        const auto exact = (is_long ? sold + -bought : bought + -sold) * fraction{1, 1'000'000'000};  // in hundredths of a unit × price: cents
        const auto booked = p.reduce(quantity{closing}, paid, 2);
        RC_ASSERT(booked.has_value());
        RC_ASSERT(booked->value == rounded(exact));
        cost = cost + -bought;
        held -= closing;
        if (held == 0) cost = {};
      }
      RC_ASSERT(p.size().value == (is_long ? held : -held));
      RC_ASSERT(p.exact());
      if (held != 0) {
        const price mark{7 * price::one / 2};
        const auto now = fraction{int128{mark.value} * held, 1};
        const auto open = (is_long ? now + -cost : cost + -now) * fraction{1, 1'000'000'000};
        RC_ASSERT(p.unrealised(mark, 2)->value == rounded(open));
      }
    }
  }));
}

TEST_CASE("a position that is enlarged and reduced for ever neither fails nor loses money") {
  position p;
  int128 paid = 0;  // in 10^-11 of the quote currency
  std::int64_t realised = 0, operations = 0;
  std::uint64_t random = 12'345;
  auto next = [&](std::uint64_t below) {
    random = random * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return static_cast<std::int64_t>((random >> 33) % below);
  };
  for (int i = 0; i < 20'000; ++i) {
    const price now{1'500'000'000 + 10'000 * next(10'000)};
    const quantity more{12'345'601 + next(1'000'000)};
    REQUIRE(p.add(side::buy, more, now));
    paid += int128{now.value} * more.value;
    const quantity less{12'345'600 + next(900'000)};
    if (less.value >= p.size().value) continue;
    const price then{1'500'000'000 + 10'000 * next(10'000)};
    const auto profit = p.reduce(less, then, 2);
    REQUIRE(profit);
    paid -= int128{then.value} * less.value;
    realised += profit->value;
    ++operations;
  }
  CHECK_FALSE(p.exact());
  // What was realised and what is open add up to the cash that moved: half a cent of rounding for each booking, and nothing of the average.
  const auto open = p.unrealised(at("1.5"), 2);
  REQUIRE(open);
  const int128 worth = int128{1'500'000'000} * p.size().value - paid;
  const int128 difference = int128{realised + open->value} * 1'000'000'000 - worth;
  CHECK((difference < 0 ? -difference : difference) <= int128{operations + 1} * 500'000'000);
  // Flat again, exact again.
  REQUIRE(p.reduce(p.size(), at("1.5"), 2));
  CHECK(p.exact());
}

TEST_CASE("what does not fit is an error, and the position is as it was") {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  position p;
  REQUIRE(p.add(side::sell, {most}, {most}));
  state_writer before;
  before(p);
  CHECK(p.add(side::sell, {1}, {1}).error().code == errc::overflow);   // the size
  CHECK(p.reduce({most}, {-most}, 2).error().code == errc::overflow);  // the profit
  CHECK(p.unrealised({-most}, 0).error().code == errc::overflow);
  position wide;
  REQUIRE(wide.add(side::buy, {most / 4}, {most}));
  REQUIRE(wide.add(side::buy, {most / 4 + 1}, {most - 2}));
  CHECK(wide.add(side::buy, {most / 4}, {most - 1}).error().code == errc::overflow);  // the average
  state_writer after;
  after(p);
  CHECK(before.bytes() == after.bytes());
}

TEST_CASE("additions against the position, reductions beyond it, and empty ones are refused") {
  position p;
  CHECK(p.add(side::buy, {0}, at("1")).error().code == errc::invalid_argument);
  CHECK(p.add(side::buy, {-5}, at("1")).error().code == errc::invalid_argument);
  CHECK(p.add(side::none, {5}, at("1")).error().code == errc::invalid_argument);
  CHECK(p.reduce({1}, at("1"), 2).error().code == errc::invalid_argument);
  REQUIRE(p.add(side::buy, {5}, at("1")));
  CHECK(p.add(side::sell, {5}, at("1")).error().code == errc::invalid_argument);
  CHECK(p.reduce({6}, at("1"), 2).error().code == errc::invalid_argument);
  CHECK(p.reduce({0}, at("1"), 2).error().code == errc::invalid_argument);
  CHECK(p.reduce({5}, at("1"), 10).error().code == errc::invalid_argument);
  CHECK(p.size() == quantity{5});
}

TEST_CASE("a position comes back from its archive, with the fraction") {
  position p;
  REQUIRE(p.add(side::sell, units(3), at("1.1")));
  REQUIRE(p.add(side::sell, units(4), at("1.7")));
  state_writer w;
  w(p);
  position again;
  state_reader r(w.bytes());
  r(again);
  REQUIRE_FALSE(r.failed());
  CHECK(again.reduce(units(7), at("1"), 9)->value == p.reduce(units(7), at("1"), 9)->value);
}
