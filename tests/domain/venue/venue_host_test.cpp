#include "domain/venue/venue_host.hpp"

#include <array>
#include <limits>

#include <rapidcheck.h>

#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using venue::venue_host;

namespace {

constexpr host_id self{16};

send_started market(std::uint32_t number, side direction, std::int64_t size) {
  send_started s;
  s.order = order_of(3, number);
  s.instrument = pound;
  s.direction = direction;
  s.size = units(size);
  s.attempt = 1;
  return s;
}
venue::venue_configuration settings(bool flagged_quotes_fill) {
  venue::venue_configuration c;
  c.flagged_quotes_fill = flagged_quotes_fill;
  return c;
}
struct market_place : host_driver<venue_host> {
  explicit market_place(bool flagged_quotes_fill = false) : host_driver(venue_host(self, settings(flagged_quotes_fill)), self) {}
  std::vector<venue_order_reported> reports(const send_started& s) { return only<venue_order_reported>(input(s, start)); }
  std::string refusal(const send_started& s) {
    const auto r = reports(s);
    if (r.size() != 1 || r[0].report != venue_report::rejected) return "not refused";
    return std::string(r[0].reason.view());
  }
  market_place& with(const instrument_defined& d) {
    input(d, start);
    return *this;
  }
  market_place& with(const quote_accepted& q) {
    input(q, start);
    return *this;
  }
};
quote_accepted sized(quote_accepted q, std::int64_t bid_size, std::int64_t ask_size) {
  q.bid_size = units(bid_size);
  q.ask_size = units(ask_size);
  return q;
}

}  // namespace

TEST_CASE("a buy fills at the ask and a sell at the bid, acknowledged first, in one reaction") {
  market_place v;
  v.with(pound_dollar()).with(quote_of("1.57000", "1.57010"));
  const auto bought = v.reports(market(1, side::buy, 1'000'000));
  REQUIRE(bought.size() == 2);
  CHECK(bought[0].report == venue_report::acknowledged);
  CHECK(bought[0].venue_order == 1);
  CHECK(bought[0].leaves == units(1'000'000));
  CHECK(bought[1].report == venue_report::filled);
  CHECK(bought[1].at_price == at("1.5701"));
  CHECK(bought[1].size == units(1'000'000));
  CHECK(bought[1].leaves == units(0));
  CHECK(bought[1].execution == 1);
  const auto sold = v.reports(market(2, side::sell, 10));
  REQUIRE(sold.size() == 2);
  CHECK(sold[1].at_price == at("1.57"));
  CHECK(sold[1].venue_order == 2);
  CHECK(sold[1].execution == 2);
}

TEST_CASE("what exceeds the displayed size fills one price step worse") {
  market_place v;
  auto d = pound_dollar();
  d.displayed_size = units(250'000);
  v.with(d).with(quote_of("1.57000", "1.57010"));
  const auto bought = v.reports(market(1, side::buy, 1'000'000));
  REQUIRE(bought.size() == 3);
  CHECK(bought[1].size == units(250'000));
  CHECK(bought[1].at_price == at("1.5701"));
  CHECK(bought[1].leaves == units(750'000));
  CHECK(bought[2].size == units(750'000));
  CHECK(bought[2].at_price == at("1.57011"));
  CHECK(bought[2].leaves == units(0));
  CHECK(bought[2].execution == bought[1].execution + 1);
  const auto sold = v.reports(market(2, side::sell, 250'001));
  REQUIRE(sold.size() == 3);
  CHECK(sold[1].at_price == at("1.57"));
  CHECK(sold[2].size == units(1));
  CHECK(sold[2].at_price == at("1.56999"));
  CHECK(sold[1].execution == 3);  // no execution id is given twice
  CHECK(v.reports(market(3, side::sell, 250'000)).size() == 2);
}

TEST_CASE("the source's size goes before the instrument's, side by side") {
  market_place v;
  auto d = pound_dollar();
  d.displayed_size = units(100);
  v.with(d).with(sized(quote_of("1.57000", "1.57010"), 0, 300));
  CHECK(v.reports(market(1, side::buy, 300)).size() == 2);
  CHECK(v.reports(market(2, side::buy, 301)).size() == 3);
  CHECK(v.reports(market(3, side::sell, 100)).size() == 2);
  CHECK(v.reports(market(4, side::sell, 101)).size() == 3);
}

TEST_CASE("the book is not consumed, and is that of the newest quote") {
  market_place v;
  v.with(pound_dollar()).with(sized(quote_of("1.57000", "1.57010"), 100, 100));
  for (std::uint32_t n = 1; n <= 3; ++n) {
    const auto r = v.reports(market(n, side::buy, 100));
    REQUIRE(r.size() == 2);
    CHECK(r[1].at_price == at("1.5701"));
  }
  v.with(quote_of("1.60000", "1.60010"));
  CHECK(v.reports(market(4, side::buy, 100))[1].at_price == at("1.6001"));
}

TEST_CASE("flagged quotes never fill, except in the comparison mode") {
  for (std::uint32_t flag : {quote_flag::crossed, quote_flag::locked, quote_flag::spike, quote_flag::off_hours, quote_flag::stale, quote_flag::wide_spread}) {
    market_place v, compared(true);
    v.with(pound_dollar()).with(quote_of("1.8", "1.9", flag));
    CHECK(v.refusal(market(1, side::buy, 1)) == "no quote yet");
    v.with(quote_of("1.57000", "1.57010")).with(quote_of("1.8", "1.9", flag));
    CHECK(v.reports(market(2, side::buy, 1)).at(1).at_price == at("1.5701"));
    compared.with(pound_dollar()).with(quote_of("1.57000", "1.57010")).with(quote_of("1.8", "1.9", flag));
    CHECK(compared.reports(market(1, side::buy, 1)).at(1).at_price == at("1.9"));
  }
}

TEST_CASE("what this venue cannot do it refuses, and says why") {
  market_place v;
  CHECK(v.refusal(market(1, side::buy, 1)) == "unknown instrument");
  v.with(pound_dollar());
  CHECK(v.refusal(market(2, side::buy, 1)) == "no quote yet");
  v.with(quote_of("1.57000", "1.57010"));
  auto limit = market(3, side::buy, 1);
  limit.kind = order_kind::limit;
  CHECK(v.refusal(limit) == "a limit order needs a positive limit price");
  CHECK(v.refusal(market(4, side::buy, 0)) == "quantity is not positive");
  CHECK(v.refusal(market(5, side::buy, -7)) == "quantity is not positive");
  CHECK(v.refusal(market(6, side::none, 1)) == "an order buys or sells");
  for (std::uint32_t n : {0u, instruments_max, ~0u}) {
    auto elsewhere = market(7, side::buy, 1);
    elsewhere.instrument = instrument_id{n};
    elsewhere.order = order_of(4, n & 0xFFFF);
    CHECK(v.refusal(elsewhere) == "unknown instrument");
  }
}

TEST_CASE("the remainder needs a price; what fits at the top does not") {
  market_place v;
  auto d = pound_dollar();
  d.displayed_size = units(10);
  v.with(d).with(quote_of("0.00001", "0.00002"));
  CHECK(v.refusal(market(1, side::sell, 11)) == "there is no price one step worse");
  CHECK(v.reports(market(2, side::sell, 10)).size() == 2);
  quote_accepted q = quote_of("1", "1");
  q.ask = {std::numeric_limits<std::int64_t>::max()};
  v.with(q);
  CHECK(v.refusal(market(3, side::buy, 11)) == "there is no price one step worse");
}

TEST_CASE("no client order id is taken twice, also not one that was refused") {
  market_place v;
  v.with(pound_dollar());
  CHECK(v.refusal(market(1, side::buy, 1)) == "no quote yet");
  v.with(quote_of("1.57000", "1.57010"));
  CHECK(v.refusal(market(1, side::buy, 1)) == "duplicate client order id");
  CHECK(v.reports(market(2, side::buy, 1)).size() == 2);
  CHECK(v.refusal(market(2, side::sell, 5)) == "duplicate client order id");
}

TEST_CASE("the venue's memory of ids does not grow with the orders it has filled") {
  market_place v;
  v.with(pound_dollar()).with(quote_of("1.57000", "1.57010"));
  v.reports(market(1, side::buy, 1));
  const auto few = saved(v.host()).size();
  for (std::uint32_t n = 2; n <= 5'000; ++n) v.reports(market(n, side::buy, 1));
  CHECK(saved(v.host()).size() == few);
  CHECK(v.refusal(market(1, side::buy, 1)) == "duplicate client order id");
}

TEST_CASE("hostile definitions and quotes of unknown instruments change nothing") {
  market_place v;
  v.with(pound_dollar()).with(quote_of("1.57000", "1.57010"));
  const auto before = saved(v.host());
  auto d = pound_dollar();
  d.price_precision = 10;
  v.with(d);
  d = pound_dollar();
  d.instrument = instrument_id{instruments_max};
  v.with(d).with(quote_of("2", "3", 0, instrument_id{~0u}));
  CHECK(saved(v.host()) == before);
}

TEST_CASE("a fresh venue goes on from the archive of another") {
  market_place v;
  v.with(pound_dollar()).with(sized(quote_of("1.57000", "1.57010"), 100, 100));
  v.reports(market(1, side::buy, 200));
  venue_host fresh(self, settings(false));
  REQUIRE(restore(fresh, saved(v.host())));
  v.replace(std::move(fresh));
  CHECK(v.refusal(market(1, side::buy, 1)) == "duplicate client order id");
  const auto r = v.reports(market(2, side::buy, 200));
  REQUIRE(r.size() == 3);
  CHECK(r[0].venue_order == 2);
  CHECK(r[1].execution == 3);
  CHECK(r[2].at_price == at("1.57011"));
}

TEST_CASE("whatever is sent, each order is refused once or filled whole") {
  CHECK(rc::check("all or nothing", [] {
    market_place v;
    auto d = pound_dollar();
    d.displayed_size = units(*rc::gen::inRange(0, 50));
    v.with(d).with(quote_of("1.57000", "1.57010"));
    const auto size = *rc::gen::inRange(-5, 200);
    const auto direction = static_cast<side>(*rc::gen::inRange(0, 3));
    const auto r = v.reports(market(1, direction, size));
    RC_ASSERT(!r.empty());
    if (r[0].report == venue_report::rejected) {
      RC_ASSERT(r.size() == 1u);
      RC_ASSERT(size <= 0 || direction == side::none);
      return;
    }
    std::int64_t filled = 0;
    for (std::size_t i = 1; i < r.size(); ++i) filled += r[i].size.value;
    RC_ASSERT(filled == units(size).value);
    RC_ASSERT(r.back().leaves.value == 0);
  }));
}

// ---- orders that wait, and bars --------------------------------------------------------------------

namespace {

send_started waiting(std::uint32_t number, side direction, std::int64_t size, order_kind kind, const char* level) {
  auto s = market(number, direction, size);
  s.kind = kind;
  (kind == order_kind::limit ? s.limit : s.trigger) = at(level);
  return s;
}
quote_accepted quote_at(std::int64_t seconds, const char* both) {
  auto q = quote_of(both, both);
  q.source_time = timestamp{seconds * second_ns};
  return q;
}
struct bar_place : host_driver<venue_host> {
  bar_place() : host_driver(venue_host(self, bar_settings()), self) { input(pound_dollar(), start); }
  static venue::venue_configuration bar_settings() {
    venue::venue_configuration c;
    c.profile = venue::venue_profile::next_bar_open;
    c.bars_of[pound.value] = {60, price_side::bid};
    c.bars.spread = *rate::parse("0.0001");
    return c;
  }
  std::vector<venue_order_reported> sent(const send_started& s) { return only<venue_order_reported>(input(s, now())); }
  /// One minute of four quotes, then its timers.
  std::vector<venue_order_reported> minute(std::int64_t closes_at_s, std::array<const char*, 4> prices) {
    std::vector<event> all;
    for (std::size_t i = 0; i < 4; ++i)
      for (const auto& e : quote(quote_at(closes_at_s - 3 + static_cast<std::int64_t>(i), prices[i]))) all.push_back(e);
    for (const auto& e : fire_through(timestamp{closes_at_s * second_ns})) all.push_back(e);
    return only<venue_order_reported>(all);
  }
};

}  // namespace

TEST_CASE("orders wait, trigger, are cancelled, and end with the day or the data; each report under the order's number") {
  market_place v;
  v.with(pound_dollar()).with(quote_of("1.57000", "1.57010"));
  CHECK(v.reports(waiting(1, side::buy, 10, order_kind::stop, "1.57100")).size() == 1);
  CHECK(v.reports(waiting(2, side::buy, 10, order_kind::limit, "1.56000")).size() == 1);
  auto daily = waiting(3, side::buy, 10, order_kind::limit, "1.55000");
  daily.validity = time_in_force::day;
  v.reports(daily);
  v.reports(waiting(4, side::buy, 10, order_kind::limit, "1.54000"));
  const auto hit = only<venue_order_reported>(v.input(quote_of("1.57090", "1.57100"), start));
  REQUIRE(hit.size() == 2);
  CHECK(hit[0].report == venue_report::triggered);
  CHECK(hit[0].at_price == at("1.571"));
  CHECK(hit[1].report == venue_report::filled);
  CHECK(hit[1].venue_order == 1);
  CHECK(hit[1].execution == 1);
  send_started cancel;
  cancel.order = order_of(3, 2);
  cancel.instrument = pound;
  cancel.request = venue_request::cancel;
  const auto cancelled = v.reports(cancel);
  REQUIRE(cancelled.size() == 1);
  CHECK(cancelled[0].report == venue_report::cancelled);
  CHECK(cancelled[0].venue_order == 2);
  CHECK(v.reports(cancel).at(0).report == venue_report::change_refused);
  const auto day = only<venue_order_reported>(v.input(trading_day_rolled{}, start));
  REQUIRE(day.size() == 1);
  CHECK(day[0].report == venue_report::expired);
  CHECK(day[0].venue_order == 3);
  source_state_changed end;
  end.state = source_state::ended;
  const auto last = only<venue_order_reported>(v.input(end, start));
  REQUIRE(last.size() == 1);
  CHECK(last[0].order == order_of(3, 4));
  CHECK(last[0].report == venue_report::expired);
}

TEST_CASE("in next_bar_open an order is worked when the next bar has closed, and what closes after the end is filled on the last") {
  bar_place v;
  v.minute(6'000, {"1.1", "1.2", "1.0", "1.15"});
  CHECK(v.sent(market(1, side::buy, 10)).size() == 1);
  auto loss = waiting(2, side::sell, 10, order_kind::stop, "1.05");
  loss.parent = order_of(3, 1);
  loss.reduce_only = true;
  v.sent(loss);
  CHECK(v.quote(quote_at(6'010, "1.16")).size() == 1);  // a timer
  const auto entered = v.minute(6'060, {"1.17", "1.2", "1.1", "1.15"});
  REQUIRE(entered.size() == 1);
  CHECK(entered[0].at_price == at("1.160116"));  // the bar's open, the first quote, and the spread
  const auto stopped = v.minute(6'120, {"1.1", "1.11", "1.04", "1.06"});
  REQUIRE(stopped.size() == 2);
  CHECK(stopped[0].report == venue_report::triggered);
  CHECK(stopped[1].at_price == at("1.05"));
  v.sent(market(3, side::buy, 10));
  v.minute(6'180, {"1.1", "1.11", "1.04", "1.06"});
  v.sent(waiting(4, side::buy, 10, order_kind::limit, "1.0"));
  source_state_changed end;
  end.state = source_state::ended;
  const auto expired = only<venue_order_reported>(v.input(end, v.now()));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].report == venue_report::expired);
  auto close = market(5, side::sell, 10);
  close.reduce_only = true;
  const auto closed = v.sent(close);
  REQUIRE(closed.size() == 2);
  CHECK(closed[1].at_price == at("1.1"));
}

TEST_CASE("a venue goes on from its archive in the middle of a bar, with all that waits") {
  bar_place one, other;
  for (auto* v : {&one, &other}) {
    v->minute(6'000, {"1.1", "1.2", "1.0", "1.15"});
    v->sent(market(1, side::buy, 10));
    v->sent(waiting(2, side::sell, 10, order_kind::limit, "1.3"));
    v->quote(quote_at(6'010, "1.16"));
  }
  venue_host fresh(self, bar_place::bar_settings());
  REQUIRE(restore(fresh, saved(one.host())));
  one.replace(std::move(fresh));
  CHECK(one.minute(6'060, {"1.17", "1.31", "1.1", "1.15"}) == other.minute(6'060, {"1.17", "1.31", "1.1", "1.15"}));
  CHECK(saved(one.host()) == saved(other.host()));
}
