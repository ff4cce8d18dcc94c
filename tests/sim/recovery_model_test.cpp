// Laws 4 to 9 hold under crashes, restarts, stops and upgrades at any moment; and none of the rules can be left out.
#include <cstdlib>
#include <string>
#include <utility>

#include "tests/sim/model/node.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext::sim;

namespace {

/// How many histories the rules must stand; more on request.
std::uint64_t histories() {
  const char* wanted = std::getenv("TOMNEXT_SIM_SEEDS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 3000;
}

/// Who asks for another number of histories also wants to see what they went through.
bool figures_wanted() { return std::getenv("TOMNEXT_SIM_SEEDS") != nullptr; }

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
  const std::pair<const char*, std::uint64_t> tried[] = {{"node crashes", f.node_crashes},
                                                         {"events lost", f.lost_events},
                                                         {"host crashes", f.host_crashes},
                                                         {"ordered stops", f.ordered_stops},
                                                         {"upgrades", f.upgrades},
                                                         {"recoveries", f.recoveries},
                                                         {"of them from a snapshot", f.from_snapshot},
                                                         {"reactions proposed again", f.proposed_again},
                                                         {"appends refused", f.refused},
                                                         {"effects", f.effects},
                                                         {"commands", f.commands},
                                                         {"timers", f.timers},
                                                         {"inputs parked", f.parked}};
  std::string summary = std::to_string(f.events) + " events";
  for (const auto& [what, times] : tried) {
    INFO(what << ": " << times);
    CHECK(times > count / 10);
    summary += ", " + std::to_string(times) + " " + what;
  }
  if (figures_wanted()) WARN(summary);
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
    if (figures_wanted() && !why.empty()) WARN(describe(broken) << " - seed " << seed << ": " << why);
  }
}
