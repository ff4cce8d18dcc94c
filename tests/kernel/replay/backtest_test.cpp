#include "actors/replay/backtest.hpp"

#include "config/loader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;

namespace {

config::deployment demo(const std::vector<config::override_setting>& overrides = {}) {
  auto d = config::load(tests::shipped_data("demo.yaml"), overrides);
  if (!d) FAIL(d.error().message);
  return *d;
}

replay::backtest_report run(const config::deployment& d, const replay::backtest_options& options = {}) {
  auto r = replay::run_backtest(d, options);
  if (!r) FAIL(r.error().message);
  return *r;
}

}  // namespace

TEST_CASE("G1 comes out as published, by the general rules", "[backtest]") {
  const auto r = run(demo());
  CHECK(r.ticks == 120'468);
  CHECK(r.bars == 8'353);
  CHECK(r.orders == 570);
  CHECK(r.fills == 570);
  CHECK(r.positions == 285);
  CHECK(tomnext::to_string(r.final_balance, r.minor_units) == "962062.51");
  WARN(replay::to_table(r));
}
