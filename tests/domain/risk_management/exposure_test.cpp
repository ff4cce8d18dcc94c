#include "domain/risk_management/exposure.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::risk_management;

namespace {
constexpr instrument_id pound{1};
constexpr account_id alice{1}, bob{2};
reservation buy(std::int64_t size) { return {alice, pound, side::buy, quantity{size}, {}}; }
}  // namespace

TEST_CASE("exposure: a fill moves its size from reserved to held, so that the worst case never changes by it") {
  exposure_book book;
  book.reserve(order_id{1}, buy(100));
  CHECK(book.of(pound).worst(side::buy) == 100);
  book.fill({order_id{1}, alice, pound, side::buy, quantity{40}, {}});
  CHECK(book.of(pound).net == quantity{40});
  CHECK(book.of(pound).reserved_buys == quantity{60});
  CHECK(book.of(pound).worst(side::buy) == 100);
  book.release(order_id{1});
  CHECK(book.of(pound).worst(side::buy) == 40);
  CHECK(book.reservations() == 0);
}

TEST_CASE("exposure: reserving twice under one order id, and releasing twice, count once") {
  exposure_book book;
  book.reserve(order_id{1}, buy(100));
  book.reserve(order_id{1}, buy(500));
  CHECK(book.of(pound).reserved_buys == quantity{100});
  book.release(order_id{1});
  book.release(order_id{1});
  CHECK(book.of(pound).reserved_buys == quantity{0});
}

TEST_CASE("exposure: fills without a reservation, or beyond it, still move the position") {
  exposure_book book;
  book.fill({order_id{9}, alice, pound, side::sell, quantity{70}, {}});
  CHECK(book.of(pound).net == quantity{-70});
  book.reserve(order_id{1}, buy(10));
  book.fill({order_id{1}, alice, pound, side::buy, quantity{30}, {}});
  CHECK(book.of(pound).net == quantity{-40});
  CHECK(book.of(pound).reserved_buys == quantity{0});
}

TEST_CASE("exposure: a report that would overflow saturates") {
  exposure_book book;
  const quantity huge{std::numeric_limits<std::int64_t>::max()};
  book.fill({order_id{1}, alice, pound, side::buy, huge, {}});
  book.fill({order_id{2}, alice, pound, side::buy, huge, {}});
  CHECK(book.of(pound).net == huge);
  book.fill({order_id{3}, alice, instrument_id{instruments_max}, side::buy, quantity{1}, {}});
  book.fill({order_id{4}, alice, pound, side::buy, quantity{-5}, {}});
  CHECK(book.of(pound).net == huge);
}

TEST_CASE("exposure: what a netting account may close is its own net, less what is reserved for closing") {
  exposure_book book;
  book.declare(alice, position_mode::netting);
  book.declare(bob, position_mode::netting);
  book.fill({order_id{1}, alice, pound, side::buy, quantity{100}, {}});
  book.fill({order_id{2}, bob, pound, side::sell, quantity{100}, {}});
  CHECK(book.of(pound).net == quantity{0});
  CHECK(book.closable(alice, pound, side::sell, {}) == quantity{100});
  CHECK(book.closable(alice, pound, side::buy, {}) == quantity{0});
  CHECK(book.closable(bob, pound, side::buy, {}) == quantity{100});
  book.reserve(order_id{3}, {alice, pound, side::sell, quantity{30}, {}});
  CHECK(book.closable(alice, pound, side::sell, {}) == quantity{70});
}

TEST_CASE("exposure: a hedging account closes the position that it names, long and short side by side") {
  exposure_book book;
  book.declare(alice, position_mode::hedging);
  book.fill({order_id{1}, alice, pound, side::buy, quantity{100}, {}});
  book.fill({order_id{2}, alice, pound, side::sell, quantity{60}, {}});
  const position_id is_long{1}, is_short{2};
  CHECK(book.closable(alice, pound, side::sell, is_long) == quantity{100});
  CHECK(book.closable(alice, pound, side::buy, is_short) == quantity{60});
  CHECK(book.closable(alice, pound, side::buy, is_long) == quantity{0});
  CHECK(book.closable(bob, pound, side::sell, is_long) == quantity{0});
  CHECK(book.closable(alice, pound, side::sell, position_id{99}) == quantity{0});

  book.reserve(order_id{3}, {alice, pound, side::sell, quantity{80}, is_long});
  CHECK(book.closable(alice, pound, side::sell, is_long) == quantity{20});
  book.fill({order_id{3}, alice, pound, side::sell, quantity{80}, is_long});
  CHECK(book.closable(alice, pound, side::sell, is_long) == quantity{20});
  book.fill({order_id{4}, alice, pound, side::sell, quantity{20}, is_long});
  CHECK(book.closable(alice, pound, side::sell, is_long) == quantity{0});
}
