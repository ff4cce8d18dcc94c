#include "domain/strategy_execution/plan.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::strategy_execution;

namespace {

opinion wants(side d, order_kind kind = order_kind::market, bool only_if_flat = false, side leave = side::none) {
  opinion o{d, static_cast<double>(sign(d)), 0, 0};
  o.entry.kind = kind;
  o.entry.only_if_flat = only_if_flat;
  o.leave = leave;
  return o;
}
standing holds(std::int64_t own, std::int64_t others = 0) { return {quantity::whole(own + others), quantity::whole(own)}; }

}  // namespace

TEST_CASE("plan: an opinion enters from flat, turns what lies against it, and does nothing where it is that way already") {
  CHECK(plan_of(wants(side::buy), holds(0)) == plan{false, true});
  CHECK(plan_of(wants(side::buy), holds(-5)) == plan{true, true});
  CHECK(plan_of(wants(side::buy), holds(5)) == plan{false, false});
  CHECK(plan_of(wants(side::sell), holds(5)) == plan{true, true});
  CHECK(plan_of(wants(side::sell), holds(-5)) == plan{false, false});
  CHECK(plan_of(wants(side::buy), holds(0, 5)) == plan{false, false});  // another strategy's position counts
  CHECK(plan_of(wants(side::buy), holds(0, -5)) == plan{false, true});  // but is not ours to close
}

TEST_CASE("plan: an entry from flat neither turns nor adds") {
  CHECK(plan_of(wants(side::buy, order_kind::market, true), holds(0)) == plan{false, true});
  CHECK(plan_of(wants(side::buy, order_kind::market, true), holds(-5)) == plan{false, false});
  CHECK(plan_of(wants(side::buy, order_kind::market, true), holds(0, -5)) == plan{false, false});
  CHECK(plan_of(wants(side::buy, order_kind::market, true), holds(5, -5)) == plan{false, false});
}

TEST_CASE("plan: leaving closes that side alone, with or without an entry") {
  CHECK(plan_of(wants(side::none, order_kind::market, false, side::buy), holds(5)) == plan{true, false});
  CHECK(plan_of(wants(side::none, order_kind::market, false, side::buy), holds(-5)) == plan{false, false});
  CHECK(plan_of(wants(side::none, order_kind::market, false, side::sell), holds(-5)) == plan{true, false});
  CHECK(plan_of(wants(side::buy, order_kind::stop, true, side::buy), holds(5)) == plan{true, false});
  CHECK(plan_of(wants(side::none), holds(5)) == plan{false, false});
}

TEST_CASE("plan: an entry that waits closes nothing by itself") {
  CHECK(plan_of(wants(side::buy, order_kind::stop), holds(-5)) == plan{false, true});
  CHECK(plan_of(wants(side::buy, order_kind::limit), holds(-5)) == plan{false, true});
}
