// A live node at lockstep pace writes the log of the one-thread kernel, whatever the schedule, because its journal orders what it releases.
#include "tests/sim/model/lockstep.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

using namespace tomnext::sim;

namespace {

constexpr std::uint64_t schedules = 3000;

struct comparison {
  bool log_equal;
  bool states_equal;
  std::size_t events;
};

comparison compare(std::uint64_t seed, release_order order) {
  random_source random(seed);
  const topology wiring(random);
  std::vector<event> inputs;
  for (int i = 0; i < 30; ++i) {
    event e;
    e.type = kind::quote;
    e.key = static_cast<std::uint8_t>(random.below(key_count));
    e.payload = random.next();
    inputs.push_back(e);
  }
  const auto wanted = one_thread(wiring, inputs);
  const auto got = many_hosts(wiring, inputs, order, random);
  return {std::equal(wanted.log.begin(), wanted.log.end(), got.log.begin(), got.log.end(), same_content), wanted.fingerprints == got.fingerprints,
          wanted.log.size()};
}

}  // namespace

TEST_CASE("outputs released by cause, rank and ordinal give the one-thread kernel's log") {
  std::size_t events = 0;
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
    const auto c = compare(seed, release_order::by_cause_and_rank);
    INFO("seed " << seed);
    REQUIRE(c.log_equal);
    REQUIRE(c.states_equal);
    events += c.events;
  }
  CHECK(events > 2 * 30 * schedules / 2);  // there was something to order besides the inputs
}

TEST_CASE("outputs released as they arrive do not") {
  std::uint64_t other_log = 0, other_state = 0;
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
    const auto c = compare(seed, release_order::as_they_arrive);
    if (!c.log_equal) ++other_log;
    if (!c.states_equal) ++other_state;
  }
  INFO(other_log << " of " << schedules << " logs differ, " << other_state << " end in another state");
  CHECK(other_log > schedules / 4);
  CHECK(other_state > schedules / 10);
}
