#include "tests/domain/venue/market_desk.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using kind = answer_kind;

namespace {

venue::order_request with_kind(venue::order_request r, order_kind k) {
  r.kind = k;
  return r;
}

}  // namespace

TEST_CASE("bars: a market order fills at the next open") {
  market_desk d;
  d.bar("1.1000", "1.1010", "1.0990", "1.1005");
  CHECK(d.send_for_bars(order(1, side::buy, 100)).size() == 1);
  CHECK(only_price(d.bar("1.1007", "1.1020", "1.1000", "1.1010"), 1) == at("1.1007"));
}

TEST_CASE("bars: stops fill at the worse of open and trigger, limits at the better of open and limit") {
  struct row {
    side direction;
    bool stop;
    const char* level;
    const char* fills_at;  // "" where it waits
  };
  // The bar: open 1.1000, high 1.1020, low 1.0980.
  for (const auto& r : {row{side::buy, true, "1.1020", "1.1020"}, row{side::buy, true, "1.1021", ""}, row{side::buy, true, "1.0990", "1.1000"},
                        row{side::sell, true, "1.0980", "1.0980"}, row{side::sell, true, "1.0979", ""}, row{side::sell, true, "1.1010", "1.1000"},
                        row{side::buy, false, "1.0980", "1.0980"}, row{side::buy, false, "1.0979", ""}, row{side::buy, false, "1.1010", "1.1000"},
                        row{side::sell, false, "1.1020", "1.1020"}, row{side::sell, false, "1.1021", ""}, row{side::sell, false, "1.0990", "1.1000"}}) {
    market_desk d;
    d.send_for_bars(r.stop ? stop_order(1, r.direction, 100, r.level) : limit_order(1, r.direction, 100, r.level));
    const auto out = d.bar("1.1000", "1.1020", "1.0980", "1.1000");
    INFO(r.level << (r.stop ? " stop" : " limit"));
    if (*r.fills_at == '\0') CHECK(out.empty());
    else CHECK(only_price(out, 1) == at(r.fills_at));
    CHECK(says(out, 1, kind::triggered) == (r.stop && *r.fills_at != '\0'));
  }
}

TEST_CASE("bars: a market-if-touched fills at the better of open and trigger; a stop-limit beyond its limit rests to the next bar") {
  market_desk d;
  d.send_for_bars(with_kind(stop_order(1, side::buy, 100, "1.0990"), order_kind::market_if_touched));
  CHECK(d.bar("1.1000", "1.1010", "1.0991", "1.1000").empty());
  CHECK(only_price(d.bar("1.0985", "1.1010", "1.0980", "1.1000"), 1) == at("1.0985"));
  auto s = with_kind(stop_order(2, side::buy, 100, "1.1010"), order_kind::stop_limit);
  s.limit = at("1.1015");
  d.send_for_bars(s);
  const auto gap = d.bar("1.1030", "1.1040", "1.1000", "1.1035");  // reaches the limit too, but who knows when
  CHECK(says(gap, 2, kind::triggered));
  CHECK(fills(gap, 2).empty());
  CHECK(only_price(d.bar("1.1020", "1.1030", "1.1012", "1.1020"), 2) == at("1.1015"));
}

TEST_CASE("bars: an immediate limit order fills at the open or not at all") {
  for (const bool reached : {true, false}) {
    market_desk d;
    auto r = limit_order(1, side::buy, 100, reached ? "1.1000" : "1.0999");
    r.validity = time_in_force::immediate_or_cancel;
    d.send_for_bars(r);
    const auto out = d.bar("1.1000", "1.1010", "1.0900", "1.1000");
    CHECK(says(out, 1, kind::filled) == reached);
    CHECK(says(out, 1, kind::cancelled) == !reached);
    CHECK(d.book.size() == 0);
  }
}

TEST_CASE("bars: a close and an entry on one signal both fill at the next open, and the old stop goes") {
  market_desk d;
  d.send_for_bars(order(1, side::sell, 100));
  d.send_for_bars(child_of(1, stop_order(2, side::buy, 100, "1.1050")));
  d.bar("1.1000", "1.1010", "1.0990", "1.1000");
  auto close = order(3, side::buy, 100);
  close.reduce_only = true;
  d.send_for_bars(close);
  d.send_for_bars(order(4, side::buy, 100));
  const auto out = d.bar("1.1020", "1.1060", "1.1000", "1.1010");  // would have stopped out as well
  CHECK(only_price(out, 3) == at("1.1020"));
  CHECK(only_price(out, 4) == at("1.1020"));
  CHECK(why(out, 2) == "nothing is left to reduce");
  CHECK(d.book.held({}) == units(100));
}

TEST_CASE("bars: inside one bar the stop is taken before the profit") {
  market_desk d;
  d.send_for_bars(order(1, side::buy, 100));
  d.send_for_bars(child_of(1, limit_order(2, side::sell, 100, "1.1030")));
  d.send_for_bars(child_of(1, stop_order(3, side::sell, 100, "1.0970")));
  d.bar("1.1000", "1.1010", "1.0990", "1.1000");
  const auto out = d.bar("1.1000", "1.1040", "1.0960", "1.1000");
  CHECK(only_price(out, 3) == at("1.0970"));
  CHECK(fills(out, 2).empty());
  CHECK(why(out, 2) == "the other side has filled");
  CHECK(d.book.size() == 0);
}

TEST_CASE("bars: the children of a market entry are tested on its own bar") {
  market_desk d;
  d.send_for_bars(order(1, side::buy, 100));
  d.send_for_bars(child_of(1, stop_order(2, side::sell, 100, "1.0970")));
  d.send_for_bars(child_of(1, limit_order(3, side::sell, 100, "1.1030")));
  CHECK(only_price(d.bar("1.1000", "1.1030", "1.0971", "1.1000"), 3) == at("1.1030"));
  market_desk gap;  // it opens below its own stop
  gap.send_for_bars(order(1, side::buy, 100));
  gap.send_for_bars(child_of(1, stop_order(2, side::sell, 100, "1.0970")));
  CHECK(only_price(gap.bar("1.0960", "1.1030", "1.0950", "1.1000"), 2) == at("1.0960"));
}

TEST_CASE("bars: the children of a stop entry wait for the next bar, but for a profit that no loss contests") {
  const auto sent = [](market_desk& d) {
    d.send_for_bars(stop_order(1, side::buy, 100, "1.1010"));
    d.send_for_bars(child_of(1, stop_order(2, side::sell, 100, "1.0970")));
    d.send_for_bars(child_of(1, limit_order(3, side::sell, 100, "1.1030")));
  };
  market_desk certain;
  sent(certain);
  CHECK(only_price(certain.bar("1.1000", "1.1030", "1.0971", "1.1000"), 3) == at("1.1030"));
  market_desk contested;
  sent(contested);
  const auto out = contested.bar("1.1000", "1.1030", "1.0970", "1.1000");
  CHECK(only_price(out, 1) == at("1.1010"));
  CHECK(out.size() == 2);  // triggered and filled, no more
  CHECK(only_price(contested.bar("1.1000", "1.1001", "1.0970", "1.1000"), 2) == at("1.0970"));
}

TEST_CASE("bars: a limit entry's children wait for the next bar") {
  market_desk d;
  d.send_for_bars(limit_order(1, side::buy, 100, "1.0990"));
  d.send_for_bars(child_of(1, limit_order(2, side::sell, 100, "1.1010")));
  CHECK(fills(d.bar("1.1000", "1.1020", "1.0980", "1.1000"), 2).empty());
  CHECK(only_price(d.bar("1.1000", "1.1020", "1.0980", "1.1000"), 2) == at("1.1010"));
}

TEST_CASE("bars: a trailing stop is tested against where it stood, and follows the bar afterwards") {
  market_desk d;
  d.send_for_bars(order(1, side::buy, 100));
  auto t = order(2, side::sell, 100, order_kind::trailing_stop);
  t.trail = at("0.0050");
  d.send_for_bars(child_of(1, t));
  d.bar("1.1000", "1.1060", "1.0990", "1.1050");  // entered at 1.1000: tested at 1.0950, then 1.1010
  CHECK(d.book.find(order_id{2})->terms.trigger == at("1.1010"));
  const auto out = d.bar("1.1040", "1.1200", "1.1005", "1.1100");
  CHECK(only_price(out, 2) == at("1.1010"));
}

TEST_CASE("bars: the spread makes entries dearer and leaves exits alone, also where one order does both") {
  market_desk d(plain_rules(), {*rate::parse("0.0001"), false});
  d.send_for_bars(order(1, side::sell, 100));
  CHECK(only_price(d.bar("1.07138", "1.08", "1.07", "1.07"), 1) == at("1.071272862"));
  d.send_for_bars(order(2, side::buy, 150));
  const auto out = fills(d.bar("1.08977", "1.09", "1.07", "1.07"), 2);
  REQUIRE(out.size() == 2);
  CHECK(out[0].size == units(100));
  CHECK(out[0].at_price == at("1.08977"));
  CHECK(out[1].size == units(50));
  CHECK(out[1].at_price == at("1.089878977"));
  auto close = order(3, side::sell, 50);
  close.reduce_only = true;
  d.send_for_bars(close);
  CHECK(only_price(d.bar("1.09000", "1.1", "1.07", "1.07"), 3) == at("1.09000"));
}

TEST_CASE("bars: without a spread an order that closes and opens is one fill") {
  market_desk d;
  d.send_for_bars(order(1, side::sell, 100));
  d.bar("1.07", "1.08", "1.07", "1.07");
  d.send_for_bars(order(2, side::buy, 150));
  const auto out = fills(d.bar("1.08", "1.09", "1.07", "1.07"), 2);
  REQUIRE(out.size() == 1);
  CHECK(out[0].size == units(150));
  CHECK(d.book.held({}) == units(50));
}

TEST_CASE("bars: at the end what closes fills at the open of the last bar, and the rest expires, but in the comparison mode") {
  for (const bool entries : {false, true}) {
    market_desk d(plain_rules(), {{}, entries});
    d.send_for_bars(order(1, side::buy, 100));
    d.bar("1.1000", "1.1010", "1.0990", "1.1005");
    auto close = order(2, side::sell, 100);
    close.reduce_only = true;
    d.send_for_bars(close);
    d.send_for_bars(order(3, side::buy, 100));
    venue::finish(d.book, d.last, d.bars);
    const auto out = d.take();
    CHECK(only_price(out, 2) == at("1.1000"));
    CHECK(says(out, 3, kind::expired) == !entries);
    CHECK(only_price(out, 3) == (entries ? at("1.1000") : price{-1}));
    CHECK(d.book.size() == 0);
  }
}
