#include "actors/runtime/cancellation.hpp"

#include <atomic>
#include <latch>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/seed.hpp"

using namespace tomnext;
using namespace tomnext::actors;
using namespace std::chrono_literals;

namespace {
using time_point = cancellation_token::time_point;
const time_point start{1h};
cancellation_source child_of(const cancellation_token& t, time_point until = cancellation_token::never) { return *cancellation_source::below(t, until); }
}  // namespace

TEST_CASE("cancellation: reaches children and theirs with its reason, and neither parents nor siblings", "[runtime]") {
  const cancellation_source root;
  const auto left = child_of(root.token());
  const auto right = child_of(root.token());
  const auto below = child_of(left.token());
  CHECK_FALSE(below.token().cancelled());
  CHECK_FALSE(below.token().reason());
  CHECK(left.cancel({errc::cancelled, "by the operator"}));
  CHECK_FALSE(left.cancel({errc::timed_out, "later"}));  // the first one wins
  for (const auto& t : {left.token(), below.token()}) {
    CHECK(t.cancelled());
    CHECK(t.reason()->code == errc::cancelled);
    CHECK(t.reason()->message == "by the operator");
  }
  CHECK_FALSE(root.token().cancelled());
  CHECK_FALSE(right.token().cancelled());
  CHECK(child_of(below.token()).token().cancelled());  // born cancelled
  CHECK(root.cancel());
  CHECK(right.token().cancelled());
  CHECK(below.token().reason()->message == "by the operator");
}

TEST_CASE("cancellation: a token that nobody made is never cancelled", "[runtime]") {
  const cancellation_token none;
  CHECK_FALSE(none.cancelled());
  CHECK_FALSE(none.reason());
  CHECK(none.deadline() == cancellation_token::never);
  CHECK(none.on_cancel([](const error&) noexcept {}));
  CHECK(child_of(none, start).token().deadline() == start);
}

TEST_CASE("cancellation: the deadline is the earliest along the way", "[runtime]") {
  const cancellation_source root(start + 10s);
  CHECK(child_of(root.token()).token().deadline() == start + 10s);
  const auto sooner = child_of(root.token(), start + 3s);
  CHECK(sooner.token().deadline() == start + 3s);
  CHECK(child_of(sooner.token(), start + 5s).token().deadline() == start + 3s);
}

TEST_CASE("cancellation: reactions run once, in order, after every flag of the tree is set", "[runtime]") {
  const cancellation_source root;
  const auto below = child_of(root.token());
  std::vector<std::string> notes;
  auto first =
      root.token().on_cancel([&](const error& why) noexcept { notes.push_back("first " + why.message + (below.token().cancelled() ? "" : " too soon")); });
  auto gone = root.token().on_cancel([&](const error&) noexcept { notes.emplace_back("gone"); });
  auto second = root.token().on_cancel([&](const error&) noexcept { notes.emplace_back("second"); });
  auto third = below.token().on_cancel([&](const error&) noexcept { notes.emplace_back("below"); });
  gone->end();
  root.cancel({errc::cancelled, "why"});
  root.cancel();
  below.cancel();
  CHECK(notes == std::vector<std::string>{"first why", "second", "below"});
  notes.clear();
  auto late = below.token().on_cancel([&](const error& why) noexcept { notes.push_back("at once " + why.message); });
  CHECK(notes == std::vector<std::string>{"at once why"});
}

TEST_CASE("cancellation: a reaction may end its own registration, and that of another that has not run", "[runtime]") {
  const cancellation_source source;
  int own = 0, other = 0;
  cancellation_reaction a, b;
  a = *source.token().on_cancel([&](const error&) noexcept {
    ++own;
    a.end();
    b.end();
  });
  b = *source.token().on_cancel([&](const error&) noexcept { ++other; });
  source.cancel();
  CHECK(own == 1);
  CHECK(other == 0);
}

TEST_CASE("cancellation: bounded in breadth and depth, and what has ended makes room", "[runtime]") {
  const cancellation_source root;
  {
    std::vector<cancellation_source> children;
    for (int i = 0; i < 4'095; ++i) children.push_back(child_of(root.token()));
    auto last = root.token().on_cancel([](const error&) noexcept {});
    REQUIRE(last);
    CHECK(cancellation_source::below(root.token()).error().code == errc::overloaded);
    CHECK(root.token().on_cancel([](const error&) noexcept {}).error().code == errc::overloaded);
    last->end();
    CHECK(root.token().on_cancel([](const error&) noexcept {}));
    children.pop_back();
    CHECK(cancellation_source::below(root.token()));
  }
  std::vector<cancellation_source> chain{root};
  while (const auto next = cancellation_source::below(chain.back().token())) chain.push_back(*next);
  CHECK(chain.size() == 64);
  root.cancel();
  CHECK(chain.back().token().cancelled());
}

TEST_CASE("cancellation: the end of a registration waits for its reaction where that runs elsewhere", "[runtime]") {
  const cancellation_source source;
  std::latch entered(1), leave(1);
  std::atomic<bool> left{false};
  auto reaction = source.token().on_cancel([&](const error&) noexcept {
    entered.count_down();
    leave.wait();
    left = true;
  });
  std::thread canceller([&] { source.cancel(); });
  entered.wait();
  std::thread opener([&] { leave.count_down(); });
  reaction->end();
  CHECK(left);
  canceller.join();
  opener.join();
}

TEST_CASE("cancellation: threads that register, cancel, look and let go lose no reaction and run none twice", "[runtime]") {
  const auto seed = tests::seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed);
  for (std::uint64_t round = 0; round < 300; ++round) {
    const cancellation_source root;
    const auto middle = child_of(root.token());
    constexpr int threads = 4, each = 20;
    std::atomic<int> ran{0}, kept{0}, looked{0};
    std::latch go(threads + 1);
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&, t] {
        std::mt19937_64 random(seed + 1'000 * round + static_cast<std::uint64_t>(t));
        std::vector<cancellation_source> children;
        std::vector<std::pair<cancellation_reaction, std::shared_ptr<std::atomic<int>>>> reactions;
        go.arrive_and_wait();
        for (int i = 0; i < each; ++i) {
          children.push_back(child_of(random() % 2 == 0 ? middle.token() : root.token()));
          auto times = std::make_shared<std::atomic<int>>(0);
          auto r = children.back().token().on_cancel([&ran, times](const error&) noexcept {
            ++*times;
            ++ran;
          });
          if (random() % 4 == 0) {
            r->end();
            const int seen = *times;  // whatever it was, it stays
            ran -= seen;
            times->store(seen > 1 ? 1'000'000 : -1'000'000);
            if (random() % 2 == 0) children.pop_back();
          }
          reactions.emplace_back(std::move(*r), times);
          looked += children.empty() || children.back().token().cancelled() ? 1 : 0;
        }
        while (!root.token().cancelled()) std::this_thread::yield();
        // Every reaction that was kept has run once when its token's cancel has come through; ours may be on its way in the canceller's thread.
        for (auto& [r, times] : reactions)
          if (*times > -500'000) {
            while (*times == 0) std::this_thread::yield();
            ++kept;
            if (*times != 1) kept = -1'000'000;
          }
      });
    go.arrive_and_wait();
    if (round % 2 == 0) middle.cancel({errc::cancelled, "middle"});
    root.cancel({errc::cancelled, "root"});
    for (auto& t : all) t.join();
    CHECK(ran == kept);
    CHECK(kept > 0);
  }
}
