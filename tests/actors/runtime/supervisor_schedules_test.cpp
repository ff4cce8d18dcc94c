// Random failures at random times under all strategies: in the end every child is up, or the supervisor gave up and nobody is.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/actors/runtime/stage.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

constexpr int schedules = 1'000;

/// Chance, from the seed alone.
class chance {
 public:
  explicit chance(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  /// Any job may run next: the interleavings of several workers, on one thread.
  void run(stage& s, std::size_t jobs_max) {
    for (std::size_t n = 0; n < jobs_max && s.scheduler.has_job(); ++n) {
      auto& jobs = s.scheduler.jobs;
      std::swap(jobs.front(), jobs[static_cast<std::size_t>(below(jobs.size()))]);
      s.scheduler.run_once();
    }
  }

 private:
  std::mt19937_64 random_;
};

void hurt(stage& s, chance& c, const std::string& name) {
  const auto found = s.workers.find(name);
  if (found == s.workers.end()) return;
  switch (c.below(4)) {
    case 0: return tell_from_outside(found->second, crash_v);
    case 1: return tell_from_outside(found->second, fail_v);
    case 2: return exit_now(pointer_of(found->second), exit_reason::kill);
    default: return tell_from_outside(found->second, leave_v);
  }
}

struct outcome {
  int up = 0;
  int gave_up = 0;
  std::uint64_t restarts = 0;
};

/// One schedule: three workers and a supervisor of two more, one of them stubborn.
void play(std::uint64_t seed, outcome& sum) {
  stage s;
  chance c(seed);
  const auto any_strategy = [&] { return static_cast<strategy_kind>(c.below(3)); };
  auto inner = s.supervisor("inner", any_strategy(), "root");
  auto outer = s.supervisor("root", any_strategy());
  for (auto* settings : {&inner, &outer}) {
    settings->restarts_max = static_cast<std::uint32_t>(1 + c.below(8));
    settings->window = std::chrono::milliseconds(100 + c.below(2000));
    settings->backoff_max = 100ms;
    settings->seed = seed;
  }
  const auto grandchildren = [&s] {
    auto all = s.children("inner", {"x"});
    all.push_back(s.child("y", "inner", restart_kind::permanent, true));
    all.back().stop_deadline = 30ms;
    return all;
  };
  child_spec nested{"inner", [&s, inner, grandchildren](parent_actor& by) { return spawn_supervisor(by, s.figures, inner, grandchildren()); }};
  nested.stop_deadline = 200ms;
  auto specs = s.children("root", {"a", "b"});
  specs.push_back(nested);
  specs.push_back(s.child("c", "root"));
  const auto root = s.run(outer, std::move(specs));
  const std::vector<std::string> names{"a", "b", "c", "x", "y"};

  const auto blows = 1 + c.below(12);
  for (std::uint64_t n = 0; n < blows; ++n) {
    hurt(s, c, names[c.below(names.size())]);
    c.run(s, static_cast<std::size_t>(c.below(12)));
    s.scheduler.advance_time(std::chrono::milliseconds(c.below(60)));
  }
  for (int ms = 0; ms < 3000; ++ms) {
    s.scheduler.advance_time(1ms);
    c.run(s, 100'000);
  }

  std::vector<std::string> alive, starts;
  for (const auto& [name, w] : s.workers) {
    const auto state = std::string(s.figures->find(name)->state());
    if (state == "running") alive.push_back(name);
  }
  const auto running = running_actors(s.system) - s.base;
  const auto state = s.of("root").state;
  CAPTURE(seed, state, running, alive);
  if (state == "running") {
    ++sum.up;
    REQUIRE(alive == names);
    REQUIRE(s.of("inner").state == "running");
    REQUIRE(running == 7);
  } else {
    ++sum.gave_up;
    REQUIRE(state == "failed");
    REQUIRE(alive.empty());
    REQUIRE(running == 0);
    REQUIRE(!s.ended.empty());
    REQUIRE(s.ended.back().find("gives up") != std::string::npos);
  }
  // Never two lives at once: what began again had ended.
  for (const auto& name : names) {
    int lives = 0;
    for (const auto& line : *s.notes) {
      if (line == "+" + name) REQUIRE(++lives == 1);
      if (line == "-" + name) --lives;
    }
  }
  sum.restarts += s.restarted.size();
  exit_now(root, exit_reason::user_shutdown);
  for (int ms = 0; ms < 500; ++ms) {
    s.scheduler.advance_time(1ms);
    c.run(s, 100'000);
  }
  REQUIRE(running_actors(s.system) == s.base);  // and nobody is left after the end
}

}  // namespace

TEST_CASE("supervisor: 1,000 random schedules of failures end with all up or none", "[runtime]") {
  outcome sum;
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) play(seed, sum);
  WARN(sum.up << " schedules ended with all children up, " << sum.gave_up << " with an escalation; " << sum.restarts << " restarts");
  CHECK(sum.up > schedules / 10);  // both ends were tried
  CHECK(sum.gave_up > schedules / 10);
}
