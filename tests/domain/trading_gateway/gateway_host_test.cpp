#include "domain/trading_gateway/gateway_host.hpp"

#include <limits>

#include <rapidcheck.h>

#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using trading_gateway::gateway_host;

namespace {

constexpr host_id self{16};
const trading_gateway::gateway_configuration settings{*rate::parse("0.00002")};

order_approved approval(std::uint32_t number, side direction = side::buy, std::int64_t size = 1'000'000) {
  order_approved a;
  a.order = order_of(3, number);
  a.strategy = strategy_id{3};
  a.signal = signal_id{9};
  a.account = alice;
  a.instrument = pound;
  a.direction = direction;
  a.size = units(size);
  a.closes = position_id{77};
  a.valid_until = start + 2 * second_ns;
  return a;
}
venue_order_reported report(std::uint32_t number, venue_report what) {
  venue_order_reported r;
  r.order = order_of(3, number);
  r.instrument = pound;
  r.report = what;
  r.venue_order = 500 + number;
  r.reason = "because";
  return r;
}
venue_order_reported filled(std::uint32_t number, std::uint64_t execution, std::int64_t size, const char* price_text = "1.57535") {
  auto r = report(number, venue_report::filled);
  r.execution = execution;
  r.size = units(size);
  r.at_price = at(price_text);
  return r;
}
struct session : host_driver<gateway_host> {
  session() : host_driver(gateway_host(self, settings), self) { input(pound_dollar(), start); }
  template <class E> std::vector<event> operator()(const E& e) { return input(e, start); }
  std::uint64_t unexpected() const { return host().unexpected_reports(); }
  void restart() {
    gateway_host fresh(self, settings);
    REQUIRE(restore(fresh, saved(host())));
    replace(std::move(fresh));
  }
};

}  // namespace

TEST_CASE("an approval becomes the order and the start of its sending, in one reaction") {
  session s;
  const auto out = s(approval(1));
  REQUIRE(out.size() == 2);
  const auto& o = out[0].as<order_submitted>();
  CHECK(o.order == order_of(3, 1));
  CHECK(o.strategy == strategy_id{3});
  CHECK(o.signal == signal_id{9});
  CHECK(o.account == alice);
  CHECK(o.closes == position_id{77});
  CHECK(o.size == units(1'000'000));
  CHECK(o.valid_until == start + 2 * second_ns);
  const auto& sent = out[1].as<send_started>();
  CHECK(sent.order == o.order);
  CHECK(sent.direction == side::buy);
  CHECK(sent.size == o.size);
  CHECK(sent.attempt == 1);
  CHECK(out[0].head.cause == out[1].head.cause);
  CHECK(s.host().open_orders() == 1);
}

TEST_CASE("an order that is approved twice is one order, while it is open, after it ended, and after a restart") {
  session s;
  s(approval(1));
  CHECK(s(approval(1)).empty());
  s(filled(1, 1, 1'000'000));
  CHECK(s(approval(1)).empty());
  s.restart();
  CHECK(s(approval(1)).empty());
}

TEST_CASE("an id is not sent again when its order has long been forgotten") {
  session s;
  s(approval(1, side::buy, 1));
  s(filled(1, 1, 1));
  constexpr std::uint32_t many = trading_gateway::ended_orders_max + 5;
  for (std::uint32_t n = 2; n <= many; ++n) {
    s(approval(n, side::buy, 1));
    s(filled(n, n, 1));
  }
  CHECK(s.host().open_orders() == 0);
  CHECK(s(approval(1, side::buy, 1)).empty());
  CHECK(s(filled(1, many + 1, 1)).empty());  // forgotten: reconciliation's business, and counted
  CHECK(s.unexpected() == 1);
}

TEST_CASE("an approval that comes after its validity expires the order; nothing is sent, then or later") {
  session s;
  CHECK(s.input(approval(1), start + 2 * second_ns).size() == 2);  // the last moment
  const auto out = s.input(approval(2), start + 2 * second_ns + 1);
  REQUIRE(out.size() == 1);
  const auto& expired = out[0].as<order_expired>();
  CHECK(expired.order == order_of(3, 2));
  CHECK(expired.signal == signal_id{9});
  CHECK(expired.leaves == units(1'000'000));
  auto again = approval(2);
  again.valid_until = {};
  CHECK(s(again).empty());
  CHECK(s(filled(2, 1, 10)).empty());  // it was never sent
  CHECK(s.unexpected() == 1);
  auto without_end = approval(3);
  without_end.valid_until = {};
  CHECK(s(without_end).size() == 2);
}

TEST_CASE("each report has its outcome, with whose order it was") {
  session s;
  for (std::uint32_t n = 1; n <= 5; ++n) s(approval(n, side::sell));
  const auto ack = only<order_acknowledged>(s(report(1, venue_report::acknowledged)));
  REQUIRE(ack.size() == 1);
  CHECK(ack[0].venue_order == 501);
  CHECK(ack[0].strategy == strategy_id{3});
  const auto rejected = only<order_rejected>(s(report(2, venue_report::rejected)));
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].reason == "because");
  CHECK(rejected[0].signal == signal_id{9});
  s(filled(3, 1, 400'000));
  const auto cancelled = only<order_cancelled>(s(report(3, venue_report::cancelled)));
  REQUIRE(cancelled.size() == 1);
  CHECK(cancelled[0].leaves == units(600'000));
  const auto expired = only<order_expired>(s(report(4, venue_report::expired)));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].leaves == units(1'000'000));
  const auto fills = only<order_filled>(s(filled(5, 2, 1'000'000)));
  REQUIRE(fills.size() == 1);
  const auto& f = fills[0];
  CHECK(f.direction == side::sell);
  CHECK(f.account == alice);
  CHECK(f.closes == position_id{77});
  CHECK(f.leaves == units(0));
  CHECK(f.execution == 2);
  CHECK(f.notional == amount{157'535'000});
  CHECK(f.commission == amount{3'151});
  CHECK_FALSE(f.late);
  CHECK(s.host().open_orders() == 1);
  CHECK(s.unexpected() == 0);
}

TEST_CASE("fills add up, and each execution is taken once") {
  session s;
  s(approval(1));
  CHECK(only<order_filled>(s(filled(1, 1, 250'000))).at(0).leaves == units(750'000));
  CHECK(s(filled(1, 1, 250'000)).empty());
  CHECK(s.unexpected() == 1);
  CHECK(only<order_filled>(s(filled(1, 2, 750'000))).at(0).leaves == units(0));
  CHECK(s(filled(1, 2, 750'000)).empty());
  CHECK(s.unexpected() == 2);
  CHECK(s.host().open_orders() == 0);
}

TEST_CASE("a fill of an order that ended is booked and marked late, each time, and the order stays ended") {
  for (auto end : {venue_report::rejected, venue_report::cancelled, venue_report::expired}) {
    session s;
    s(approval(1));
    s(report(1, end));
    for (std::uint64_t execution : {1u, 2u}) {
      const auto fills = only<order_filled>(s(filled(1, execution, 400'000)));
      REQUIRE(fills.size() == 1);
      CHECK(fills[0].late);
      CHECK(fills[0].leaves == units(execution == 1 ? 600'000 : 200'000));
    }
    const auto rest = only<order_filled>(s(filled(1, 3, 200'000)));
    CHECK(rest.at(0).late);
    CHECK(s.host().open_orders() == 0);
    CHECK(s.unexpected() == 0);
    CHECK(s(report(1, end)).empty());
    CHECK(s.unexpected() == 1);
  }
}

TEST_CASE("a venue that fills more than was asked for is booked whole, and nothing is left") {
  session s;
  s(approval(1, side::buy, 100));
  const auto fills = only<order_filled>(s(filled(1, 1, 150)));
  REQUIRE(fills.size() == 1);
  CHECK(fills[0].size == units(150));
  CHECK(fills[0].leaves == units(0));
  CHECK(s.host().open_orders() == 0);
}

TEST_CASE("what cannot be is counted and changes nothing") {
  session s;
  s(approval(1));
  s(approval(2));
  s(filled(2, 90, 1'000'000));
  auto no_id = filled(1, 0, 10), no_size = filled(1, 5, 0), negative = filled(1, 6, -3), no_price = filled(1, 7, 10, "0");
  auto unknown_report = report(1, static_cast<venue_report>(200));
  std::uint64_t n = 0;
  for (const auto& bad : {report(99, venue_report::acknowledged), filled(99, 8, 10), no_id, no_size, negative, no_price, unknown_report,
                          report(2, venue_report::acknowledged), report(2, venue_report::cancelled), report(2, venue_report::rejected), filled(2, 91, 10)}) {
    const auto before = saved(s.host());
    CHECK(s(bad).empty());
    CHECK(s.unexpected() == ++n);
    const auto after = saved(s.host());
    CHECK(before.substr(0, before.size() - 8) == after.substr(0, after.size() - 8));  // all but the counter, which is last
  }
  CHECK_FALSE(s.failure());
}

TEST_CASE("an order's size and fills at the edge of 64 bits overflow nothing") {
  session s;
  auto a = approval(1);
  a.size = {std::numeric_limits<std::int64_t>::max()};
  s(a);
  auto f = filled(1, 1, 1, "0.000000001");
  f.size = {std::numeric_limits<std::int64_t>::max() - 1};
  CHECK(only<order_filled>(s(f)).at(0).leaves == quantity{1});
  s(report(1, venue_report::cancelled));
  f.execution = 2;
  CHECK(only<order_filled>(s(f)).at(0).leaves == quantity{0});
  f.execution = 3;
  CHECK(only<order_filled>(s(f)).at(0).late);
  // A notional that does not fit is said, not wrapped.
  f.execution = 4;
  f.at_price = {std::numeric_limits<std::int64_t>::max()};
  CHECK(s(f).empty());
  REQUIRE(s.failure());
  CHECK(s.failure()->code == errc::overflow);
}

TEST_CASE("an approval for an instrument that cannot exist is refused and its id used up") {
  session s;
  auto a = approval(1);
  a.instrument = instrument_id{instruments_max};
  CHECK(only<order_rejected>(s(a)).at(0).reason == "unknown instrument");
  CHECK(s(approval(1)).empty());
}

TEST_CASE("a gateway restarted anywhere in a session goes on as if nothing had happened") {
  const auto play = [](std::size_t restart_at) {
    session s;
    std::size_t step = 0;
    const auto take = [&](const auto& e) {
      if (step++ == restart_at) s.restart();
      s(e);
    };
    take(approval(1));
    take(approval(2));
    take(report(1, venue_report::acknowledged));
    take(filled(1, 1, 300'000));
    take(filled(1, 1, 300'000));
    take(approval(1));
    take(report(2, venue_report::cancelled));
    take(filled(2, 2, 100'000));
    take(filled(1, 3, 700'000));
    take(report(1, venue_report::acknowledged));
    take(approval(3));
    return std::pair(s.all().size(), saved(s.host()));
  };
  const auto whole = play(99);
  CHECK(whole.first == 11);
  for (std::size_t i = 0; i < 11; ++i) CHECK(play(i) == whole);
}

TEST_CASE("an order's terms reach the venue: trigger, trail, expiry, its parent and its other side") {
  session s;
  auto a = approval(1);
  a.kind = order_kind::trailing_stop;
  a.validity = time_in_force::good_till_date;
  a.trigger = at("1.5");
  a.trail = at("0.01");
  a.expires = start + hour_ns;
  a.parent = order_of(3, 7);
  a.oco = order_of(3, 8);
  a.reduce_only = true;
  const auto out = s(a);
  REQUIRE(out.size() == 2);
  const auto same = [&](const auto& o) {
    return o.kind == a.kind && o.validity == a.validity && o.trigger == a.trigger && o.trail == a.trail && o.expires == a.expires && o.parent == a.parent &&
           o.oco == a.oco && o.reduce_only && o.closes == a.closes;
  };
  CHECK(same(out[0].as<order_submitted>()));
  CHECK(same(out[1].as<send_started>()));
  CHECK(out[1].as<send_started>().request == venue_request::order);
}

TEST_CASE("a trigger and a restated size are told as such, and fills count against the new size") {
  session s;
  s(approval(1));
  s(report(1, venue_report::acknowledged));
  auto triggered = report(1, venue_report::triggered);
  triggered.at_price = at("1.5");
  const auto hit = only<order_triggered>(s(triggered));
  REQUIRE(hit.size() == 1);
  CHECK(hit[0].trigger == at("1.5"));
  CHECK(hit[0].signal == signal_id{9});
  CHECK(s(triggered).empty());  // no order triggers twice
  CHECK(s.unexpected() == 1);
  auto smaller = report(1, venue_report::amended);
  smaller.size = units(400);
  const auto amended = only<order_amended>(s(smaller));
  REQUIRE(amended.size() == 1);
  CHECK(amended[0].old_size == units(1'000'000));
  CHECK(amended[0].size == units(400));
  const auto f = only<order_filled>(s(filled(1, 1, 400)));
  REQUIRE(f.size() == 1);
  CHECK(f[0].leaves == units(0));
  CHECK(s.host().open_orders() == 0);
  CHECK(s(smaller).empty());
}

TEST_CASE("a cancel is sent where the order may still work, and answered here where it cannot") {
  session s;
  const auto cancel = [&](std::uint32_t number) {
    change_approved c;
    c.order = order_of(3, number);
    c.strategy = strategy_id{3};
    c.instrument = pound;
    return s(c);
  };
  s(approval(1));
  s(report(1, venue_report::acknowledged));
  auto out = cancel(1);
  REQUIRE(out.size() == 1);
  CHECK(out[0].as<send_started>().request == venue_request::cancel);
  CHECK(out[0].as<send_started>().order == order_of(3, 1));
  const auto gone = only<order_cancelled>(s(report(1, venue_report::cancelled)));
  REQUIRE(gone.size() == 1);
  CHECK(s.host().open_orders() == 0);
  out = cancel(1);
  REQUIRE(out.size() == 1);
  CHECK(out[0].as<order_change_refused>().reason == "cancelled orders cannot request a cancel");
  CHECK(cancel(9).at(0).as<order_change_refused>().reason == "no such order");

  s(approval(2));
  s(report(2, venue_report::acknowledged));
  cancel(2);
  CHECK(only<order_filled>(s(filled(2, 1, 1'000'000))).size() == 1);  // too late
  const auto refused = only<order_change_refused>(s(report(2, venue_report::change_refused)));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].reason == "because");
  CHECK(s(report(2, venue_report::change_refused)).empty());  // one request, one answer
  CHECK(s.unexpected() == 1);
}

TEST_CASE("no sequence of reports books more executions than there were, or an order's end twice") {
  CHECK(rc::check("random reports", [] {
    session s;
    for (std::uint32_t n = 1; n <= 3; ++n) s(approval(n, side::buy, 100));
    std::set<std::uint64_t> executions;
    for (int i = 0; i < 40; ++i) {
      const auto number = *rc::gen::inRange<std::uint32_t>(1, 4);
      const auto what = static_cast<venue_report>(*rc::gen::inRange(0, 8));
      if (what != venue_report::filled) {
        s(report(number, what));
        continue;
      }
      const auto execution = *rc::gen::inRange<std::uint64_t>(1, 15);
      if (!only<order_filled>(s(filled(number, execution, *rc::gen::inRange(1, 60)))).empty()) RC_ASSERT(executions.insert(execution).second);
    }
    for (std::uint32_t n = 1; n <= 3; ++n) {
      int ends = 0;
      for (const auto& e : s.all_of<order_rejected>()) ends += e.order == order_of(3, n);
      for (const auto& e : s.all_of<order_cancelled>()) ends += e.order == order_of(3, n);
      for (const auto& e : s.all_of<order_expired>()) ends += e.order == order_of(3, n);
      for (const auto& e : s.all_of<order_filled>()) ends += e.order == order_of(3, n) && e.leaves.value == 0 && !e.late;
      RC_ASSERT(ends <= 1);
    }
  }));
}
