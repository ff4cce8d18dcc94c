#include "actors/replay/trade_list.hpp"

#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

config::deployment one_strategy() {
  config::deployment d;
  d.instruments.push_back(pound_dollar());
  d.account.minor_units = 2;
  strategy_execution::strategy_configuration s;
  s.strategy = strategy_id{1};
  s.name = "say \"so\"";
  s.instrument = pound;
  s.bars = {3'600, price_side::bid};
  d.strategies.push_back(s);
  return d;
}

/// Tells a list of fills and what they did, as a log would.
struct teller {
  config::deployment d = one_strategy();
  replay::trade_list list{d};
  std::uint64_t seq = 0;

  std::uint64_t fill(const char* price_text) {
    header h;
    h.seq = ++seq;
    order_filled f;
    f.at_price = at(price_text);
    list.take(h, f);
    return h.seq;
  }
  void changed(std::uint64_t by, position_change what, std::int64_t net, std::int64_t realised = 0, std::int64_t commission = 0) {
    header h;
    h.seq = ++seq;
    h.cause = by;
    h.at = timestamp{static_cast<std::int64_t>(seq) * second_ns};
    position_changed p;
    p.position = position_id{1};
    p.strategy = strategy_id{1};
    p.instrument = pound;
    p.order = order_id{7};
    p.change = what;
    p.net = units(net);
    p.realised = amount{realised};
    p.commission = amount{commission};
    list.take(h, p);
  }
  void bar() {
    bar_closed b;
    b.instrument = pound;
    b.step_s = 3'600;
    b.from = price_side::bid;
    list.take({}, b);
  }
  void child(order_kind kind, const char* level) {
    order_intended o;
    o.strategy = strategy_id{1};
    o.parent = order_id{7};
    o.kind = kind;
    (kind == order_kind::limit ? o.limit : o.trigger) = at(level);
    list.take({}, o);
  }
};

}  // namespace

TEST_CASE("trades: prices are averages over fills, also where two fills come before what they did") {
  teller t;
  t.bar();
  t.child(order_kind::stop, "1.0");
  t.child(order_kind::limit, "1.5");
  const auto one = t.fill("1.2"), two = t.fill("1.4");
  t.changed(one, position_change::opened, 10, 0, 3);
  t.changed(two, position_change::added, 30, 0, 4);
  t.bar();
  t.bar();
  t.changed(t.fill("1.3"), position_change::reduced, 20, -50, 5);
  CHECK(t.list.trades().empty());
  t.changed(t.fill("1.6"), position_change::closed, 0, 500, 6);
  REQUIRE(t.list.trades().size() == 1);
  const auto& x = t.list.trades()[0];
  CHECK(x.size == units(30));
  CHECK(x.entry_bar == 1);
  CHECK(x.exit_bar == 3);
  CHECK(x.entry_price == Approx((10 * 1.2 + 20 * 1.4) / 30));
  CHECK(x.exit_price == Approx((10 * 1.3 + 20 * 1.6) / 30));
  CHECK(x.stop_loss == at("1.0"));
  CHECK(x.take_profit == at("1.5"));
  CHECK(x.commission == amount{18});
  CHECK(x.profit == amount{450 - 18});
}

TEST_CASE("trades: a flip is two, a later entry has not the earlier one's protection, and what fills after the end belongs to the last bar") {
  teller t;
  t.child(order_kind::stop, "1.0");
  t.changed(t.fill("1.2"), position_change::opened, 10);
  t.bar();
  const auto flip = t.fill("1.1");
  t.changed(flip, position_change::closed, 0, -100);
  t.changed(flip, position_change::opened, -10);
  t.bar();
  source_state_changed end;
  end.state = source_state::ended;
  t.list.take({}, end);
  t.changed(t.fill("1.0"), position_change::closed, 0, 100);
  REQUIRE(t.list.trades().size() == 2);
  CHECK(t.list.trades()[0].stop_loss == at("1.0"));
  CHECK(t.list.trades()[0].exit_bar == 1);
  CHECK(t.list.trades()[1].size == units(-10));
  CHECK(t.list.trades()[1].entry_bar == 1);
  CHECK(t.list.trades()[1].exit_bar == 1);
  CHECK_FALSE(t.list.trades()[1].stop_loss);
  CHECK(replay::to_csv(t.list.trades(), t.d) ==
        "strategy,instrument,size,entry_bar,exit_bar,entered,left,entry_price,exit_price,stop_loss,take_profit,profit,commission\n"
        "\"say \"\"so\"\"\",GBP/USD,10,0,1,1970-01-01T00:00:02.000000000Z,1970-01-01T00:00:04.000000000Z,1.200000000,1.100000000,1,,-1.00,0.00\n"
        "\"say \"\"so\"\"\",GBP/USD,-10,1,1,1970-01-01T00:00:05.000000000Z,1970-01-01T00:00:07.000000000Z,1.100000000,1.000000000,,,1.00,0.00\n");
}
