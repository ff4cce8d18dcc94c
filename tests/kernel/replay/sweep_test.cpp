// Rows of a sweep are back-tests: to the cent, and to the state of each host.
#include "actors/replay/sweep.hpp"

#include <algorithm>
#include <fstream>

#include "actors/replay/backtest.hpp"
#include "config/loader.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using tests::market_folder;
using settings = std::vector<config::override_setting>;

namespace {

config::deployment demo(const settings& overrides = {}) {
  auto d = config::load(tests::shipped_data("demo.yaml"), overrides);
  if (!d) FAIL(d.error().message);
  return *d;
}
replay::sweep_runner runner_of(const config::deployment& d) {
  auto r = replay::sweep_runner::make(d, {});
  if (!r) FAIL(r.error().message);
  return std::move(*r);
}
replay::sweep_plan plan_of(const std::vector<std::string>& axes, unsigned threads = 2) {
  replay::sweep_plan p;
  for (const auto& a : axes) {
    auto axis = replay::parse_axis(a);
    if (!axis) FAIL(axis.error().message);
    p.axes.push_back(*axis);
  }
  p.points = *replay::grid_points(p.axes);
  p.threads = threads;
  return p;
}
replay::sweep_result swept(replay::sweep_runner& r, const replay::sweep_plan& plan, const replay::sweep_progress& progress = {}) {
  auto s = replay::run_sweep(r, plan, progress);
  if (!s) FAIL(s.error().message);
  return std::move(*s);
}

/// Each row beside `tomnext backtest --set …` of it.
void compare_rows(const settings& base, const std::vector<std::string>& axes, const std::vector<std::string>& paths) {
  auto runner = runner_of(demo(base));
  const auto s = swept(runner, plan_of(axes));
  CHECK(s.slow_reason.empty());
  const auto targets = *replay::targets_of(runner.deployment(), s.axes);
  for (const auto& row : s.rows) {
    auto all = base;
    for (std::size_t i = 0; i < paths.size(); ++i) all.push_back({paths[i], row.point[i]});
    const auto b = replay::run_backtest(demo(all), {});
    INFO(replay::to_text(s.axes, row.point));
    REQUIRE(b);
    CHECK(row.failure.empty());
    CHECK(row.final_balance == b->final_balance.value);
    CHECK(row.commission == b->commission.value);
    CHECK(row.financing == b->financing.value);
    CHECK(row.orders == b->orders);
    CHECK(row.fills == b->fills);
    CHECK(row.positions == b->positions);
    CHECK(row.denied_orders == b->denied_orders);
    CHECK(row.open_positions == b->open_positions);
    CHECK(row.sharpe == b->statistics.sharpe);
    CHECK(row.sortino == b->statistics.sortino);
    CHECK(row.max_drawdown == b->statistics.max_drawdown);
    CHECK(row.total_return == b->statistics.total_return);
    CHECK(row.daily_equity.size() == b->statistics.days + 1);
    CHECK(s.days.size() == b->statistics.days);
    // And each host that is left has come to the same state.
    const auto fast = runner.run(*replay::at_point(runner.deployment(), targets, row.point));
    REQUIRE(fast);
    CHECK(fast->state_hashes.size() >= 6);
    for (const auto& h : fast->state_hashes) {
      INFO(h.first);
      CHECK(std::find(b->state_hashes.begin(), b->state_hashes.end(), h) != b->state_hashes.end());
    }
  }
}

}  // namespace

TEST_CASE("a sweep's row is the back-test of that configuration, to the cent", "[sweep]") {
  SECTION("the demo") { compare_rows({}, {"fast=5..15:5", "slow=20,40"}, {"strategies.0.fast", "strategies.0.slow"}); }
  SECTION("the demo as published is one of them") {
    auto runner = runner_of(demo());
    const auto s = swept(runner, plan_of({"fast=10", "slow=20"}));
    REQUIRE(s.rows.size() == 1);
    CHECK(s.rows[0].final_balance == 96'206'251);
    CHECK(s.rows[0].orders == 570);
  }
  SECTION("one-minute bars, flagged quotes that neither fill nor mark, a netting account in dollars, more than is displayed") {
    compare_rows({{"strategies.0.bars", "1m-bid"},
                  {"quality", "{flagged_quotes_trade: false, spike_threshold: 5}"},
                  {"bars.without_updates", "false"},
                  {"account", "{currency: USD, balance: 300000, positions: netting}"},
                  {"instruments.GBP/USD.displayed_size", "300000"}},
                 {"fast=3,30", "slow=40,90"}, {"strategies.0.fast", "strategies.0.slow"});
  }
  SECTION("limits that deny orders, no research") {
    compare_rows({{"risk", "{position_max: 1500000, orders_per_second_max: 1}"}, {"research.enabled", "false"}}, {"fast=4,9"}, {"strategies.0.fast"});
  }
  SECTION("two strategies on bars of their own, one that keeps its position at the end") {
    compare_rows({{"strategies",
                   "[{kind: ema_cross, name: a, instrument: GBP/USD, bars: 5m-mid, size: 1000000}, "
                   "{kind: ema_cross, name: b, instrument: GBP/USD, bars: 15m-ask, size: 400000, at_end: keep}]"}},
                 {"strategies.b.fast=3,8", "strategies.a.fast=5,12"}, {"strategies.1.fast", "strategies.0.fast"});
  }
}

TEST_CASE("rows are in the order of their points on any number of threads, and combinations that a strategy refuses are counted", "[sweep]") {
  auto runner = runner_of(demo());
  const auto one = swept(runner, plan_of({"fast=10..30:10", "slow=20,25"}, 1)), four = swept(runner, plan_of({"fast=10..30:10", "slow=20,25"}, 4));
  CHECK(one.rows == four.rows);
  REQUIRE(one.rows.size() == 3);
  CHECK(one.rows[1].point == replay::sweep_point{"10", "25"});
  CHECK(one.refused == 3);
  CHECK_THAT(one.first_refusal, tests::has_part("fast=20, slow=20") && tests::has_part("must be less than slow"));
  const auto none = replay::run_sweep(runner, plan_of({"fast=30", "slow=20"}), {});
  REQUIRE_FALSE(none);
  CHECK_THAT(none.error().message, tests::has_part("must be less than slow"));
}

TEST_CASE("a host whose answer needs each quote makes a sweep slower and not wrong", "[sweep]") {
  auto runner = runner_of(demo());
  const auto fast = swept(runner, plan_of({"fast=5,10"}));
  runner.give_up_tape("a test");
  const auto whole = swept(runner, plan_of({"fast=5,10"}));
  CHECK(whole.slow_reason == "a test");
  CHECK(fast.rows == whole.rows);
}

TEST_CASE("a sweep is cancelled between two back-tests or within one, keeps its rows, and goes on", "[sweep]") {
  market_folder folder("sweep");
  auto runner = runner_of(demo());
  auto plan = plan_of({"fast=3..12"}, 1);
  const auto whole = swept(runner, plan);
  plan.folder = folder.file("out");
  plan.resume = true;  // of a folder that is not there: a new one
  std::uint64_t done = 0;
  const auto cut = replay::run_sweep(runner, plan, [&](std::uint64_t n, std::uint64_t all) {
    CHECK(all == 10);
    done = n;
    return n < 4;
  });
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code == errc::cancelled);
  CHECK_THAT(cut.error().message, tests::has_part("--resume"));
  CHECK(done == 4);

  // A writer that was killed has left part of a line.
  const auto file = plan.folder + "/" + replay::sweep_file::name;
  std::ofstream(file, std::ios::app) << "{\"parameters\":{\"fast\":\"12\"},\"final_bal";
  const auto resumed = swept(runner, plan);
  CHECK(resumed.resumed == 4);
  CHECK(resumed.rows == whole.rows);
  const auto again = swept(runner, plan);
  CHECK(again.resumed == 10);
  CHECK(again.rows == whole.rows);
  // Rows of other points are no part of a smaller sweep; those of a larger one are taken.
  auto larger = plan_of({"fast=2..13"});
  larger.folder = plan.folder;
  larger.resume = true;
  CHECK(swept(runner, larger).resumed == 10);

  SECTION("without --resume the folder is refused") {
    plan.resume = false;
    const auto refused = replay::run_sweep(runner, plan, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK_THAT(refused.error().message, tests::has_part("--resume"));
  }
  SECTION("of another configuration") {
    auto other = runner_of(demo({{"venue.commission_rate", "0.00003"}}));
    const auto refused = replay::run_sweep(other, plan, {});
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, tests::has_part("another configuration"));
  }
  SECTION("of other parameters") {
    auto other = plan_of({"fast=3..12", "slow=20"});
    other.folder = plan.folder;
    other.resume = true;
    const auto refused = replay::run_sweep(runner, other, {});
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, tests::has_part("other parameters"));
  }
  SECTION("a row that was changed is told by its number") {
    std::string text;
    {
      std::ifstream in(file);
      text.assign(std::istreambuf_iterator<char>(in), {});
    }
    const auto at = text.find("\"orders\":");
    REQUIRE(at != std::string::npos);
    text.insert(at + 9, "-");
    std::ofstream(file) << text;
    const auto refused = replay::run_sweep(runner, plan, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::log_corrupt);
    CHECK_THAT(refused.error().message, tests::has_part("sweep.jsonl:2") && tests::has_part("checksum"));
  }
  SECTION("a line that is no row is told by its number") {
    std::ofstream(file, std::ios::app) << "rubbish\n";
    const auto refused = replay::run_sweep(runner, plan, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::log_corrupt);
    CHECK_THAT(refused.error().message, tests::has_part("sweep.jsonl:"));
  }
}

TEST_CASE("rows of other swap rates are not mixed", "[sweep]") {
  market_folder folder("rates");
  const auto rates = folder.file("rates.csv");
  const auto write = [&](const char* long_rate) {
    std::ofstream(rates) << "date,instrument,long,short,through\n2012-01-01,GBP/USD," << long_rate << ",-1,2012-12-31\n";
  };
  const settings financed{{"portfolio.swap_rates", rates}, {"portfolio.financing", "points"}};
  write("-2");
  auto plan = plan_of({"fast=5..6"}, 1);
  plan.folder = folder.file("out");
  plan.resume = true;
  auto runner = runner_of(demo(financed));
  CHECK(swept(runner, plan).rows.size() == 2);
  CHECK(swept(runner, plan).resumed == 2);
  write("-3");
  auto other = runner_of(demo(financed));
  const auto refused = replay::run_sweep(other, plan, {});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, tests::has_part("other data"));
}

TEST_CASE("a back-test that ends early is a row that says why", "[sweep]") {
  auto runner = runner_of(demo({{"account.currency", "CHF"}}));
  const auto s = swept(runner, plan_of({"fast=5,10"}));
  REQUIRE(s.rows.size() == 2);
  CHECK_THAT(s.rows[0].failure, tests::has_part("USD to CHF"));
  const auto line = replay::to_json(s.rows[0], {"fast"}, 2);
  CHECK(*replay::parse_row(line, {"fast"}, 2) == s.rows[0]);
}
