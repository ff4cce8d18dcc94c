#include "persistence/rocksdb_log.hpp"

#include <thread>

#include "persistence/anchor.hpp"
#include "persistence/files.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

/// The write-ahead log that holds the last commits.
std::string live_wal(const std::string& directory) {
  std::string newest;
  for (const auto& file : tests::files_below(directory))
    if (file.ends_with(".log")) newest = directory + "/" + file;
  REQUIRE_FALSE(newest.empty());
  return newest;
}

/// What a process that is killed leaves behind: the files after `groups` commits, and the head that was acknowledged.
log_head leave(const std::string& live, const std::string& left, std::uint64_t groups, const rocksdb_options& options) {
  auto log = tests::must(open_log(live, options));
  const auto head = tests::extend(*log, groups, 5);
  tests::copy_folder(live, left);
  return head;
}

/// Opens, and holds what came back against what may be: a prefix of what was acknowledged that is whole and holds the anchored events. 0: refused.
std::uint64_t prefix_or_refusal(const std::string& directory, std::uint64_t acknowledged) {
  auto anchored = anchor::read(anchor_file(directory));
  auto log = open_log(directory, {});
  if (!log) {
    REQUIRE((log.error().code == errc::log_corrupt || log.error().code == errc::log_gap || log.error().code == errc::log_io));
    return 0;
  }
  const auto head = (*log)->head().seq;
  REQUIRE(anchored);
  REQUIRE(head >= anchored->seq);
  REQUIRE(head <= acknowledged);
  REQUIRE(tests::must(tests::read_quotes(**log, 1)) == head);
  // It goes on.
  REQUIRE(tests::extend(**log, 1, 1).seq == head + 1);
  return head;
}

}  // namespace

TEST_CASE("a log that is opened again goes on where it was, in a new epoch") {
  tests::temporary_folder folder;
  log_head head;
  for (std::uint64_t life = 1; life <= 4; ++life) {
    auto log = tests::must(open_log(folder / "deep/log", {}));
    CHECK(log->head().epoch == life);
    CHECK(log->head().seq == head.seq);
    CHECK(log->head().chain_hash == head.chain_hash);
    CHECK(tests::must(log->holds(head)));
    head = tests::extend(*log, 5, 3);
    CHECK(head.epoch == life);
    // A writer of an earlier life, or of one that never was, is refused.
    for (const auto epoch : {life - 1, life + 1}) {
      const group_ref g = tests::group_of(head.seq + 1, 1, epoch);
      CHECK(log->append({&g, 1}).error().code == errc::stale_incarnation);
    }
  }
  const auto reader = tests::must(open_log_for_reading(folder / "deep/log"));
  CHECK(reader->head() == head);
  CHECK(tests::must(tests::read_quotes(*reader, 1)) == head.seq);
  const group_ref g = tests::group_of(head.seq + 1, 1, head.epoch);
  CHECK(reader->append({&g, 1}).error().code == errc::invalid_argument);
  CHECK(open_log_for_reading(folder / "none").error().code == errc::file_unreadable);
}

TEST_CASE("a second writer is refused and disturbs nothing") {
  tests::temporary_folder folder;
  auto log = tests::must(open_log(folder / "log", {}));
  tests::extend(*log, 3, 3);
  for (int i = 0; i < 3; ++i) {
    auto second = open_log(folder / "log", {});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == errc::log_locked);
  }
  CHECK(tests::extend(*log, 1, 1).seq == 10);
  log.reset();
  CHECK(tests::must(open_log(folder / "log", {}))->head().seq == 10);
}

TEST_CASE("a path with 'lock' in it does not make every error a locked log") {
  tests::temporary_folder folder;
  { tests::extend(*tests::must(open_log(folder / "blocks", {})), 2, 2); }
  tests::fs::remove(folder / "blocks/rows/CURRENT");
  CHECK(open_log(folder / "blocks", {}).error().code == errc::log_corrupt);
}

TEST_CASE("a reader beside a writer sees a whole prefix each time") {
  tests::temporary_folder folder;
  // Small buffers: tables are written and write-ahead logs deleted under the reader's eyes.
  rocksdb_options options;
  options.when = durability::os;
  options.write_buffer_bytes = 64u << 10;
  auto log = tests::must(open_log(folder / "log", options));
  tests::extend(*log, 1, 300);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 1'000; ++i) {
      const auto h = log->head();
      const group_ref g = tests::group_of(h.seq + 1, 300, h.epoch);
      if (!log->append({&g, 1})) std::abort();
    }
    done = true;
  });
  // A prefix, and not always the newest: where tables replace a write-ahead log between two looks of the reader, it sees the log without that tail.
  int readings = 0;
  while (!done || readings == 0) {
    auto reader = open_log_for_reading(folder / "log");
    if (!reader) {
      done = true;
      writer.join();
      FAIL(reader.error().message);
    }
    const auto head = (*reader)->head().seq;
    auto read = tests::read_quotes(**reader, 1);
    const bool good = read && *read == head && head >= 300 && head % 300 == 0;
    if (!good) {
      writer.join();
      FAIL("read to " << (read ? std::to_string(*read) : read.error().message) << " of " << head);
    }
    ++readings;
  }
  writer.join();
  CHECK(readings > 0);
  CHECK(tests::must(open_log_for_reading(folder / "log"))->head().seq == 300'300);
  int tables = 0;
  for (const auto& file : tests::files_below(folder / "log")) tables += file.ends_with(".sst");
  CHECK(tables > 1);
}

TEST_CASE("with too little room on the disk nothing is written, and nothing is lost") {
  tests::temporary_folder folder;
  { tests::extend(*tests::must(open_log(folder / "log", {})), 1, 3); }
  rocksdb_options options;
  options.free_bytes_min = UINT64_MAX;
  {
    auto log = tests::must(open_log(folder / "log", options));
    const group_ref g = tests::group_of(4, 1, log->head().epoch);
    for (int i = 0; i < 2; ++i) {
      auto r = log->append({&g, 1});
      REQUIRE_FALSE(r);
      CHECK(r.error().code == errc::log_full);
    }
    CHECK(log->head().seq == 3);
  }
  CHECK(tests::extend(*tests::must(open_log(folder / "log", {})), 1, 1).seq == 4);
}

TEST_CASE("a write-ahead log cut short at any length gives a prefix or a refusal, never less than was anchored") {
  for (const auto anchors : {anchoring::periodic, anchoring::before_acknowledgement}) {
    tests::temporary_folder folder;
    rocksdb_options options;
    options.anchors = anchors;
    options.anchor_every = 8;
    const auto head = leave(folder / "live", folder / "left", 20, options);
    const auto size = tests::fs::file_size(live_wal(folder / "left"));
    std::size_t prefixes = 0, refusals = 0;
    for (std::uintmax_t n = 0; n <= size; n = n == size ? n + 1 : std::min(n + 43, size)) {
      tests::copy_folder(folder / "left", folder / "cut");
      tests::fs::resize_file(live_wal(folder / "cut"), n);
      ++(prefix_or_refusal(folder / "cut", head.seq) > 0 ? prefixes : refusals);
    }
    CHECK(refusals > 0);
    if (anchors == anchoring::periodic) CHECK(prefixes > 10);
    else CHECK(prefixes == 1);  // the whole file only: every acknowledged event is anchored
  }
}

TEST_CASE("flipped bits in the write-ahead log are refused, or lie beyond what was anchored") {
  tests::temporary_folder folder;
  rocksdb_options options;
  options.anchors = anchoring::before_acknowledgement;
  (void)leave(folder / "live", folder / "left", 20, options);
  const auto size = tests::fs::file_size(live_wal(folder / "left"));
  for (std::uintmax_t at = 0; at < size; at += 41) {
    tests::flip_bit(live_wal(folder / "left"), at, static_cast<unsigned>(at % 8));
    const auto before = tests::fingerprint(folder / "left/rows");
    auto log = open_log(folder / "left", {});
    if (log) FAIL("opened with a bit flipped at " << at);
    // What is refused stays as it is: a repair finds everything in its place.
    REQUIRE(tests::fingerprint(folder / "left/rows") == before);
    tests::flip_bit(live_wal(folder / "left"), at, static_cast<unsigned>(at % 8));
  }
  CHECK(tests::must(open_log(folder / "left", {}))->head().seq == 100);
}

TEST_CASE("files deleted or taken from an older copy are refused") {
  tests::temporary_folder folder;
  { tests::extend(*tests::must(open_log(folder / "log", {})), 10, 5); }
  tests::copy_folder(folder / "log", folder / "older");
  { tests::extend(*tests::must(open_log(folder / "log", {})), 10, 5); }
  auto refused = [&](auto damage) {
    tests::copy_folder(folder / "log", folder / "bad");
    damage(folder / "bad");
    const auto read = open_log_for_reading(folder / "bad");
    const auto write = open_log(folder / "bad", {});
    return !read && !write &&
           (write.error().code == errc::log_corrupt || write.error().code == errc::log_gap || write.error().code == errc::log_io ||
            write.error().code == errc::file_unreadable);
  };
  CHECK_FALSE(refused([](const std::string&) {}));
  CHECK(refused([](const std::string& d) { tests::fs::remove(live_wal(d)); }));
  CHECK(refused([](const std::string& d) { tests::fs::remove(anchor_file(d)); }));
  CHECK(refused([](const std::string& d) { tests::fs::remove(d + "/rows/CURRENT"); }));
  CHECK(refused([](const std::string& d) { tests::fs::remove_all(d + "/rows"); }));
  CHECK(refused([](const std::string& d) {
    for (const auto& f : tests::files_below(d))
      if (f.ends_with(".sst")) tests::fs::remove(d + "/" + f);
  }));
  CHECK(refused([&](const std::string& d) { tests::copy_folder(folder / "older/rows", d + "/rows"); }));
  // Of another history: the same length, other events.
  {
    auto other = tests::must(open_log(folder / "other", {}));
    tests::extend(*other, 100, 1);
  }
  CHECK(refused([&](const std::string& d) { tests::copy_folder(folder / "other/rows", d + "/rows"); }));
}

TEST_CASE("a crash between the anchor and the first rows leaves a log that begins") {
  tests::temporary_folder folder;
  tests::must(make_folder(folder / "log"));
  { auto a = tests::must(anchor::create(anchor_file(folder / "log"))); }
  // Not a log yet: whoever wants to read it is told so, and not that a disk has failed.
  CHECK_FALSE(log_exists(folder / "log"));
  CHECK(open_log_for_reading(folder / "log").error().code == errc::file_unreadable);
  auto log = tests::must(open_log(folder / "log", {}));
  CHECK(tests::extend(*log, 1, 1).seq == 1);
}

TEST_CASE("without a sync per commit the anchor still never runs ahead of the disk") {
  // The anchor syncs the log first; the copy then holds what the anchor says.
  tests::temporary_folder folder;
  rocksdb_options options;
  options.when = durability::os;
  options.anchor_every = 4;
  const auto head = leave(folder / "live", folder / "left", 10, options);
  CHECK(prefix_or_refusal(folder / "left", head.seq) == head.seq);
  CHECK(tests::must(open_log(folder / "live", {}))->head().seq == head.seq);
}

TEST_CASE("a log that is durable at its sync: before it a killed process leaves less, from it on everything") {
  tests::temporary_folder folder;
  rocksdb_options options;
  options.when = durability::at_sync;
  options.write_buffer_bytes = 64u << 10;  // some rows are tables before anybody asks for it
  log_head head;
  {
    auto log = tests::must(open_log(folder / "live", options));
    head = tests::extend(*log, 100, 50);
    tests::copy_folder(folder / "live", folder / "killed");
    const auto left = prefix_or_refusal(folder / "killed", head.seq);
    CHECK(left < head.seq);
    // Nothing claims more than is there.
    CHECK(tests::must(anchor::read(anchor_file(folder / "live"))).seq == 0);
    tests::must(log->sync());
    tests::copy_folder(folder / "live", folder / "synced");
    CHECK(prefix_or_refusal(folder / "synced", head.seq) == head.seq);
    CHECK(tests::must(anchor::read(anchor_file(folder / "live"))).seq == head.seq);
    head = tests::extend(*log, 3, 5);
  }
  // Closing is a sync too, and no write-ahead log is left to be read.
  CHECK(tests::must(open_log_for_reading(folder / "live"))->head() == head);
  CHECK(tests::must(disk_use(folder / "live")).wal_bytes == 0);
}

TEST_CASE("with a sync for each commit, or none, sync() makes durable what was appended") {
  tests::temporary_folder folder;
  for (const auto when : {durability::sync, durability::os}) {
    const auto live = folder / (when == durability::os ? "os" : "sync");
    rocksdb_options options;
    options.when = when;
    auto log = tests::must(open_log(live, options));
    const auto head = tests::extend(*log, 10, 5);
    tests::must(log->sync());
    CHECK(tests::must(anchor::read(anchor_file(live))).seq == head.seq);
    tests::copy_folder(live, live + "-left");
    CHECK(prefix_or_refusal(live + "-left", head.seq) == head.seq);
  }
}

TEST_CASE("disk use counts every file by its kind") {
  tests::temporary_folder folder;
  for (int life = 0; life < 2; ++life) tests::extend(*tests::must(open_log(folder / "log", {})), 5, 5);
  const auto f = tests::must(disk_use(folder / "log"));
  CHECK(f.files == tests::files_below(folder / "log").size());
  CHECK((f.table_bytes > 0 && f.wal_bytes > 0 && f.other_bytes > 0));
  CHECK(last_good_event(folder / "log") == 50);
  CHECK(last_good_event(folder / "none") == 0);
}
