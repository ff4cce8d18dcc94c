// Laws 4 to 9 hold under crashes, restarts, stops and upgrades at any moment; and none of the rules can be left out.
#include <cstdlib>
#include <string>

#include "tests/sim/model/node.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext::sim;

namespace {

/// How many histories the rules must stand; more on request.
std::uint64_t histories() {
  const char* wanted = std::getenv("TOMNEXT_SIM_SEEDS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 3000;
}

constexpr std::uint64_t mutant_histories_max = 2000;

}  // namespace

TEST_CASE("the rules stand every history") {
  figures f;
  const auto count = histories();
  REQUIRE(count > 0);
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    const auto why = node(seed, broken_rule::none, f).run();
    INFO("seed " << seed << ": " << why);
    REQUIRE(why.empty());
  }
  // A campaign that never came to the dangerous places proves nothing about them.
  const std::string tried = std::to_string(f.events) + " events, " + std::to_string(f.node_crashes) + " node crashes (" + std::to_string(f.lost_events) + " events lost), " +
                            std::to_string(f.host_crashes) + " host crashes, " + std::to_string(f.ordered_stops) + " ordered stops, " + std::to_string(f.upgrades) + " upgrades, " +
                            std::to_string(f.recoveries) + " recoveries (" + std::to_string(f.from_snapshot) + " from a snapshot), " + std::to_string(f.proposed_again) +
                            " reactions proposed again, " + std::to_string(f.refused) + " appends refused, " + std::to_string(f.effects) + " effects, " +
                            std::to_string(f.commands) + " commands, " + std::to_string(f.timers) + " timers, " + std::to_string(f.parked) + " inputs parked";
  INFO(tried);
  if (std::getenv("TOMNEXT_SIM_SEEDS") != nullptr) WARN(tried);
  for (const auto figure : {f.node_crashes, f.host_crashes, f.ordered_stops, f.upgrades, f.from_snapshot, f.proposed_again, f.refused, f.effects, f.commands, f.timers, f.parked,
                            f.lost_events})
    CHECK(figure > count / 10);
}

TEST_CASE("each rule removed is found out") {
  for (unsigned i = 1; i < static_cast<unsigned>(broken_rule::count); ++i) {
    const auto broken = static_cast<broken_rule>(i);
    figures f;
    std::string why;
    std::uint64_t seed = 0;
    while (why.empty() && seed < mutant_histories_max) why = node(++seed, broken, f).run();
    INFO("no history of " << seed << " refutes this reading: " << describe(broken));
    CHECK(!why.empty());
    if (std::getenv("TOMNEXT_SIM_SEEDS") != nullptr && !why.empty()) WARN(describe(broken) << " - seed " << seed << ": " << why);
  }
}
