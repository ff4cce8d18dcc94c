#include "domain/risk_management/pre_trade.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::risk_management;

namespace {

constexpr timestamp noon{1'000 * second_ns};

order_intended buy(std::int64_t units) {
  order_intended o;
  o.order = order_id{1};
  o.instrument = instrument_id{1};
  o.direction = side::buy;
  o.size = quantity::whole(units);
  return o;
}
order_intended limit_buy(std::int64_t price_units) {
  auto o = buy(1000);
  o.kind = order_kind::limit;
  o.limit = price{price_units};
  return o;
}
/// bid 1.5, ask 1.6: a mid of 1.55.
pre_trade_view view() {
  pre_trade_view v;
  v.terms = {true, quantity::whole(10), quantity::whole(100), 2};
  v.quote = {price{1'500'000'000}, price{1'600'000'000}};
  v.at = noon;
  v.closable = {};
  return v;
}
void refused(const verdict& v, limit_kind limit, std::int64_t value, std::int64_t allowed) {
  CHECK(v.limit == limit);
  CHECK(v.value == value);
  CHECK(v.allowed == allowed);
  CHECK_FALSE(v.reason.empty());
}

}  // namespace

TEST_CASE("pre-trade: without limits a well-formed order passes, and price and notional are told where a quote is known") {
  auto v = view();
  auto found = check(buy(1000), v);
  CHECK(found.approved());
  CHECK(found.reference_price == price{1'600'000'000});
  CHECK(found.notional == amount{160'000});
  auto sell = buy(1000);
  sell.direction = side::sell;
  CHECK(check(sell, v).notional == amount{150'000});

  v.quote = {};
  found = check(buy(1000), v);
  CHECK(found.approved());
  CHECK(found.reference_price == price{});
  CHECK(found.notional == amount{});
}

TEST_CASE("pre-trade: the notional is rounded half away from zero, in the minor units of the quote currency") {
  auto v = view();
  v.terms.step = quantity{1};
  v.terms.minimum = quantity{1};
  v.quote = {price{500'000'000}, price{500'000'000}};
  auto o = buy(1);
  o.size = quantity{101};  // 1.01 units at 0.5 = 0.505
  CHECK(check(o, v).notional == amount{51});
  v.terms.quote_minor_units = 0;  // 0.505 yen
  CHECK(check(o, v).notional == amount{1});
  v.terms.quote_minor_units = 3;
  CHECK(check(o, v).notional == amount{505});
}

TEST_CASE("pre-trade: malformed orders are refused before anything else is looked at") {
  auto v = view();
  v.state = trading_state::halted;
  v.terms.known = false;
  refused(check(buy(1000), v), limit_kind::unknown_instrument, 1, 0);
  v.terms.known = true;
  auto o = buy(1000);
  o.direction = side::none;
  refused(check(o, v), limit_kind::validity, 0, 0);
  o = buy(1000);
  v.order_open = true;
  refused(check(o, v), limit_kind::validity, 0, 0);
}

TEST_CASE("pre-trade: an intent is good up to and including its last instant") {
  auto v = view();
  auto o = buy(1000);
  o.valid_until = noon;
  CHECK(check(o, v).approved());
  v.at = noon + 1;
  refused(check(o, v), limit_kind::validity, noon.ns + 1, noon.ns);
  o.valid_until = {};
  CHECK(check(o, v).approved());
}

TEST_CASE("pre-trade: quantities are positive multiples of the step, and at least the minimum") {
  auto v = view();
  refused(check(buy(0), v), limit_kind::quantity_step, 0, 1000);
  refused(check(buy(-1000), v), limit_kind::quantity_step, -100'000, 1000);
  refused(check(buy(1005), v), limit_kind::quantity_step, 100'500, 1000);
  refused(check(buy(90), v), limit_kind::quantity_step, 9000, 10'000);
  CHECK(check(buy(100), v).approved());
  auto rest = buy(90);
  rest.reduce_only = true;
  v.closable = quantity::whole(90);
  CHECK(check(rest, v).approved());
}

TEST_CASE("pre-trade: trading states") {
  auto v = view();
  v.closable = quantity::whole(1000);
  auto closing = buy(1000);
  closing.reduce_only = true;
  CHECK(check(closing, v).approved());

  v.state = trading_state::reducing;
  refused(check(buy(1000), v), limit_kind::trading_state, 1, 0);
  CHECK(check(closing, v).approved());

  // A netting account is reduced by whatever closes no more than there is, flagged or not; in a hedging one the same order opens a hedge.
  v.netting = true;
  CHECK(check(buy(1000), v).approved());
  refused(check(buy(2000), v), limit_kind::trading_state, 1, 0);
  v.netting = false;

  v.state = trading_state::halted;
  refused(check(buy(1000), v), limit_kind::trading_state, 2, 0);
  refused(check(closing, v), limit_kind::trading_state, 2, 1);
}

TEST_CASE("pre-trade: a reduce-only order is held to what is open and to its price, to no other limit") {
  auto v = view();
  v.limits = {quantity::whole(100), amount{1}, 1, {}};
  v.recent_approvals = 5;
  v.worst_in_direction = quantity::whole(5000).value;
  v.closable = quantity::whole(1000);
  auto o = buy(1000);
  o.reduce_only = true;
  CHECK(check(o, v).approved());
  v.quote = {};
  CHECK(check(o, v).approved());
  o.size = quantity::whole(1010);
  refused(check(o, v), limit_kind::reduce_only, 101'000, 100'000);

  o = limit_buy(9'000'000'000);
  o.reduce_only = true;
  v.limits.price_collar = {rate::one / 100};
  refused(check(o, v), limit_kind::no_price, 0, 0);
  v.quote = view().quote;
  CHECK(check(o, v).limit == limit_kind::price_collar);
}

TEST_CASE("pre-trade: a collar or a notional limit needs a quote") {
  auto v = view();
  v.quote = {};
  v.limits.notional_max = {1'000'000'000};
  refused(check(buy(1000), v), limit_kind::no_price, 0, 0);
  v.limits = {};
  v.limits.price_collar = {rate::one};
  refused(check(buy(1000), v), limit_kind::no_price, 0, 0);
  v.limits = {};
  v.limits.position_max = quantity::whole(1000);
  CHECK(check(buy(1000), v).approved());
}

TEST_CASE("pre-trade: the price collar at its boundary, on both sides of the mid") {
  auto v = view();
  v.limits.price_collar = {rate::one / 10};
  CHECK(check(limit_buy(1'705'000'000), v).approved());  // 1.55 · 1.1
  CHECK(check(limit_buy(1'395'000'000), v).approved());  // 1.55 · 0.9
  const auto above = check(limit_buy(1'705'000'001), v);
  CHECK(above.limit == limit_kind::price_collar);
  CHECK(above.value > above.allowed);
  CHECK(check(limit_buy(1'394'999'999), v).limit == limit_kind::price_collar);
  CHECK(check(buy(1000), v).approved());  // a market order has no price
  v.limits = {};
  CHECK(check(limit_buy(9'000'000'000), v).approved());
  CHECK(check(limit_buy(0), v).limit == limit_kind::price_collar);
}

TEST_CASE("pre-trade: the notional limit at its boundary") {
  auto v = view();
  v.limits.notional_max = {160'000};
  CHECK(check(buy(1000), v).approved());
  refused(check(buy(1010), v), limit_kind::notional, 161'600, 160'000);
  v.limits.notional_max = {159'999};
  refused(check(buy(1000), v), limit_kind::notional, 160'000, 159'999);
}

TEST_CASE("pre-trade: numbers that do not fit are refused, with and without a limit") {
  auto v = view();
  v.terms.step = quantity{1};
  v.quote = {price{std::numeric_limits<std::int64_t>::max()}, price{std::numeric_limits<std::int64_t>::max()}};
  auto o = buy(1);
  o.size = quantity{std::numeric_limits<std::int64_t>::max()};
  CHECK(check(o, v).limit == limit_kind::notional);
  v.quote = {};
  v.worst_in_direction = 1;
  CHECK(check(o, v).limit == limit_kind::position);
  v.worst_in_direction = 0;
  CHECK(check(o, v).approved());
}

TEST_CASE("pre-trade: the position limit at its boundary, with what is held and reserved in the direction") {
  auto v = view();
  v.limits.position_max = quantity::whole(1000);
  CHECK(check(buy(1000), v).approved());
  refused(check(buy(1010), v), limit_kind::position, 101'000, 100'000);
  v.worst_in_direction = quantity::whole(400).value;
  CHECK(check(buy(600), v).approved());
  CHECK(check(buy(610), v).limit == limit_kind::position);
  v.worst_in_direction = quantity::whole(-5000).value;  // short far beyond the limit: buying back helps
  CHECK(check(buy(1000), v).approved());
}

TEST_CASE("pre-trade: orders per second at their boundary") {
  auto v = view();
  v.limits.orders_per_second_max = 3;
  v.recent_approvals = 2;
  CHECK(check(buy(1000), v).approved());
  v.recent_approvals = 3;
  refused(check(buy(1000), v), limit_kind::orders_per_second, 4, 3);
}

TEST_CASE("pre-trade: of several breaches the first in the documented order is told") {
  auto v = view();
  v.limits = {quantity::whole(100), amount{1}, 1, rate{1}};
  v.recent_approvals = 9;
  auto o = limit_buy(9'000'000'000);
  CHECK(check(o, v).limit == limit_kind::price_collar);
  v.limits.price_collar = {};
  CHECK(check(o, v).limit == limit_kind::notional);
  v.limits.notional_max = {};
  CHECK(check(o, v).limit == limit_kind::position);
  v.limits.position_max = {};
  CHECK(check(o, v).limit == limit_kind::orders_per_second);
}
