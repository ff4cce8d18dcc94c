#include "persistence/parallel.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

TEST_CASE("every job runs once, on any number of threads") {
  for (const unsigned threads : {1u, 2u, 5u}) {
    std::vector<std::atomic<int>> runs(100);
    CHECK(in_parallel(runs.size(), threads, {}, [&](std::size_t i, const ask& go_on) -> result<void> {
      ++runs[i];
      return go_on() ? result<void>{} : error(errc::cancelled, "told to stop");
    }));
    for (const auto& r : runs) CHECK(r == 1);
  }
  CHECK(in_parallel(0, 4, {}, [](std::size_t, const ask&) -> result<void> { return error(errc::log_io, "no such job"); }));
}

// The later error comes first in time, and the earlier job goes on until it has found its own.
TEST_CASE("the error is that of the first job that has one, also where a later one has failed before") {
  for (int repeated = 0; repeated < 50; ++repeated) {
    std::atomic<bool> later_failed{false};
    auto r = in_parallel(8, 2, {}, [&](std::size_t i, const ask& go_on) -> result<void> {
      if (i == 1) {
        later_failed = true;
        return error(errc::log_io, "later");
      }
      if (i != 0) return {};
      while (!later_failed) std::this_thread::yield();
      // Until the other thread has noted its error and left; the answer must not depend on whether it has.
      for (int n = 0; n < 1'000; ++n)
        if (!go_on()) return error(errc::cancelled, "told to stop by a later job");
      return error(errc::log_corrupt, "earlier");
    });
    REQUIRE_FALSE(r);
    if (r.error().message != "earlier") FAIL(r.error().message);
  }
}

TEST_CASE("after an error no later job begins that has not begun") {
  std::atomic<std::size_t> begun{0};
  auto r = in_parallel(1'000, 1, {}, [&](std::size_t i, const ask&) -> result<void> {
    ++begun;
    return i == 3 ? result<void>(error(errc::log_io, "three")) : result<void>{};
  });
  CHECK(r.error().message == "three");
  CHECK(begun == 4);
}

// The caller's own thread has nothing left to do: job 0 is short, and the other one ends only when it is told to.
TEST_CASE("the caller is asked for as long as any job runs") {
  std::atomic<bool> other_began{false}, own_done{false};
  const auto caller = std::this_thread::get_id();
  auto r = in_parallel(
      2, 2, [&] { return !own_done; },
      [&](std::size_t, const ask& go_on) -> result<void> {
        if (std::this_thread::get_id() == caller) {
          while (!other_began) std::this_thread::yield();
          own_done = true;
          return {};
        }
        other_began = true;
        while (go_on()) std::this_thread::yield();
        return error(errc::cancelled, "told to stop");
      });
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::cancelled);
}
