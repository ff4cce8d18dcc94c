#include "actors/runtime/retry_policy.hpp"

#include <rapidcheck.h>

#include <set>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::actors;
using namespace std::chrono_literals;

namespace {

struct look {};   // declared: may be repeated
struct pay {};    // declared: may not
struct other {};  // not declared

}  // namespace
namespace tomnext::actors {
template <> struct repeatable<look> : std::true_type {};
template <> struct repeatable<pay> : std::false_type {};
}  // namespace tomnext::actors
namespace {

template <class R>
concept can_be_retried = requires {
  typename retry_policy<R>;
};
template <class R>
concept can_be_hedged = requires {
  typename hedge_policy<R>;
};
static_assert(can_be_retried<look> && can_be_hedged<look>);
static_assert(!can_be_retried<pay> && !can_be_hedged<pay>);
static_assert(!can_be_retried<other> && !can_be_hedged<other>);

using time_point = std::chrono::steady_clock::time_point;
const time_point start{1h};
const error busy{errc::overloaded, "1000 jobs wait"};

}  // namespace

TEST_CASE("retry_policy: waits double up to the limit, spread over their upper half, and end with the attempts", "[runtime]") {
  retry_budget budget(10, 1'000);
  retry_policy<look> p({6, 20ms, 100ms, 5ms}, budget, 3);
  std::set<std::chrono::milliseconds> first;
  for (int call = 0; call < 100; ++call) {
    p.called();
    auto nominal = 20ms;
    for (auto attempt = 1u; attempt < 6; ++attempt) {
      const auto wait = p.after(busy, attempt, start, start + 1h);
      REQUIRE(wait);
      CHECK(*wait <= nominal);
      CHECK(*wait >= nominal / 2);
      if (attempt == 1) first.insert(*wait);
      nominal = std::min(2 * nominal, 100ms);
    }
    const auto last = p.after(busy, 6, start, start + 1h);
    REQUIRE_FALSE(last);
    CHECK(last.error().code == errc::overloaded);
    CHECK(last.error().message == "after 6 attempts: 1000 jobs wait");
  }
  CHECK(first.size() > 5);
}

TEST_CASE("retry_policy: only errors whose policy is to retry are retried; others are passed on as they are", "[runtime]") {
  retry_budget budget;
  retry_policy<look> p({}, budget, 3);
  for (const auto code : {errc::timed_out, errc::actor_down, errc::overloaded, errc::not_ready, errc::network_io, errc::log_full})
    CHECK(p.after({code, "x"}, 1, start, start + 1h));
  for (const auto code : {errc::bad_request, errc::cancelled, errc::limit_breached, errc::log_corrupt, errc::log_io, errc::poisonous_input}) {
    const auto passed_on = p.after({code, "as it was"}, 1, start, start + 1h);
    REQUIRE_FALSE(passed_on);
    CHECK(passed_on.error().code == code);
    CHECK(passed_on.error().message == "as it was");
  }
  CHECK(budget.left() == 4);  // what was not retried has cost nothing
}

TEST_CASE("retry_policy: nothing is tried again beyond the deadline, and that costs nothing", "[runtime]") {
  retry_budget budget;
  retry_policy<look> p({3, 20ms, 1s, 5ms}, budget, 3);
  const auto late = p.after(busy, 1, start, start + 14ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().message == "after 1 attempt (the deadline leaves no time for another): 1000 jobs wait");
  CHECK_FALSE(p.after(busy, 1, start, start - 1h));
  CHECK(budget.left() == 10);
  CHECK(p.after(busy, 1, start, start + 25ms));
  CHECK(rc::check("a wait and the shortest attempt end before the deadline", [] {
    retry_budget b;
    retry_policy<look> any({10, 20ms, 1s, 5ms}, b, *rc::gen::arbitrary<std::uint64_t>());
    const auto left = std::chrono::milliseconds(*rc::gen::inRange(-100, 3'000));
    if (const auto wait = any.after(busy, *rc::gen::inRange(1u, 10u), start, start + left)) RC_ASSERT(*wait + 5ms <= left);
    else RC_ASSERT(left < 1'005ms);
  }));
}

TEST_CASE("retry_policy: a retry beyond the budget is refused and says why", "[runtime]") {
  retry_budget budget(50, 1);
  retry_policy<look> p({}, budget, 3);
  p.called();
  CHECK(p.after(busy, 1, start, start + 1h));
  const auto refused = p.after(busy, 2, start, start + 1h);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "after 2 attempts (too many calls are being repeated): 1000 jobs wait");
  p.called();
  CHECK_FALSE(p.after(busy, 1, start, start + 1h));
  p.called();
  CHECK(p.after(busy, 1, start, start + 1h));  // two calls have earned one
}

TEST_CASE("retry_budget: within any stretch of calls, repetitions are at most their share and the reserve", "[runtime]") {
  CHECK(rc::check("bounded in each stretch", [] {
    const auto share = *rc::gen::inRange(0u, 101u);
    const auto reserve = *rc::gen::inRange(0u, 20u);
    retry_budget budget(share, reserve);
    const auto calls = *rc::gen::container<std::vector<bool>>(300, rc::gen::arbitrary<bool>());
    std::vector<bool> taken;
    for (const bool is_call : calls) {
      if (is_call) budget.called();
      taken.push_back(!is_call && budget.take());
    }
    const auto from = *rc::gen::inRange<std::size_t>(0, calls.size());
    std::uint64_t made = 0, repeated = 0;
    for (auto i = from; i < calls.size(); ++i) {
      made += calls[i] ? 1u : 0u;
      repeated += taken[i] ? 1u : 0u;
      RC_ASSERT(100 * repeated <= share * made + 100 * std::uint64_t{reserve});
    }
  }));
  // And what is earned is given: an outage of 1,000 calls with a share of 10 % is retried 100 times, and no more than the reserve beyond.
  retry_budget budget(10, 10);
  int retries = 0;
  for (int i = 0; i < 1'000; ++i) {
    budget.called();
    if (budget.take()) ++retries;
  }
  CHECK(retries >= 100);
  CHECK(retries <= 110);
}

TEST_CASE("hedge_policy: a second request after the delay that 95 of 100 answers do not need", "[runtime]") {
  retry_budget budget(10, 2);
  hedge_policy<look> p({95, 100, 20, 1ms}, budget);
  for (int i = 0; i < 19; ++i) p.answered_after(10ms);
  CHECK_FALSE(p.delay(start, start + 1h));  // too few to say
  for (int i = 0; i < 81; ++i) p.answered_after(std::chrono::milliseconds(i < 77 ? 10 : 500));
  CHECK(p.delay(start, start + 1h) == 10ms);  // four of a hundred are slow
  p.answered_after(500ms);                    // in the place of the oldest: five are
  CHECK(p.delay(start, start + 1h) == 500ms);
  CHECK_FALSE(p.delay(start, start + 500ms));  // then the deadline has passed
  CHECK_FALSE(p.ask_again(start, start));
  CHECK(budget.left() == 2);
  CHECK(p.ask_again(start, start + 1s));
  CHECK(p.ask_again(start, start + 1s));
  CHECK_FALSE(p.ask_again(start, start + 1s));
  // Old answers are forgotten: what was slow once is not waited for for ever.
  for (int i = 0; i < 100; ++i) p.answered_after(100us);
  CHECK(p.delay(start, start + 1h) == 1ms);
}
