// Too long for every run: `./dev test --long`. Sizes: tests/support/long_run.hpp. A failure prints the seed; TOMNEXT_SEED repeats it.
#include <thread>

#include "tests/e2e/acknowledged.hpp"
#include "tests/e2e/random_moments.hpp"
#include "tests/sim/model/random.hpp"
#include "tests/support/long_run.hpp"
#include "tests/support/order_invariants.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

const std::vector<std::string> often{"--set", "node.snapshot_every=20000"};

/// I1, I2, I4 and I5 of what lies on the disk. I3 is `replay --verify` and the comparison at the end of a round.
void check_log(const std::string& log, const std::optional<persistence::log_head>& acknowledged) {
  if (!persistence::log_exists(log)) {
    REQUIRE((!acknowledged || acknowledged->seq == 0));
    return;
  }
  if (acknowledged) {
    auto opened = persistence::open_log_for_reading(log);
    if (!opened) FAIL(opened.error().message);
    const auto holds = (*opened)->holds(*acknowledged);
    INFO("acknowledged up to " << acknowledged->seq << ", the log ends at " << (*opened)->head().seq);
    REQUIRE(holds);
    REQUIRE(*holds);
  }
  order_invariants orders;
  std::uint64_t next = 1;
  timestamp at{};
  each_event(log, [&](const event& e) {
    if (e.head.seq != next++) FAIL("event " << e.head.seq << " where " << next - 1 << " was next");
    if (e.head.at < at) FAIL("the time goes back at event " << e.head.seq);
    at = e.head.at;
    orders.take(e);
  });
  REQUIRE(orders.broken() == "");
}

/// What a round must come to, after the node was let run to its end.
void check_round(const scratch_folder& f, const std::string& live) {
  run_to_end(demo_file(), live, often);
  order_invariants orders;
  each_event(live, [&](const event& e) { orders.take(e); });
  REQUIRE(orders.broken_at_end() == "");
  REQUIRE(orders.sent() == 570);
  check_identical(f / "backtest", live, 165'000);
  verify(live);
}

}  // namespace

TEST_CASE("kill -9 at random microseconds, again and again: every invariant after each", "[.long][kills]") {
  const auto kills = long_size("KILLS", 1'000);
  const auto seed = seed_of_this_run();
  WARN(kills << " kills, TOMNEXT_SEED=" << seed);
  INFO("TOMNEXT_SEED=" << seed);
  sim::random_source random(seed);
  scratch_folder f;
  backtest_into(demo_file(), f / "backtest", often);
  std::uint64_t killed = 0, in_this_round = 0, rounds = 0, heard = 0;
  const auto live = f / "live";
  while (killed < kills) {
    live_node n(demo_file(), live, {"--port", "0", often[0], often[1]});
    const auto moment = std::chrono::microseconds(random.below(random.chance(30) ? 100'000 : 2'000'000));
    const auto until = std::chrono::steady_clock::now() + moment;
    std::optional<persistence::log_head> last;
    // Long lives are asked for what they have acknowledged; the moment of death is the clock's, whatever the node is at.
    while (std::chrono::steady_clock::now() < until && !n.process().ended()) {
      if (moment > std::chrono::milliseconds(300) && has_text(n.process().err(), " answers"))
        if (const auto h = acknowledged_by(n)) last = h;
      std::this_thread::sleep_until(std::min(until, std::chrono::steady_clock::now() + std::chrono::milliseconds(20)));
    }
    n.process().send(SIGKILL);
    const auto p = n.process().wait();
    INFO("kill " << killed << " after " << moment.count() << " us: " << p.err);
    REQUIRE((p.exit_code == 128 + SIGKILL || p.exit_code == 0));
    ++killed;
    heard += last.has_value();
    check_log(live, last);
    if (++in_this_round < 20 && p.exit_code != 0 && killed < kills) continue;
    check_round(f, live);
    std::filesystem::remove_all(live);
    in_this_round = 0;
    ++rounds;
  }
  WARN(rounds << " rounds; " << heard << " of " << killed << " lives had told what they had acknowledged");
  CHECK(heard > 0);
}

TEST_CASE("stopped for long and continued: nothing is lost, and time does not go back", "[.long][stopped]") {
  const auto seconds = long_size("STOP_SECONDS", 30);
  scratch_folder f;
  backtest_into(demo_file(), f / "backtest", often);
  {
    live_node n(demo_file(), f / "live", {"--port", "0", "--stay", often[0], often[1]});
    REQUIRE(eventually([&] { return n.durable() > 20'000; }));
    n.process().send(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    n.process().send(SIGCONT);
    REQUIRE(eventually([&] { return n.actor("data_pipeline/ingress")["state"] == "stopped"; }));
    const auto last = acknowledged_by(n);
    REQUIRE(last);
    n.process().send(SIGTERM);
    REQUIRE(n.process().wait().exit_code == 130);
    check_log(f / "live", last);
  }
  check_round(f, f / "live");
}

TEST_CASE("a storm of restarts, each cut short: the node still comes to its end", "[.long][storm]") {
  const auto restarts = long_size("RESTARTS", 200);
  const auto seed = seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed);
  sim::random_source random(seed);
  scratch_folder f;
  backtest_into(demo_file(), f / "backtest", often);
  for (std::uint64_t i = 0; i < restarts; ++i) {
    live_node n(demo_file(), f / "live", {"--port", "0", often[0], often[1]});
    // Some while it opens the log, others when it has written for a while.
    const auto until = bytes_in(f / "live/rows") + random.below(100'000);
    REQUIRE(eventually([&] { return n.process().ended() || bytes_in(f / "live/rows") >= until; }));
    n.process().send(SIGKILL);
    const auto p = n.process().wait();
    INFO("restart " << i << ": " << p.err);
    REQUIRE((p.exit_code == 128 + SIGKILL || p.exit_code == 0));
  }
  check_log(f / "live", {});
  check_round(f, f / "live");
}
