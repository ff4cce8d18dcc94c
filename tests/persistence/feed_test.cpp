#include "persistence/feed.hpp"

#include <atomic>
#include <thread>

#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/sim/model/random.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using persistence::event_filter;
using persistence::feed;
using persistence::feed_cursor;
using persistence::group_ref;

namespace {

constexpr std::uint64_t ample = std::uint64_t{1} << 40;

/// A log, its feed, and a writer that tells the feed what it has committed.
struct desk {
  std::shared_ptr<persistence::event_log> log;
  feed f;
  std::uint64_t head = 0;
  explicit desk(std::uint64_t bytes_max, std::shared_ptr<persistence::event_log> on = std::make_shared<persistence::memory_log>())
      : log(std::move(on)), f(log, bytes_max) {}
  group_ref append(std::uint64_t events) {
    auto g = group_of(head + 1, events, log->head().epoch);
    auto now = log->append({&g, 1});
    if (!now) FAIL(now.error().message);
    head = now->seq;
    return g;
  }
  void commit(std::uint64_t events) {
    const auto g = append(events);
    f.committed({g}, log->head());
  }
};

/// Takes until nothing is left; at most `events_max` at once. Notes every seq that it was given.
struct reader {
  explicit reader(std::uint64_t from = 1, event_filter only = {}) : cursor(from, only) {}
  feed_cursor cursor;
  std::vector<std::uint64_t> heard;
  bool take(const feed& f, std::uint64_t events_max) {
    auto batch = f.take(cursor, events_max);
    if (!batch) FAIL(batch.error().message);
    for (const auto& g : batch->groups) {
      if (g->events.empty()) FAIL("an empty group was given");
      for (const auto& e : g->events) heard.push_back(e.head.seq);
    }
    if (!batch->groups.empty() && batch->groups.back()->last_seq() > batch->through) FAIL("given beyond what it says");
    return !batch->at_head();
  }
  void take_all(const feed& f, std::uint64_t events_max = 100) {
    while (take(f, events_max)) {}
  }
};

std::vector<std::uint64_t> expected(std::uint64_t from, std::uint64_t to, const event_filter& wanted = {}) {
  std::vector<std::uint64_t> all;
  for (auto seq = from; seq <= to; ++seq)
    if (wanted.wants(quote_at(seq))) all.push_back(seq);
  return all;
}

event_filter of_instrument(std::uint32_t id) {
  event_filter f;
  f.instrument = id;
  return f;
}

}  // namespace

TEST_CASE("feed: readers of any pace, filter and beginning hear what they want, once and in order, and memory stays within its bound") {
  std::uint64_t from_log = 0, from_memory = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    sim::random_source random(seed);
    const auto bytes_max = random.below(60) * sizeof(event);
    desk d(bytes_max);
    for (auto before = random.below(10); before > 0; --before) d.append(1 + random.below(8));  // not told to the feed
    if (d.head > 0) d.f.committed({}, d.log->head());
    std::vector<reader> readers;
    std::vector<std::uint64_t> began;
    for (int step = 0; step < 120; ++step) {
      if (random.chance(60)) d.commit(1 + random.below(8));
      if (random.chance(10) && readers.size() < 6) {
        began.push_back(1 + random.below(d.head + 1));
        readers.emplace_back(began.back(), random.chance(50) ? event_filter{} : of_instrument(1 + static_cast<std::uint32_t>(random.below(4))));
      }
      REQUIRE(d.f.kept().kept_bytes <= bytes_max);
      if (readers.empty()) continue;
      auto& r = readers[random.below(readers.size())];
      const auto kept_from = d.f.kept().kept_from;
      (kept_from != 0 && r.cursor.next_seq >= kept_from ? from_memory : from_log) += 1;
      r.take(d.f, 1 + random.below(20));
    }
    for (std::size_t i = 0; i < readers.size(); ++i) {
      readers[i].take_all(d.f);
      REQUIRE(readers[i].heard == expected(began[i], d.head, readers[i].cursor.wanted));
    }
  }
  CHECK(from_log > 1'000);
  CHECK(from_memory > 1'000);
}

TEST_CASE("feed: a reader that stands still costs its cursor, and catches up from the log to a known seq, where memory takes over") {
  const auto room = std::uint64_t{64} * (sizeof(persistence::group) + 4 * sizeof(event));
  desk d(room);
  reader slow;
  for (int i = 0; i < 10; ++i) d.commit(4);
  slow.take(d.f, 3);
  CHECK(slow.cursor.handed_over_at == 1);  // all of it lay in memory
  CHECK(slow.heard == expected(1, 4));     // a group is not torn: at least one, whatever its size
  for (int i = 0; i < 5'000; ++i) {
    d.commit(4);
    REQUIRE(d.f.kept().kept_bytes <= room);
  }
  CHECK(d.f.kept().kept_groups <= 64);
  const auto kept_from = d.f.kept().kept_from;
  REQUIRE(kept_from > 19'000);
  while (slow.cursor.next_seq < kept_from) {
    slow.take(d.f, 1'000);
    if (slow.cursor.next_seq < kept_from) CHECK(slow.cursor.stored);
  }
  slow.take_all(d.f);
  CHECK_FALSE(slow.cursor.stored);
  CHECK(slow.cursor.handed_over_at >= kept_from);
  CHECK(slow.heard == expected(1, d.head));
}

TEST_CASE("feed: nothing is given before it is durable, though the log may hold it") {
  for (const auto bytes_max : {std::uint64_t{0}, ample}) {
    desk d(bytes_max);
    d.commit(5);
    const auto later = d.append(5);
    reader r;
    r.take_all(d.f);
    CHECK(r.heard == expected(1, 5));
    d.f.committed({later}, d.log->head());
    r.take_all(d.f);
    CHECK(r.heard == expected(1, 10));
  }
}

TEST_CASE("feed: what was committed beside it is read from the log: a gap in memory is none for a reader") {
  desk d(ample);
  d.commit(3);
  d.append(3);
  d.commit(3);
  CHECK(d.f.kept().kept_from == 7);
  reader r;
  r.take_all(d.f);
  CHECK(r.heard == expected(1, 9));
}

TEST_CASE("feed: a filter passes over long stretches in bounded steps, and the reader's place moves with them") {
  desk d(0);
  for (int i = 0; i < 40; ++i) d.commit(1'000);
  event_filter nothing;
  nothing.correlation = ample;
  feed_cursor c(1, nothing);
  std::uint64_t last = 0;
  int steps = 0;
  for (bool more = true; more; ++steps) {
    const auto batch = d.f.take(c, 10);
    REQUIRE(batch);
    CHECK(batch->groups.empty());
    REQUIRE(batch->through > last);
    CHECK(batch->through - last <= 17'000);
    last = batch->through;
    more = !batch->at_head();
  }
  CHECK(last == 40'000);
  CHECK(steps == 3);
}

TEST_CASE("feed: where the log cannot be read, the reader is told and stays where it is") {
  desk d(0, std::make_shared<persistence::memory_log>(persistence::retention::hash_only));
  d.commit(3);
  feed_cursor c;
  const auto batch = d.f.take(c, 10);
  REQUIRE_FALSE(batch);
  CHECK(batch.error().code == errc::invalid_argument);
  CHECK(c.next_seq == 1);

  desk told_too_much(0);
  told_too_much.commit(2);
  told_too_much.f.committed({}, {5, 0, {}});
  feed_cursor behind(3);
  const auto gap = told_too_much.f.take(behind, 10);
  REQUIRE_FALSE(gap);
  CHECK(gap.error().code == errc::log_gap);
  CHECK(behind.next_seq == 3);
}

TEST_CASE("feed: threads that read while another writes hear everything once, from a log on disk") {
  temporary_folder folder;
  auto opened = persistence::open_log(folder / "log", {persistence::durability::os});
  REQUIRE(opened);
  desk d(200 * sizeof(event), std::shared_ptr<persistence::event_log>(std::move(*opened)));
  constexpr std::uint64_t groups = 3'000;
  std::atomic<bool> written{false};
  std::vector<reader> readers;
  readers.emplace_back();
  readers.emplace_back(1, of_instrument(2));
  readers.emplace_back(500);
  std::vector<std::thread> threads;
  for (auto& r : readers)
    threads.emplace_back([&, &r = r] {
      while (!written || r.cursor.next_seq <= d.f.head().seq) {
        auto batch = d.f.take(r.cursor, 64);
        if (!batch) return;  // seen below: not all was heard
        for (const auto& g : batch->groups)
          for (const auto& e : g->events) r.heard.push_back(e.head.seq);
      }
    });
  for (std::uint64_t i = 0; i < groups; ++i) d.commit(1 + i % 5);
  written = true;
  for (auto& t : threads) t.join();
  CHECK(readers[0].heard == expected(1, d.head));
  CHECK(readers[1].heard == expected(1, d.head, of_instrument(2)));
  CHECK(readers[2].heard == expected(500, d.head));
}
