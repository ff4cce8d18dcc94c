#include "tests/domain/venue/market_desk.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using kind = answer_kind;

namespace {

market_desk quoted(position_mode mode = position_mode::netting) {
  market_desk d(plain_rules(mode));
  d.quote("1.57000", "1.57010");
  return d;
}
venue::order_request reducing(venue::order_request r, std::uint64_t closes = 0) {
  r.reduce_only = true;
  r.closes = position_id{closes};
  return r;
}

}  // namespace

TEST_CASE("orders that make no sense are rejected, each with its reason") {
  auto d = quoted();
  d.send(limit_order(1, side::buy, 100, "1.5"));
  const auto reason = [&](const venue::order_request& r) { return why(d.send(r), r.order.value); };
  CHECK(reason(limit_order(1, side::buy, 100, "1.5")) == "duplicate client order id");
  CHECK(reason(order(2, side::none, 100)) == "an order buys or sells");
  CHECK(reason(order(2, side::buy, 0)) == "quantity is not positive");
  CHECK(reason(limit_order(2, side::buy, 100, "0")) == "a limit order needs a positive limit price");
  CHECK(reason(stop_order(2, side::buy, 100, "0")) == "a stop order needs a positive trigger price");
  CHECK(reason(order(2, side::buy, 100, order_kind::trailing_stop)) == "a trailing stop needs a positive distance");
  CHECK(reason(order(2, side::buy, 100, static_cast<order_kind>(9))) == "this venue does not know this kind of order");
  auto r = stop_order(2, side::buy, 100, "1.6");
  r.validity = time_in_force::fill_or_kill;
  CHECK(reason(r) == "what waits for a trigger cannot be immediate");
  r.validity = time_in_force::good_till_date;
  r.expires = d.now;
  CHECK(reason(r) == "good till a time that has passed");
  CHECK(reason(child_of(7, stop_order(2, side::sell, 100, "1.4"))) == "the parent order does not work");
  CHECK(reason(child_of(1, stop_order(2, side::buy, 100, "1.4"))) == "a child closes what its parent opens");
  CHECK(reason(child_of(1, stop_order(2, side::sell, 101, "1.4"))) == "a child is not larger than its parent");
  CHECK(reason(child_of(1, order(2, side::sell, 100))) == "a child waits for a price");
  CHECK(reason(reducing(order(2, side::sell, 100))) == "there is nothing to reduce");
  auto other = stop_order(2, side::buy, 100, "1.6");
  other.oco = order_id{9};
  CHECK(reason(other) == "the other side does not work");
  CHECK(d.book.size() == 1);
}

TEST_CASE("one cancels other: the first fill of one side ends the other; a cancelled side leaves the other alone") {
  auto d = quoted();
  d.send(limit_order(1, side::buy, 100, "1.56900"));
  auto second = stop_order(2, side::buy, 100, "1.57100");
  second.oco = order_id{1};
  d.send(second);
  auto third = stop_order(3, side::buy, 100, "1.57100");
  third.oco = order_id{1};
  CHECK(why(d.send(third), 3) == "the other side has one already");
  const auto out = d.quote("1.57090", "1.57100");
  CHECK(only_price(out, 2) == at("1.57100"));
  CHECK(why(out, 1) == "the other side has filled");
  CHECK(d.book.size() == 0);

  auto e = quoted();
  e.send(limit_order(1, side::buy, 100, "1.56900"));
  e.send(second);
  e.book.cancel(order_id{2}, "no longer wanted");
  CHECK(e.book.size() == 1);
  CHECK(e.book.find(order_id{1})->terms.oco == order_id{});
}

TEST_CASE("a bracket's children sleep until their parent fills, and work for what it has filled") {
  auto d = quoted();
  d.send(limit_order(1, side::buy, 100, "1.56900"));
  d.send(child_of(1, stop_order(2, side::sell, 100, "1.56800")));
  d.send(child_of(1, limit_order(3, side::sell, 100, "1.57100")));
  CHECK(d.quote("1.57200", "1.57210").empty());  // the profit's price, but nothing to close
  CHECK(fills(d.quote("1.56890", "1.56900", 0, 40), 1).size() == 1);
  CHECK(d.book.find(order_id{2})->open() == units(40));
  const auto out = d.quote("1.57100", "1.57110", 30);
  CHECK(fills(out, 3)[0].size == units(30));  // and the remainder waits: one step worse is beyond its limit
  CHECK(why(out, 1) == "its bracket has begun to close");
  CHECK(d.book.find(order_id{2})->open() == units(10));  // what one side has closed the other cannot
  const auto stopped = d.quote("1.56800", "1.56810");
  REQUIRE(fills(stopped, 2).size() == 1);
  CHECK(fills(stopped, 2)[0].size == units(10));
  CHECK(says(stopped, 3, kind::cancelled));
  CHECK(d.book.size() == 0);
  CHECK(d.book.held({}) == units(0));
}

TEST_CASE("a bracket ends with a parent that fills nothing, and shrinks with one that fills in part") {
  auto d = quoted();
  d.send(limit_order(1, side::buy, 100, "1.56900"));
  d.send(child_of(1, stop_order(2, side::sell, 100, "1.56800")));
  d.book.cancel(order_id{1}, "no longer wanted");
  auto out = d.take();
  CHECK(why(out, 2) == "its parent has ended without a fill");
  CHECK(d.book.size() == 0);

  d.send(limit_order(3, side::buy, 100, "1.56900"));
  d.send(child_of(3, stop_order(4, side::sell, 100, "1.56800")));
  d.quote("1.56890", "1.56900", 0, 40);
  d.book.cancel(order_id{3}, "no longer wanted");
  out = d.take();
  CHECK(says(out, 4, kind::amended));
  CHECK(out.back().size == units(40));
  const auto stopped = fills(d.quote("1.56800", "1.56810"), 4);
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].leaves == units(0));
}

TEST_CASE("reduce-only orders fill no more than there is, and end with the position") {
  auto d = quoted();
  d.send(order(1, side::buy, 100));
  d.send(reducing(limit_order(2, side::sell, 300, "1.57100")));
  d.send(reducing(limit_order(3, side::sell, 100, "1.57300")));
  const auto out = d.quote("1.57100", "1.57110");
  REQUIRE(fills(out, 2).size() == 1);
  CHECK(fills(out, 2)[0].size == units(100));
  CHECK(why(out, 2) == "nothing is left to reduce");
  CHECK(why(out, 3) == "nothing is left to reduce");
  CHECK(d.book.held({}) == units(0));
}

TEST_CASE("in a hedging account each entry is a position of its own") {
  auto d = quoted(position_mode::hedging);
  d.send(order(1, side::buy, 100));
  d.send(order(2, side::sell, 100));
  CHECK(d.book.held(position_id{1}) == units(100));
  CHECK(d.book.held(position_id{2}) == units(-100));
  CHECK(why(d.send(reducing(order(3, side::buy, 100), 1)), 3) == "there is nothing to reduce");
  d.send(reducing(order(4, side::sell, 60), 1));
  CHECK(d.book.held(position_id{1}) == units(40));
  CHECK(d.book.held(position_id{2}) == units(-100));
}

TEST_CASE("amendments change what they name, and are refused where they make no sense") {
  auto d = quoted();
  d.send(limit_order(1, side::buy, 100, "1.56900"));
  d.send(stop_order(2, side::buy, 100, "1.57100"));
  venue::amendment a;
  a.order = order_id{1};
  a.size = units(80);
  a.limit = at("1.56950");
  d.book.amend(a, d.now);
  auto out = d.take();
  REQUIRE(out.size() == 1);
  CHECK(out[0].kind == kind::amended);
  CHECK(out[0].size == units(80));
  const auto filled = fills(d.quote("1.56940", "1.56950", 0, 30), 1);
  REQUIRE(filled.size() == 1);
  CHECK(filled[0].leaves == units(50));
  const auto refusal = [&](const venue::amendment& x) {
    d.book.amend(x, d.now);
    const auto said = d.take();
    REQUIRE(said.size() == 1);
    CHECK(said[0].kind == kind::change_refused);
    return std::string(said[0].why);
  };
  a.size = units(30);
  CHECK(refusal(a) == "not more than is filled");
  a = {order_id{9}, {}, {}, {}, {}, {}};
  CHECK(refusal(a) == "the order does not work");
  a = {order_id{2}, {}, at("1.5"), {}, {}, {}};
  CHECK(refusal(a) == "this kind of order has no limit");
  a = {order_id{2}, {}, {}, {}, at("0.1"), {}};
  CHECK(refusal(a) == "this kind of order trails nothing");
  a = {order_id{2}, {}, {}, at("1.57050"), {}, {}};
  d.book.amend(a, d.now);
  d.take();
  CHECK(only_price(d.quote("1.57040", "1.57050"), 2) == at("1.57050"));
  d.book.cancel(order_id{9}, "");
  CHECK(says(d.take(), 9, kind::change_refused));
}

TEST_CASE("validity: till a time, for the day, till cancelled") {
  auto d = quoted();
  auto dated = limit_order(1, side::buy, 100, "1.5"), daily = limit_order(2, side::buy, 100, "1.5");
  dated.validity = time_in_force::good_till_date;
  dated.expires = d.now + second_ns;
  daily.validity = time_in_force::day;
  d.send(dated);
  d.send(daily);
  d.send(limit_order(3, side::buy, 100, "1.5"));
  d.now = d.now + second_ns;
  CHECK(says(d.quote("1.49", "1.49"), 1, kind::expired));  // over before it could fill
  auto e = quoted();
  e.send(daily);
  e.send(limit_order(3, side::buy, 100, "1.5"));
  e.book.end_day();
  const auto out = e.take();
  CHECK(out.size() == 1);
  CHECK(why(out, 2) == "the day is over");
}

TEST_CASE("the book's memory is bounded") {
  auto d = quoted();
  for (std::uint64_t i = 1; i <= venue::working_orders_max; ++i) d.book.submit(limit_order(i, side::buy, 1, "1.5"), d.now, {});
  d.take();
  CHECK(why(d.send(limit_order(9'999, side::buy, 1, "1.5")), 9'999) == "the book is full");
}
