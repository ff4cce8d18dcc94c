// Each mutant is noticed within 200 seeds: a checker that misses one proves nothing.
#include <chrono>

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
