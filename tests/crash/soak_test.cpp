// The soak: a writer at a steady rate, a reader that keeps up, and one that is far too slow. Two hours, or TOMNEXT_LONG_SOAK_MINUTES (TOMNEXT_LONG_SOAK_SECONDS).
#include <chrono>
#include <thread>

#include "persistence/feed.hpp"
#include "persistence/verifier.hpp"
#include "tests/crash/workload.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/support/long_run.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::persistence;

namespace {

using clock_type = std::chrono::steady_clock;

/// Reads until told to end, sleeping between batches, which is what makes a reader slow. Empty, or what it got that it should not have.
struct soaked_reader {
  std::atomic<std::uint64_t> through{0};
  std::string broken;
  /// `ticks` goes on with each commit, and once more at the end. A pause makes a reader slow; without one it waits for the next tick.
  void run(const feed& f, const std::atomic<std::uint64_t>& ticks, const std::atomic<bool>& ended, std::chrono::milliseconds pause) {
    feed_cursor cursor;
    std::uint64_t next = 1;
    while (broken.empty()) {
      const std::uint64_t tick = ticks;
      auto batch = f.take(cursor, 100);
      if (!batch) broken = batch.error().message;
      else {
        for (const auto& g : batch->groups)
          for (const auto& e : g->events)
            if (e.head.seq != next++) broken = "event " + std::to_string(e.head.seq) + " where " + std::to_string(next - 1) + " was next";
        through = batch->through;
        if (ended && (pause.count() > 0 || batch->at_head())) return;
        if (pause.count() > 0) std::this_thread::sleep_for(pause);
        else if (batch->at_head()) ticks.wait(tick);
      }
    }
  }
};

}  // namespace

TEST_CASE("soak: with one reader far behind, memory stays within its bound and the writer keeps its pace", "[.long][soak]") {
  const auto seconds = long_size("SOAK_SECONDS", 60 * long_size("SOAK_MINUTES", 120));
  constexpr std::uint64_t groups_per_second = 100, events_a_group = 50;
  constexpr std::uint64_t feed_bytes_max = 16u << 20;
  // The log's own: buffers of a few write-ahead logs, a block cache, tables that are open; and the feed's memory.
  constexpr std::uint64_t resident_kilobytes_max = 200u << 10;
  temporary_folder folder;
  rocksdb_options options;
  options.when = durability::sync;
  options.write_buffer_bytes = 16u << 20;
  std::shared_ptr<event_log> log = must(open_log(folder / "log", options));
  auto kept = std::make_unique<feed>(log, feed_bytes_max);
  feed& f = *kept;
  std::atomic<bool> ended{false};
  std::atomic<std::uint64_t> ticks{0};
  soaked_reader slow, brisk;
  std::thread slow_thread([&] { slow.run(f, ticks, ended, std::chrono::milliseconds(500)); });
  std::thread brisk_thread([&] { brisk.run(f, ticks, ended, std::chrono::milliseconds(0)); });
  std::uint64_t resident_max = 0, late = 0, commits = 0;
  const auto begin = clock_type::now();
  for (; clock_type::now() - begin < std::chrono::seconds(seconds); ++commits) {
    const auto due = begin + std::chrono::microseconds(commits * 1'000'000 / groups_per_second);
    std::this_thread::sleep_until(due);
    late += clock_type::now() - due > std::chrono::seconds(1);
    const group_ref g = group_of(log->head().seq + 1, events_a_group, log->head().epoch);
    auto appended = log->append({&g, 1});
    if (!appended) break;
    f.committed({g}, *appended);
    ++ticks;
    ticks.notify_all();
    if (commits % groups_per_second == 0) resident_max = std::max(resident_max, kilobytes_of("self", "VmRSS"));
  }
  ended = true;
  ++ticks;
  ticks.notify_all();
  slow_thread.join();
  brisk_thread.join();
  WARN("soak of " << seconds << " s: " << commits * events_a_group << " events, resident at most " << resident_max << " KiB, the slow reader at "
                  << slow.through << ", " << late << " commits later than 1 s");
  CHECK(commits >= seconds * groups_per_second * 9 / 10);
  CHECK(late <= commits / 100);
  CHECK(resident_max > 0);
  CHECK(resident_max <= resident_kilobytes_max);
  CHECK(f.kept().kept_bytes <= feed_bytes_max);
  CHECK(slow.broken == "");
  CHECK(brisk.broken == "");
  CHECK(brisk.through == log->head().seq);
  CHECK(slow.through < log->head().seq / 2);  // it was slow indeed
  const auto head = log->head();
  kept.reset();  // it shares the log, which is sealed when the last one lets go
  log.reset();
  CHECK(must(verify_log(folder / "log", {})).head.chain_hash == head.chain_hash);
}
