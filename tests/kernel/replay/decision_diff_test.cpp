#include "actors/replay/decision_diff.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

event fill(std::int64_t second, std::int64_t micro_price, side direction = side::buy) {
  header h;
  h.at = timestamp{second * second_ns};
  h.host = host_id{20};
  order_filled f;
  f.instrument = instrument_id{1};
  f.direction = direction;
  f.size = quantity{1'000};
  f.at_price = price{micro_price * 1'000};
  f.order = order_id{static_cast<std::uint64_t>(micro_price)};  // ids are no part of a decision
  return {h, f};
}
event other_thing(std::int64_t second) {
  header h;
  h.at = timestamp{second * second_ns};
  return {h, bar_closed{}};
}

}  // namespace

TEST_CASE("decisions of two runs: instants are compared when both are past them, whatever the order within one") {
  replay::decision_differ d;
  for (const auto& e : {fill(1, 100), fill(2, 101), fill(2, 102), other_thing(2), fill(5, 103)}) d.recorded(e);
  for (const auto& e : {fill(2, 102), fill(2, 101), fill(3, 7), fill(5, 103), fill(5, 103), fill(6, 1)}) d.other(e);
  const auto c = d.finish();
  CHECK(c.same == 3);
  CHECK(c.only_recorded == 1);
  CHECK(c.only_other == 3);
  REQUIRE(c.shown.size() == 4);
  CHECK(c.shown[0].recorded);
  CHECK(c.shown[0].line.at == timestamp{1 * second_ns});
  CHECK(c.shown[0].line.what == "filled: buy " + quantity{1'000}.to_string() + " of instrument 1 at " + price{100'000}.to_string());
  CHECK_FALSE(c.shown[1].recorded);
  CHECK(c.shown[1].line.at == timestamp{3 * second_ns});
  CHECK(c.shown[2].line.at == timestamp{5 * second_ns});
  CHECK(c.shown[3].line.at == timestamp{6 * second_ns});
}

TEST_CASE("decisions of two runs: ids count on differently and are no difference; direction and price are") {
  replay::decision_differ d;
  auto same = fill(1, 100);
  auto f = same.as<order_filled>();
  f.order = order_id{77};
  f.execution = 9;
  d.recorded(same);
  same.set(f);
  d.other(same);
  d.recorded(fill(2, 100));
  d.other(fill(2, 100, side::sell));
  const auto c = d.finish();
  CHECK(c.same == 1);
  CHECK(c.only_recorded == 1);
  CHECK(c.only_other == 1);
}

TEST_CASE("decisions of two runs: a run that decides nothing is not waited for without bounds, and what is shown is bounded") {
  replay::decision_differ d;
  const auto n = static_cast<std::int64_t>(replay::waiting_decisions_max) + 5'000;
  for (std::int64_t i = 0; i < n; ++i) d.recorded(fill(i, 100));
  const auto c = d.finish();
  CHECK(c.only_recorded == static_cast<std::uint64_t>(n));
  CHECK(c.shown.size() == replay::shown_decisions_max);
}

TEST_CASE("what a run came to is counted from its events") {
  replay::run_outcome r;
  r.count(fill(1, 100));
  position_changed p;
  p.change = position_change::opened;
  p.balance = amount{900};
  p.commission = amount{3};
  r.count({header{}, p});
  p.change = position_change::closed;
  p.balance = amount{950};
  r.count({header{}, p});
  CHECK(r.fills == 1);
  CHECK(r.positions == 1);
  CHECK(r.balance == amount{950});
  CHECK(r.commission == amount{6});
  CHECK_FALSE(r.equity);
  account_valued v;
  v.equity = amount{970};
  r.count({header{}, v});
  CHECK(r.equity == amount{970});
}
