// What every log promises, asked of both.
#include "persistence/event_log.hpp"

#include <thread>

#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

template <class Test> void for_both(Test test) {
  SECTION("in memory") {
    memory_log log;
    test(log);
  }
  SECTION("on disk") {
    tests::temporary_folder folder;
    auto log = tests::must(open_log(folder / "log", {}));
    test(*log);
  }
}

}  // namespace

TEST_CASE("what was appended is read from any event on") {
  for_both([](event_log& log) {
    CHECK(tests::must(tests::read_quotes(log, 1)) == 0);
    tests::extend(log, 20, 7);
    for (std::uint64_t from = 0; from <= 140; ++from) {
      auto walk = tests::must(log.scan(from));
      auto g = tests::must(walk->next());
      REQUIRE(g);
      REQUIRE(g->first_seq() <= std::max<std::uint64_t>(from, 1));
      REQUIRE(g->last_seq() >= from);
      REQUIRE(tests::must(tests::read_quotes(log, from)) == 140);
    }
    for (std::uint64_t from : {std::uint64_t{141}, std::uint64_t{1'000}, UINT64_MAX}) {
      auto walk = tests::must(log.scan(from));
      REQUIRE_FALSE(tests::must(walk->next()));
      REQUIRE_FALSE(tests::must(walk->next()));
    }
    // A scan ends at the head of its beginning.
    auto walk = tests::must(log.scan(140));
    tests::extend(log, 1, 1);
    REQUIRE(tests::must(walk->next()));
    REQUIRE_FALSE(tests::must(walk->next()));
  });
}

TEST_CASE("a refused append leaves nothing behind") {
  for_both([](event_log& log) {
    const auto head = tests::extend(log, 3, 5);
    const auto epoch = head.epoch;
    auto refused = [&](std::vector<group_ref> groups, errc why) {
      auto r = log.append(groups);
      REQUIRE_FALSE(r);
      CHECK(r.error().code == why);
      CHECK(log.head() == head);
      CHECK(tests::must(tests::read_quotes(log, 1)) == 15);
    };
    refused({tests::group_of(17, 2, epoch)}, errc::log_gap);
    refused({tests::group_of(15, 2, epoch)}, errc::log_gap);
    refused({tests::group_of(16, 2, epoch), tests::group_of(19, 2, epoch)}, errc::log_gap);
    refused({tests::group_of(16, 2, epoch), std::make_shared<group>()}, errc::invalid_argument);
    refused({tests::group_of(16, 2, epoch), tests::group_of(18, 2, epoch - 1)}, errc::stale_incarnation);
    CHECK(tests::extend(log, 1, 2).seq == 17);
    CHECK(log.append({}));
  });
}

TEST_CASE("both logs have the same bytes, hence the same hash") {
  tests::temporary_folder folder;
  auto disk = tests::must(open_log(folder / "log", {}));
  memory_log memory, hashes(retention::hash_only);
  for (int i = 0; i < 10; ++i) {
    tests::extend(memory, 1, 11);
    tests::extend(hashes, 1, 11);
    CHECK(tests::extend(*disk, 1, 11) == memory.head());
    CHECK(hashes.head() == memory.head());
  }
  CHECK(hashes.scan(1).error().code == errc::invalid_argument);
}

TEST_CASE("a log holds the heads of its own history only") {
  for_both([](event_log& log) {
    CHECK(tests::must(log.holds({})));
    std::vector<log_head> heads;
    for (int i = 0; i < 12; ++i) heads.push_back(tests::extend(log, 1, 3));
    for (const auto& h : heads) CHECK(tests::must(log.holds(h)));
    CHECK(tests::must(log.holds({})));
    for (auto h : heads) {
      h.seq -= 1;  // within a group
      CHECK_FALSE(tests::must(log.holds(h)));
      h.seq += 4;  // another group's end, or beyond the head
      CHECK_FALSE(tests::must(log.holds(h)));
      h.seq -= 3;
      h.chain_hash.bytes[31] ^= 1;
      CHECK_FALSE(tests::must(log.holds(h)));
    }
    CHECK_FALSE(tests::must(log.holds({UINT64_MAX, 1, {}})));
  });
}

TEST_CASE("a subscriber gets every group once and in order, also while the log grows") {
  for_both([](event_log& log) {
    tests::extend(log, 200, 40);  // more than is read under the lock
    std::atomic<bool> done{false};
    std::thread writer([&] {
      for (int i = 0; i < 400; ++i) {
        const auto h = log.head();
        const group_ref g = tests::group_of(h.seq + 1, 3, std::max<std::uint64_t>(h.epoch, 1));
        if (!log.append({&g, 1})) std::abort();
      }
      done = true;
    });
    struct follower {
      std::uint64_t next, deliveries = 0;
      bool gapless = true;
      std::unique_ptr<subscription> held;
    };
    std::vector<std::unique_ptr<follower>> followers;
    while (!done || followers.size() < 2) {
      if (followers.size() >= 200) {
        std::this_thread::yield();
        continue;
      }
      auto f = std::make_unique<follower>();
      const std::uint64_t from = 1 + followers.size() * 40;
      f->next = from > log.head().seq ? log.head().seq + 1 : from;
      auto* raw = f.get();
      bool first = true;
      f->held = tests::must(log.subscribe_from(f->next, [raw, first](const group_ref& g) mutable {
        // The first group is the one that holds the event asked for.
        const bool follows = first ? g->first_seq() <= raw->next && g->last_seq() >= raw->next : g->first_seq() == raw->next;
        raw->gapless = raw->gapless && follows;
        first = false;
        raw->next = g->last_seq() + 1;
        ++raw->deliveries;
      }));
      followers.push_back(std::move(f));
    }
    writer.join();
    for (const auto& f : followers) {
      REQUIRE(f->gapless);
      REQUIRE(f->next == log.head().seq + 1);
    }
    // Once ended, nothing more comes; the others go on.
    const auto before = followers[0]->deliveries;
    followers[0]->held.reset();
    tests::extend(log, 1, 1);
    CHECK(followers[0]->deliveries == before);
    CHECK(followers[1]->next == log.head().seq + 1);
  });
}

TEST_CASE("a subscription may end itself or another, begin one, and outlive its log") {
  std::unique_ptr<subscription> survivor;
  for_both([&](event_log& log) {
    int own = 0, other = 0, begun = 0;
    std::unique_ptr<subscription> a, b, c;
    a = tests::must(log.subscribe_from(1, [&](const group_ref&) {
      ++own;
      b.reset();
      c = tests::must(log.subscribe_from(log.head().seq + 1, [&](const group_ref&) { ++begun; }));
      a.reset();
    }));
    b = tests::must(log.subscribe_from(1, [&](const group_ref&) { ++other; }));
    tests::extend(log, 1, 1);
    tests::extend(log, 2, 1);
    CHECK(own == 1);
    CHECK(other == 0);
    CHECK(begun == 2);
    survivor = tests::must(log.subscribe_from(1, [](const group_ref&) {}));
  });
  survivor.reset();
}

TEST_CASE("a log is read backwards from any event, group by group, to its first") {
  for_both([](event_log& log) {
    CHECK_FALSE(tests::must(tests::must(log.scan(UINT64_MAX, direction::backward))->next()));
    tests::extend(log, 20, 7);
    for (std::uint64_t from = 1; from <= 142; ++from) {
      auto walk = tests::must(log.scan(from, direction::backward));
      std::uint64_t expected_last = std::min<std::uint64_t>((std::min<std::uint64_t>(from, 140) + 6) / 7 * 7, 140);
      for (auto g = tests::must(walk->next()); g; g = tests::must(walk->next())) {
        REQUIRE(g->last_seq() == expected_last);
        expected_last = g->first_seq() - 1;
      }
      REQUIRE(expected_last == 0);
    }
  });
}
