#include "actors/runtime/restart_policy.hpp"

#include <chrono>
#include <set>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext::actors;
using namespace std::chrono_literals;

TEST_CASE("restart_policy: the wait doubles with a child's failures and is capped", "[runtime]") {
  restart_policy p({100, 10s, 10ms, 1000ms}, 42);
  const restart_policy::time_point start{};
  auto nominal = 10ms;
  for (int n = 0; n < 20; ++n) {
    const auto wait = p.on_failure(start + n * 1ms, 0);
    REQUIRE(wait);
    CHECK(*wait <= nominal);
    CHECK(*wait >= nominal - nominal / 4);
    nominal = std::min(2 * nominal, 1000ms);
  }
  CHECK(*p.on_failure(start + 30ms, 1) <= 10ms);  // another child begins at the beginning
  CHECK(*p.on_failure(start + 60s, 0) <= 10ms);   // and so does one that kept quiet for a window
}

TEST_CASE("restart_policy: as many restarts as allowed within any window, over all children", "[runtime]") {
  restart_policy p({3, 1000ms, 1ms, 1ms}, 1);
  const restart_policy::time_point start{};
  CHECK(p.on_failure(start, 0));
  CHECK(p.on_failure(start + 1ms, 1));
  CHECK(p.on_failure(start + 2ms, 2));
  CHECK_FALSE(p.on_failure(start + 1000ms, 0));  // the first is not older than the window yet
  CHECK(p.on_failure(start + 1001ms, 0));
  CHECK_FALSE(restart_policy({0, 1s, 1ms, 1ms}, 1).on_failure(start, 0));
}

TEST_CASE("restart_policy: jitter comes from the seed alone", "[runtime]") {
  const auto waits = [](std::uint64_t seed) {
    restart_policy p({50, 1h, 1000ms, 60'000ms}, seed);
    std::vector<std::chrono::milliseconds> all;
    for (int n = 0; n < 12; ++n) all.push_back(*p.on_failure({}, 0));
    return all;
  };
  CHECK(waits(5) == waits(5));
  CHECK(waits(5) != waits(6));
  std::set<std::chrono::milliseconds> first;
  for (std::uint64_t seed = 0; seed < 100; ++seed) first.insert(waits(seed).front());
  CHECK(first.size() > 50);  // a hundred that failed together come back spread
}
