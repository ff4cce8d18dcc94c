#include "actors/runtime/deadline_watch.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext::actors;
using namespace std::chrono_literals;

TEST_CASE("a deadline is missed only while an answer is out, and only beyond it") {
  deadline_watch watch(100ms);
  const monotonic_time start{1h};
  CHECK_FALSE(watch.missed(start + 1h));
  watch.asked(start);
  CHECK_FALSE(watch.missed(start + 100ms));
  CHECK(watch.missed(start + 101ms));
  watch.answered();
  CHECK_FALSE(watch.missed(start + 1h));
  // The next request has all of its time.
  watch.asked(start + 1h);
  CHECK_FALSE(watch.missed(start + 1h + 100ms));
  CHECK(watch.missed(start + 1h + 101ms));
}
