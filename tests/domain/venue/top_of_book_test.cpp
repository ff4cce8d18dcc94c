#include "tests/domain/venue/market_desk.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using kind = answer_kind;

TEST_CASE("quotes: a market order fills at its side of the quote, the remainder one step worse") {
  market_desk d;
  CHECK(why(d.send(order(1, side::buy, 10)), 1) == "no quote yet");
  d.quote("1.57000", "1.57010", 0, 250);
  const auto bought = fills(d.send(order(2, side::buy, 1000)), 2);
  REQUIRE(bought.size() == 2);
  CHECK(bought[0].size == units(250));
  CHECK(bought[0].at_price == at("1.57010"));
  CHECK(bought[0].leaves == units(750));
  CHECK(bought[1].at_price == at("1.57011"));
  CHECK(bought[1].leaves == units(0));
  CHECK(only_price(d.send(order(3, side::sell, 1000)), 3) == at("1.57000"));
  CHECK(d.book.size() == 0);
}

TEST_CASE("quotes: a limit order waits for its price, gets a better one over a gap, and rests with what is beyond its limit") {
  market_desk d;
  d.quote("1.57000", "1.57010");
  CHECK(d.send(limit_order(1, side::buy, 100, "1.56990")).size() == 1);  // accepted
  CHECK(d.quote("1.56985", "1.56991").empty());
  CHECK(only_price(d.quote("1.56980", "1.56990"), 1) == at("1.56990"));
  d.send(limit_order(2, side::buy, 100, "1.56950"));
  CHECK(only_price(d.quote("1.56900", "1.56910"), 2) == at("1.56910"));
  // Displayed 40 at its limit: the next step is beyond it.
  d.quote("1.57000", "1.57010");
  d.send(limit_order(3, side::sell, 100, "1.57000"));
  CHECK(d.book.size() == 0);
  d.send(limit_order(4, side::sell, 100, "1.57020"));
  const auto part = fills(d.quote("1.57020", "1.57030", 40), 4);
  REQUIRE(part.size() == 1);
  CHECK(part[0].size == units(40));
  CHECK(part[0].leaves == units(60));
  const auto rest = fills(d.quote("1.57021", "1.57030", 40), 4);  // one step worse is within the limit now
  REQUIRE(rest.size() == 2);
  CHECK(rest[1].at_price == at("1.57020"));
}

TEST_CASE("quotes: a stop triggers on the side it trades and fills at the quote that triggers it, over a gap too") {
  market_desk d;
  d.quote("1.57000", "1.57010");
  d.send(stop_order(1, side::buy, 100, "1.57050"));
  CHECK(d.quote("1.57050", "1.57049").empty());  // the bid does not count
  const auto hit = d.quote("1.57090", "1.57100");
  CHECK(says(hit, 1, kind::triggered));
  CHECK(only_price(hit, 1) == at("1.57100"));
  d.send(stop_order(2, side::sell, 100, "1.57000"));
  CHECK(d.quote("1.57001", "1.57002").empty());
  CHECK(only_price(d.quote("1.56500", "1.57000"), 2) == at("1.56500"));
  // One that is through already triggers when it comes.
  CHECK(only_price(d.send(stop_order(3, side::buy, 100, "1.56900")), 3) == at("1.57000"));
}

TEST_CASE("quotes: a stop-limit rests beyond its limit, a market-if-touched waits for the better price") {
  market_desk d;
  d.quote("1.57000", "1.57010");
  auto s = stop_order(1, side::buy, 100, "1.57050");
  s.kind = order_kind::stop_limit;
  s.limit = at("1.57060");
  d.send(s);
  const auto through = d.quote("1.57080", "1.57090");
  CHECK(says(through, 1, kind::triggered));
  CHECK(fills(through, 1).empty());
  CHECK(d.quote("1.57060", "1.57061").empty());
  CHECK(only_price(d.quote("1.57030", "1.57040"), 1) == at("1.57040"));  // a limit order from then on: below the trigger too
  auto touched = stop_order(2, side::buy, 100, "1.57000");
  touched.kind = order_kind::market_if_touched;
  CHECK(d.send(touched).size() == 1);
  CHECK(d.quote("1.57000", "1.57001").empty());
  CHECK(only_price(d.quote("1.56980", "1.56990"), 2) == at("1.56990"));
}

TEST_CASE("quotes: a trailing stop follows the best price, never back, and triggers on its side") {
  market_desk d;
  d.quote("1.57000", "1.57010");
  d.send(order(1, side::buy, 100));
  auto t = order(2, side::sell, 100, order_kind::trailing_stop);
  t.trail = at("0.00100");
  t.reduce_only = true;
  d.send(t);
  CHECK(d.book.find(order_id{2})->terms.trigger == at("1.56900"));
  d.quote("1.57200", "1.57210");
  CHECK(d.book.find(order_id{2})->terms.trigger == at("1.57100"));
  d.quote("1.57101", "1.57110");
  CHECK(d.book.find(order_id{2})->terms.trigger == at("1.57100"));
  CHECK(only_price(d.quote("1.57100", "1.57110"), 2) == at("1.57100"));
  auto early = order(3, side::sell, 100, order_kind::trailing_stop);
  early.trail = at("0.00100");
  market_desk blind;
  CHECK(why(blind.send(early), 3) == "there is no price to trail yet");
}

TEST_CASE("quotes: immediate orders end with the first quote; fill or kill takes all or nothing") {
  market_desk d;
  d.quote("1.57000", "1.57010", 100, 100);
  auto ioc = limit_order(1, side::buy, 300, "1.57010");
  ioc.validity = time_in_force::immediate_or_cancel;
  auto out = d.send(ioc);
  REQUIRE(fills(out, 1).size() == 1);
  CHECK(fills(out, 1)[0].size == units(100));
  CHECK(says(out, 1, kind::cancelled));
  CHECK(out.back().leaves == units(200));
  auto fok = limit_order(2, side::buy, 300, "1.57010");
  fok.validity = time_in_force::fill_or_kill;
  out = d.send(fok);
  CHECK(fills(out, 2).empty());
  CHECK(why(out, 2) == "not filled at once");
  fok.order = order_id{3};
  fok.limit = at("1.57011");
  CHECK(fills(d.send(fok), 3).size() == 2);
  CHECK(d.book.size() == 0);
}

TEST_CASE("quotes: latency keeps an order from the quotes before it arrives") {
  auto rules = plain_rules();
  rules.models.latency_ns = 50 * millisecond_ns;
  market_desk d(rules);
  d.quote("1.57000", "1.57010");
  CHECK(d.send(order(1, side::buy, 100)).size() == 1);
  d.now = d.now + 49 * millisecond_ns;
  CHECK(d.quote("1.57100", "1.57110").empty());
  d.now = d.now + millisecond_ns;
  CHECK(only_price(d.quote("1.57200", "1.57210"), 1) == at("1.57210"));
}

TEST_CASE("quotes: slippage is in steps and only at the market") {
  auto rules = plain_rules();
  rules.models.slippage_probability = rate{rate::one};
  rules.models.slippage_steps_max = 1;
  market_desk d(rules);
  d.quote("1.57000", "1.57010");
  CHECK(only_price(d.send(order(1, side::buy, 100)), 1) == at("1.57011"));
  CHECK(only_price(d.send(order(2, side::sell, 100)), 2) == at("1.56999"));
  CHECK(only_price(d.send(limit_order(3, side::buy, 100, "1.57010")), 3) == at("1.57010"));
}
