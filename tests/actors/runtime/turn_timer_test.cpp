#include "actors/runtime/turn_timer.hpp"

#include <random>

#include "tests/support/catch.hpp"

using namespace tomnext::actors;

TEST_CASE("turn_timer: short messages share a reading of the clock, eight at a time", "[runtime]") {
  turn_timer t(1'000, true);
  for (int n = 1; n < 8; ++n) CHECK_FALSE(t.count());
  CHECK(t.count());
  const auto all = t.settle(1'000 + 8 * 300);
  CHECK(all.count == 8);
  CHECK(all.total_ns == 2'400);
  CHECK(all.longest_ns == 0);
  CHECK(t.are_short());
}

TEST_CASE("turn_timer: from the first long message each is timed alone, until they are short again", "[runtime]") {
  turn_timer t(0, true);
  for (int n = 0; n < 8; ++n) t.count();
  auto all = t.settle(60'000'000);
  CHECK(all.longest_ns == 60'000'000);
  CHECK_FALSE(t.are_short());
  CHECK(t.count());
  all = t.settle(60'005'000);
  CHECK(all.count == 1);
  CHECK(all.longest_ns == 5'000);
  CHECK(t.count());
  all = t.settle(60'005'100);
  CHECK(all.longest_ns == 0);
  CHECK_FALSE(t.count());
}

TEST_CASE("turn_timer: a turn of an actor with long messages reads the clock after the first", "[runtime]") {
  turn_timer t(0, false);
  CHECK(t.count());
}

TEST_CASE("turn_timer: nothing is counted twice or lost, whatever is long and whenever the clock is read", "[runtime][property]") {
  std::mt19937_64 draw(7);
  for (int round = 0; round < 500; ++round) {
    std::uint64_t now = draw() % 1'000'000;
    turn_timer t(now, draw() % 2 == 0);
    std::uint64_t messages = 0, spent = 0, counted = 0, total = 0;
    const auto settle = [&] {
      const auto all = t.settle(now);
      counted += all.count;
      total += all.total_ns;
      CHECK(all.longest_ns <= all.total_ns);
      CHECK(t.pending() == 0);
    };
    for (int n = 0; n < 100; ++n) {
      const auto takes = draw() % 10 == 0 ? draw() % 100'000'000 : draw() % 3'000;
      now += takes;
      spent += takes;
      ++messages;
      if (t.count() || draw() % 16 == 0) settle();
    }
    settle();
    CHECK(counted == messages);
    CHECK(total == spent);
  }
}

TEST_CASE("turn_timer: a clock that stands still or goes back takes no time", "[runtime]") {
  turn_timer t(500, true);
  t.count();
  CHECK(t.settle(400).total_ns == 0);
}
