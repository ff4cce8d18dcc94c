// A whole node on one thread, with virtual time: what must hold whatever befalls it.
#include <chrono>
#include <cstdlib>
#include <string>

#include "tests/node_sim/seeds.hpp"
#include "tests/node_sim/shrink.hpp"
#include "tests/node_sim/simulation.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

constexpr std::uint64_t steps_of_a_history = 16'000;

std::uint64_t number_in(const char* name, std::uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

struct sum {
  std::uint64_t seeds = 0, steps = 0, lives = 0, events = 0, orders = 0, alerts = 0, acknowledged = 0, snapshots = 0, parked = 0, job_runs = 0;
  std::map<std::string, std::uint64_t> faults;
  void add(const verdict& v) {
    ++seeds;
    steps += v.steps;
    lives += v.lives;
    events += v.events;
    orders += v.orders;
    alerts += v.alerts;
    acknowledged += v.acknowledged;
    snapshots += v.snapshots;
    parked += v.parked;
    job_runs += v.job_runs;
    for (const auto& [kind, n] : v.faults) faults[kind] += n;
  }
  [[nodiscard]] std::string text() const {
    std::string all = std::to_string(seeds) + " seeds, " + std::to_string(steps) + " steps, " + std::to_string(lives) + " lives, " + std::to_string(events) +
                      " events, " + std::to_string(orders) + " orders, " + std::to_string(alerts) + " alerts, " + std::to_string(acknowledged) +
                      " commands acknowledged, " + std::to_string(snapshots) + " snapshots, " + std::to_string(parked) + " inputs parked, " +
                      std::to_string(job_runs) + " runs of jobs; faults:";
    for (const auto& [kind, n] : faults) all += " " + kind + " " + std::to_string(n) + ",";
    all.pop_back();
    return all;
  }
};

void run(std::uint64_t seed, sum& all) {
  const auto c = case_of(seed, steps_of_a_history);
  const auto v = simulation(c).run();
  all.add(v);
  if (!v.broken.empty()) FAIL_CHECK(report_of(c, v));
}

}  // namespace

TEST_CASE("without faults each small deployment comes to its end, in lockstep as the back-test says") {
  for (std::uint64_t variant = 0; variant < deployments; ++variant) {
    simulated_case c;
    c.seed = variant + 1;
    c.variant = variant;
    const auto v = simulation(c).run();
    if (!v.broken.empty()) FAIL_CHECK("variant " << variant << ": " << report_of(c, v));
    CHECK(v.orders > 50);
    CHECK(v.alerts > 0);
    CHECK(v.snapshots > 20);
    CHECK((v.job_runs > 5) == (variant % 4 == 3));
  }
}

TEST_CASE("seeds that failed once hold") {
  sum all;
  for (const auto& s : remembered_seeds) {
    INFO(s.why);
    run(s.seed, all);
  }
}

// TOMNEXT_SIM_SEEDS=N runs so many, TOMNEXT_SIM_MINUTES=M as many as there is time for, TOMNEXT_SIM_SEED=S this one alone.
TEST_CASE("whatever befalls the node, its log keeps the laws, nothing leaves early, and it comes to the end", "[seeds]") {
  sum all;
  const auto began = real_time();
  if (const auto one = number_in("TOMNEXT_SIM_SEED", 0); one != 0) {
    run(one, all);
    const auto v = simulation(case_of(one, steps_of_a_history)).run();
    for (const auto& line : v.story) WARN(line);
    return;
  }
  const auto minutes = number_in("TOMNEXT_SIM_MINUTES", 0);
  const auto seeds = number_in("TOMNEXT_SIM_SEEDS", minutes == 0 ? 200 : UINT64_MAX);
  const auto first = number_in("TOMNEXT_SIM_FIRST", 1);
  const auto in_time = [&] { return minutes == 0 || real_time() - began < std::chrono::minutes(minutes); };
  for (std::uint64_t n = 0; n < seeds && in_time(); ++n) run(first + n, all);
  const auto took = std::chrono::duration<double>(real_time() - began).count();
  WARN(all.text() << "; " << took << " s");
}

TEST_CASE("a seed is a history: twice the same steps, and the same log to the last bit") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto c = case_of(seed, steps_of_a_history);
    const auto once = simulation(c).run(), again = simulation(c).run();
    INFO("seed " << seed);
    CHECK(once.steps == again.steps);
    CHECK(once.events == again.events);
    CHECK(once.chain_hash == again.chain_hash);
    CHECK(once.story == again.story);
  }
}
