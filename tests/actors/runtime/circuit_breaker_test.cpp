#include "actors/runtime/circuit_breaker.hpp"

#include <rapidcheck.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::actors;
using namespace std::chrono_literals;

namespace {

using time_point = circuit_breaker::time_point;
const time_point start{1h};
const error late{errc::timed_out, "no answer within the deadline"};

breaker_limits small() {
  breaker_limits l;
  l.failures_in_a_row_max = 3;
  l.failure_share_percent = 50;
  l.window_calls = 10;
  l.window_calls_min = 6;
  l.window = 10s;
  l.open_min = 1s;
  l.open_max = 8s;
  l.trials_at_a_time = 2;
  l.trials_to_close = 2;
  l.trial_deadline = 5s;
  return l;
}
void fail(circuit_breaker& b, time_point now) { b.failed(*b.admit(now), late, now); }
void well_answered(circuit_breaker& b, time_point now) { b.answered(*b.admit(now), now); }
circuit_breaker opened(time_point now) {
  circuit_breaker b("venue", small(), 7);
  for (int i = 0; i < 3; ++i) fail(b, now);
  return b;
}

}  // namespace

TEST_CASE("circuit_breaker: failures in a row open it, and the refusal says for how long and why", "[runtime]") {
  circuit_breaker b("venue", small(), 7);
  fail(b, start);
  fail(b, start);
  well_answered(b, start);  // not in a row
  fail(b, start);
  fail(b, start);
  REQUIRE(b.figures(start).state == breaker_state::closed);
  fail(b, start);
  const auto f = b.figures(start);
  CHECK(f.state == breaker_state::open);
  CHECK(f.open_for <= 1s);
  CHECK(f.open_for >= 750ms);
  const auto refused = b.admit(start + 100ms);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::not_ready);
  CHECK(refused.error().message == "venue is not asked for another " + std::to_string((f.open_for - 100ms).count()) +
                                       " ms, since it failed too often; lastly: no answer within the deadline");
  CHECK(b.figures(start).refused == 1);
}

TEST_CASE("circuit_breaker: a share of failures opens it once enough calls are known, and old ones count no more", "[runtime]") {
  circuit_breaker b("venue", small(), 7);
  const auto two = [&](time_point now) {
    fail(b, now);
    well_answered(b, now);
  };
  two(start);
  two(start);
  CHECK(b.figures(start).state == breaker_state::closed);  // half of four calls: too few to say
  two(start + 11s);                                        // the first four are forgotten by then
  two(start + 11s);
  CHECK(b.figures(start + 11s).window_calls == 4);
  fail(b, start + 11s);
  CHECK(b.figures(start + 11s).state == breaker_state::closed);
  well_answered(b, start + 11s);
  CHECK(b.figures(start + 11s).state == breaker_state::closed);  // three of six; looked at when one fails
  fail(b, start + 11s);
  CHECK(b.figures(start + 11s).state == breaker_state::open);
}

TEST_CASE("circuit_breaker: an error that is the asker's fault is an answer, and a cancelled call says nothing", "[runtime]") {
  circuit_breaker b("venue", small(), 7);
  for (int i = 0; i < 100; ++i) {
    b.failed(*b.admit(start), {errc::bad_request, "unknown key"}, start);
    fail(b, start);
    b.failed(*b.admit(start), {errc::bad_request, "unknown key"}, start);
    b.failed(*b.admit(start), {errc::cancelled, "given up"}, start);
  }
  CHECK(b.figures(start).state == breaker_state::closed);
  CHECK(b.figures(start).failed == 100);
}

TEST_CASE("circuit_breaker: half-open lets few trials through; enough good ones close it", "[runtime]") {
  auto b = opened(start);
  CHECK_FALSE(b.admit(start + 749ms));
  const auto first = b.admit(start + 1s);
  const auto second = b.admit(start + 1s);
  REQUIRE(first);
  REQUIRE(second);
  const auto third = b.admit(start + 1s);
  REQUIRE_FALSE(third);
  CHECK(third.error().message.find("being tried with 2 calls") != std::string::npos);
  b.answered(*first, start + 1s);
  b.answered(*first, start + 1s);  // reported twice by mistake: one good trial all the same
  CHECK(b.figures(start + 1s).state == breaker_state::half_open);
  b.answered(*second, start + 1s);
  CHECK(b.figures(start + 1s).state == breaker_state::closed);
}

TEST_CASE("circuit_breaker: failed trials double the wait, and so does one that closes and opens again soon", "[runtime]") {
  auto b = opened(start);
  auto now = start;
  auto nominal = 1'000ms;
  const auto check_wait = [&] {
    const auto wait = b.figures(now).open_for;
    CHECK(wait <= nominal);
    CHECK(wait >= nominal - nominal / 4);
    now += wait;
  };
  for (int i = 0; i < 6; ++i) {
    check_wait();
    fail(b, now);
    nominal = std::min(2 * nominal, 8'000ms);
  }
  check_wait();
  well_answered(b, now);
  well_answered(b, now);
  REQUIRE(b.figures(now).state == breaker_state::closed);
  for (int i = 0; i < 3; ++i) fail(b, now + 1s);
  CHECK(b.figures(now + 1s).open_for >= 6s);
  // Long quiet, it begins at the beginning.
  now += 20s;
  well_answered(b, now);
  well_answered(b, now);
  for (int i = 0; i < 3; ++i) fail(b, now + 20s);
  CHECK(b.figures(now + 20s).open_for <= 1s);
}

TEST_CASE("circuit_breaker: what was asked before the last change of state counts no more", "[runtime]") {
  circuit_breaker b("venue", small(), 7);
  const auto slow = *b.admit(start);
  for (int i = 0; i < 3; ++i) fail(b, start);
  b.answered(slow, start + 1s);
  CHECK(b.figures(start).state == breaker_state::open);
  const auto trial = *b.admit(start + 1s);
  b.failed(slow, late, start + 1s);
  CHECK(b.figures(start + 1s).state == breaker_state::half_open);
  b.answered(trial, start + 1s);
  b.answered(*b.admit(start + 1s), start + 1s);
  for (int i = 0; i < 10; ++i) b.failed(slow, late, start + 2s);
  CHECK(b.figures(start + 2s).state == breaker_state::closed);
}

TEST_CASE("circuit_breaker: a trial that nobody reports does not hold its place for ever, nor does one that was withdrawn", "[runtime]") {
  auto b = opened(start);
  (void)b.admit(start + 1s);
  const auto second = *b.admit(start + 1s);
  CHECK_FALSE(b.admit(start + 2s));
  b.withdrawn(second, start + 2s);
  CHECK(b.admit(start + 2s));
  const auto refused = b.admit(start + 6s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("a trial was not answered within 5000 ms") != std::string::npos);
  CHECK(b.admit(start + 8s));
}

TEST_CASE("circuit_breaker: its figures as JSON", "[runtime]") {
  auto b = opened(start);
  (void)b.admit(start);
  const auto j = b.as_json(start);
  CHECK(j["callee"] == "venue");
  CHECK(j["state"] == "open");
  CHECK(j["open_for_ms"] == b.figures(start).open_for.count());
  CHECK(j["admitted"] == 3);
  CHECK(j["failed"] == 3);
  CHECK(j["refused"] == 1);
  CHECK(j["opened"] == 1);
  CHECK(b.as_json(start + 1s)["state"] == "half_open");
}

TEST_CASE("circuit_breaker: limits that cannot be are refused by name", "[runtime]") {
  CHECK(check(breaker_limits{}));
  const auto refused = [](auto change, const char* part) {
    breaker_limits l;
    change(l);
    const auto c = check(l);
    return !c && c.error().code == errc::invalid_argument && c.error().message.find(part) != std::string::npos;
  };
  CHECK(refused([](breaker_limits& l) { l.failures_in_a_row_max = l.failure_share_percent = 0; }, "neither"));
  CHECK(refused([](breaker_limits& l) { l.failure_share_percent = 101; }, "failure_share_percent"));
  CHECK(refused([](breaker_limits& l) { l.window_calls = 0; }, "window_calls"));
  CHECK(refused([](breaker_limits& l) { l.window_calls_min = 51; }, "window_calls_min"));
  CHECK(refused([](breaker_limits& l) { l.open_max = l.open_min - 1ms; }, "open_min"));
  CHECK(refused([](breaker_limits& l) { l.trials_at_a_time = 0; }, "trials_at_a_time"));
  CHECK(refused([](breaker_limits& l) { l.trials_to_close = 0; }, "trials_to_close"));
  CHECK(refused([](breaker_limits& l) { l.trial_deadline = 0ms; }, "trial_deadline"));
}

namespace {

// The same rules with everything remembered and nothing clever: what a breaker of these limits may do at each step.
struct model {
  struct call {
    circuit_breaker::permit permit;
    unsigned change;  // how many changes of state there were when it was admitted
    bool trial;
    time_point at;
  };
  breaker_limits limits;
  breaker_state state = breaker_state::closed;
  unsigned changes = 0;
  time_point until{};
  std::deque<std::pair<time_point, bool>> outcomes;  // of this closed state, all of them
  unsigned good = 0;
  std::vector<call> out;

  [[nodiscard]] std::size_t trials_out() const {
    return static_cast<std::size_t>(std::count_if(out.begin(), out.end(), [&](const call& c) { return c.trial && c.change == changes; }));
  }
  void change_to(breaker_state s) {
    state = s;
    ++changes;
    outcomes.clear();
    good = 0;
  }
  [[nodiscard]] bool must_open(time_point now) const {
    unsigned row = 0;
    for (auto o = outcomes.rbegin(); o != outcomes.rend() && o->second; ++o) ++row;
    if (row >= limits.failures_in_a_row_max) return true;
    unsigned n = 0, bad = 0;
    for (auto o = outcomes.rbegin(); o != outcomes.rend() && n < limits.window_calls; ++o) {
      if (now - o->first > limits.window) break;
      ++n;
      bad += o->second ? 1u : 0u;
    }
    return n >= limits.window_calls_min && 100 * bad >= limits.failure_share_percent * n;
  }
};

}  // namespace

TEST_CASE("circuit_breaker: random calls, reports and waits against a model of its rules", "[runtime]") {
  CHECK(rc::check("a breaker does what its rules say", [] {
    model m;
    m.limits = small();
    m.limits.trials_at_a_time = *rc::gen::inRange(1u, 4u);
    m.limits.trials_to_close = *rc::gen::inRange(1u, 4u);
    m.limits.failures_in_a_row_max = *rc::gen::inRange(2u, 9u);
    circuit_breaker b("venue", m.limits, *rc::gen::arbitrary<std::uint64_t>());
    auto now = start;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(200, rc::gen::pair(rc::gen::inRange(0, 12), rc::gen::inRange(0, 1'000)));
    for (const auto& [what, number] : steps) {
      if (what == 0) now += std::chrono::milliseconds(number * 12);
      else if (what == 1) now += std::chrono::milliseconds(number);
      else if (what < 7) {
        // A trial that is overdue opens it; then time may have made it half-open.
        if (m.state == breaker_state::half_open &&
            std::any_of(m.out.begin(), m.out.end(), [&](const auto& c) { return c.trial && c.change == m.changes && now - c.at >= m.limits.trial_deadline; })) {
          m.change_to(breaker_state::open);
          const auto p = b.admit(now);
          RC_ASSERT(!p);
          m.until = now + b.figures(now).open_for;
          continue;
        }
        if (m.state == breaker_state::open && now >= m.until) m.change_to(breaker_state::half_open);
        const bool may = m.state == breaker_state::closed || (m.state == breaker_state::half_open && m.trials_out() < m.limits.trials_at_a_time);
        const auto p = b.admit(now);
        RC_ASSERT(p.has_value() == may);
        if (!p) RC_ASSERT(p.error().code == errc::not_ready);
        else m.out.push_back({*p, m.changes, m.state == breaker_state::half_open, now});
      } else if (!m.out.empty()) {
        const auto at = static_cast<std::size_t>(number) % m.out.size();
        const auto c = m.out[at];
        m.out.erase(m.out.begin() + static_cast<std::ptrdiff_t>(at));
        const bool counts = c.change == m.changes;
        if (what < 9) {
          b.answered(c.permit, now);
          if (counts && m.state == breaker_state::closed) m.outcomes.emplace_back(now, false);
          if (counts && m.state == breaker_state::half_open && ++m.good >= m.limits.trials_to_close) m.change_to(breaker_state::closed);
        } else if (what < 11) {
          b.failed(c.permit, late, now);
          bool opens = counts && m.state == breaker_state::half_open;
          if (counts && m.state == breaker_state::closed) {
            m.outcomes.emplace_back(now, true);
            opens = m.must_open(now);
          }
          if (opens) {
            m.change_to(breaker_state::open);
            const auto wait = b.figures(now).open_for;
            RC_ASSERT(wait >= 750ms);
            RC_ASSERT(wait <= m.limits.open_max);
            m.until = now + wait;
          }
        } else {
          b.withdrawn(c.permit, now);
        }
      }
      const auto seen = b.figures(now).state;
      RC_ASSERT(seen == (m.state == breaker_state::open && now >= m.until ? breaker_state::half_open : m.state));
    }
    // Whatever happened, a callee that answers again is asked again.
    now += m.limits.trial_deadline + m.limits.open_max;
    if (const auto p = b.admit(now)) b.withdrawn(*p, now);  // where trials were overdue, this opened it once more
    now += m.limits.open_max;
    for (auto i = 0u; i < m.limits.trials_to_close; ++i) {
      const auto p = b.admit(now);
      RC_ASSERT(p.has_value());
      b.answered(*p, now);
    }
    RC_ASSERT(b.figures(now).state == breaker_state::closed);
  }));
}
