// Each mutant is noticed within 200 seeds: a checker that misses one proves nothing.
#include <chrono>

#include "tests/node_sim/shrink.hpp"
#include "tests/node_sim/simulation.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("each mutant is caught within 200 seeds", "[mutants]") {
  for (const auto m : all_mutants) {
    const auto began = real_time();
    std::string caught;
    std::uint64_t seed = 0;
    while (caught.empty() && seed < 200) caught = simulation(case_of(++seed, 16'000), m).run().broken;
    const auto took = std::chrono::duration<double>(real_time() - began).count();
    if (caught.empty()) FAIL_CHECK("not caught: " << word_of(m));
    else WARN(word_of(m) << ": caught by seed " << seed << " within " << took << " s: " << caught.substr(0, 160));
  }
}

TEST_CASE("a failure shrinks to the fewest faults that do it", "[mutants]") {
  // Without restarts one kill of a host is enough, whatever else befell the node.
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto c = case_of(seed, 16'000);
    if (c.plan.size() < 6) continue;
    const auto v = simulation(c, mutant::lost_restart).run();
    if (!v.broken.starts_with("liveness")) continue;
    const auto s = shrink(c, v.broken, mutant::lost_restart, 60);
    INFO("seed " << seed << ": " << s.what.broken);
    CHECK(s.prefix <= c.plan.size());
    REQUIRE(s.smallest.plan.size() == 1);
    CHECK(s.what.broken.starts_with("liveness"));
    return;
  }
  FAIL("no seed fails so");
}
