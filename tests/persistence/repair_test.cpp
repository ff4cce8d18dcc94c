// Repair: whatever was done to a log, the copy is a prefix of it that verifies, what is missing is named, and the damaged log stays as it is.
#include "persistence/repair.hpp"

#include "persistence/anchor.hpp"
#include "persistence/archiver.hpp"
#include "persistence/content_store.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

constexpr std::uint64_t groups = 60, group_events = 5, events = groups * group_events;

std::map<std::string, std::string> bytes_of_all(const std::string& folder) {
  std::map<std::string, std::string> all;
  for (const auto& file : files_below(folder)) all[file] = slurp(folder + "/" + file);
  return all;
}

/// Tables and a write-ahead log, as a crash leaves them; `sealed`: as a close does.
void make(const std::string& directory, bool sealed) {
  const auto live = directory + "-live";
  {
    rocksdb_options o;
    o.write_buffer_bytes = 64 << 10;
    auto log = must(open_log(live, o));
    must(content_store(live).put("one configuration"));
    extend(*log, groups, group_events);
    must(snapshot_store(live).put({{"host", 1, 1, 7}, events, events, log->head(), "a state"}));
    if (!sealed) copy_folder(live, directory);
  }
  if (sealed) fs::rename(live, directory);
  else fs::remove_all(live);
}

/// Repairs, and checks what holds of every repair: the original has the same bytes, the copy verifies and is a prefix, the report says what it holds.
std::optional<repair_report> repaired(const std::string& log, const std::string& copy) {
  fs::remove_all(copy);
  const auto before = bytes_of_all(log);
  auto report = repair_log(log, copy, {});
  CHECK(bytes_of_all(log) == before);
  if (!report) {
    INFO(report.error().message);
    CHECK(report.error().code == errc::log_corrupt);
    CHECK_FALSE(fs::exists(copy));
    return std::nullopt;
  }
  const auto verified = must(verify_log(copy, {}));
  CHECK(verified.head.seq == report->head.seq);
  CHECK(verified.head.chain_hash == report->head.chain_hash);
  CHECK(report->head.seq % group_events == 0);
  CHECK(must(read_quotes(*must(open_log_for_reading(copy)), 1)) == report->head.seq);
  CHECK_FALSE(fs::exists(copy + "/scratch"));
  return *report;
}

std::string file_that_ends(const std::string& directory, const std::string& end) {
  for (const auto& file : files_below(directory))
    if (file.ends_with(end) && fs::file_size(directory + "/" + file) > 0) return directory + "/" + file;
  return {};
}

}  // namespace

TEST_CASE("of a log that is whole, everything is in the copy") {
  temporary_folder f;
  make(f / "log", GENERATE(false, true));
  const auto report = repaired(f / "log", f / "copy");
  REQUIRE(report);
  INFO(report->damage);
  CHECK(report->nothing_dropped());
  CHECK(report->head.seq == events);
  CHECK(report->contents == 1);
  CHECK(report->snapshots == 1);
  CHECK(extend(*must(open_log(f / "copy", {})), 1, 1).seq == events + 1);
}

TEST_CASE("what is damaged is named, and never silently gone") {
  temporary_folder f;
  make(f / "log", true);
  const auto damaged = [&](const std::string& what) {
    const auto r = repaired(f / "log", f / "copy");
    REQUIRE(r);
    INFO(what << ": " << r->damage);
    CHECK_FALSE(r->nothing_dropped());
    return *r;
  };
  SECTION("a content") {
    flip_bit(f / "log/content/" + files_below(f / "log/content").front(), 3, 1);
    const auto r = damaged("content");
    REQUIRE(r.files.size() == 1);
    CHECK(r.files.front().bytes == 17);
    CHECK(r.contents == 0);
    CHECK(r.head.seq == events);
  }
  SECTION("the anchor says that there was more") {
    fs::remove(f / "log/seal");
    must(must(anchor::open(anchor_file(f / "log"))).store({events + 50, 4, {}}));
    const auto r = damaged("anchor");
    CHECK(r.head.seq == events);
    CHECK(r.expected_seq == events + 50);
    CHECK(r.last_dropped() == events + 50);
    // No later writer may pass for the one whose events are lost.
    CHECK(must(open_log(f / "copy", {}))->head().epoch == 5);
  }
  SECTION("the anchor is gone, and the seal tells") {
    fs::remove(anchor_file(f / "log"));
    CHECK(damaged("no anchor").expected_seq == events);
  }
  SECTION("anchor and seal are gone, so that nothing tells") {
    fs::remove(anchor_file(f / "log"));
    fs::remove(f / "log/seal");
    CHECK_FALSE(damaged("no witness").expected_seq);
  }
  SECTION("a list of files that cannot be read is made anew") {
    spill(f / "log/rows/CURRENT", "MANIFEST-999999\n");
    const auto r = damaged("CURRENT");
    CHECK(r.head.seq == events);
  }
  SECTION("the rows are another history than the anchored one") {
    fs::remove(f / "log/seal");
    must(must(anchor::open(anchor_file(f / "log"))).store({events, 9, {}}));
    CHECK(damaged("history").damage.find("another history") != std::string::npos);
  }
  SECTION("files that are no part of a log") {
    spill(f / "log/notes", "mine");
    CHECK(damaged("notes").files.front().path == "notes");
  }
}

TEST_CASE("flipped bytes and zeroed pages in every file of rows: a prefix that verifies, with what is lost named, or a refusal") {
  temporary_folder f;
  const bool sealed = GENERATE(false, true);
  make(f / "whole", sealed);
  std::size_t prefixes = 0, all_there = 0, refused = 0, cases = 0;
  for (const auto& file : files_below(f / "whole/rows")) {
    const auto size = fs::file_size(f / ("whole/rows/" + file));
    for (std::size_t at = size / 20; at < size; at += std::max<std::size_t>(size / 4, 1), ++cases) {
      copy_folder(f / "whole", f / "log");
      const auto path = f / ("log/rows/" + file);
      if (cases % 3 == 0) {
        auto bytes = slurp(path);
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(bytes.size() - at, 4096), '\0');
        spill(path, bytes);
      } else {
        flip_bit(path, at, static_cast<unsigned>(cases % 8));
      }
      INFO(file << " at " << at << " of " << size);
      const auto r = repaired(f / "log", f / "copy");
      if (!r) {
        ++refused;
        continue;
      }
      ++(r->head.seq == events ? all_there : prefixes);
      // Acknowledged events are never lost without a word. A log that nobody closed has witnesses up to its anchor only.
      if (r->head.seq < events && sealed) CHECK((!r->nothing_dropped() && r->last_dropped() == events));
      if (r->head.seq < must(anchor::read(anchor_file(f / "whole"))).seq) CHECK_FALSE(r->nothing_dropped());
      if (sealed) CHECK_FALSE(r->damage.empty());
    }
  }
  CHECK(cases >= 15);
  CHECK(prefixes + refused > 0);
  CHECK(all_there > 0);
}

TEST_CASE("a write-ahead log that is damaged in its middle gives the events before it, and those behind are counted") {
  temporary_folder f;
  make(f / "log", false);
  const auto wal = file_that_ends(f / "log", ".log");
  REQUIRE_FALSE(wal.empty());
  flip_bit(wal, fs::file_size(wal) / 2, 2);
  REQUIRE_FALSE(open_log_for_reading(f / "log"));
  const auto r = repaired(f / "log", f / "copy");
  REQUIRE(r);
  CHECK(r->head.seq > 0);
  CHECK(r->head.seq < events);
  CHECK_FALSE(r->damage.empty());
  CHECK_FALSE(r->nothing_dropped());
}

TEST_CASE("repair refuses to write into the log, beside a writer, or over anything, and leaves nothing when cancelled") {
  temporary_folder f;
  make(f / "log", true);
  const auto before = bytes_of_all(f / "log");
  for (const auto& copy : {f / "log", f / "log/copy", f / "log/../log/rows/copy", f.path()}) {
    const auto r = repair_log(f / "log", copy, {});
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::invalid_argument);
  }
  fs::create_directory(f / "mine");
  spill(f / "mine/file", "mine");
  CHECK(repair_log(f / "log", f / "mine", {}).error().code == errc::invalid_argument);
  CHECK(repair_log(f / "none", f / "copy", {}).error().code == errc::file_unreadable);
  int asked = 0;
  must(repair_log(f / "log", f / "copy", [&](std::uint64_t) { return ++asked > 0; }));
  fs::remove_all(f / "copy");
  for (int at = 1; at <= asked; at += 9) {
    int left = at;
    CHECK(repair_log(f / "log", f / "copy", [&](std::uint64_t) { return --left > 0; }).error().code == errc::cancelled);
    CHECK(std::distance(fs::directory_iterator(f.path()), fs::directory_iterator()) == 2);
  }
  CHECK(bytes_of_all(f / "log") == before);
  auto writer = must(open_log(f / "log", {}));
  CHECK(repair_log(f / "log", f / "copy", {}).error().code == errc::log_locked);
  CHECK_FALSE(fs::exists(f / "copy"));
}

TEST_CASE("an archive beside the rows, and projections, are left where they are, and are nothing that was dropped") {
  temporary_folder f;
  make(f / "log", true);
  must(archive_log(f / "log", {}, {}));
  fs::create_directories(f / "log/projections");
  spill(f / "log/projections/000004.log", "folded from the log");
  spill(f / "log/ballast", "room");
  spill(f / "log/scrub", "how far");
  const auto r = repaired(f / "log", f / "copy");
  REQUIRE(r);
  INFO(r->damage);
  CHECK(r->nothing_dropped());
  CHECK_FALSE(fs::exists(f / "copy/archive"));
  CHECK_FALSE(fs::exists(f / "copy/projections"));
}

TEST_CASE("a list of files that ends early, at every record: all rows that are there are found") {
  temporary_folder f;
  make(f / "whole", true);
  // Opened again, the rows are in tables, and the list has more than one of them.
  for (int i = 0; i < 3; ++i) extend(*must(open_log(f / "whole", {})), 4, group_events);
  const auto wanted = must(open_log_for_reading(f / "whole"))->head();
  const auto list = file_that_ends(f / "whole/rows", slurp(f / "whole/rows/CURRENT").substr(0, 15));
  REQUIRE_FALSE(list.empty());
  const auto bytes = slurp(list);
  // A record: crc32c u32 · length u16 · type u8 · the length's bytes. The list is shorter than a block of 32 KiB.
  REQUIRE(bytes.size() < 32'768);
  std::vector<std::size_t> ends{0};
  while (ends.back() < bytes.size()) {
    const auto at = ends.back();
    ends.push_back(at + 7 + static_cast<unsigned char>(bytes[at + 4]) + 256u * static_cast<unsigned char>(bytes[at + 5]));
  }
  CHECK(ends.size() > 5);
  for (const auto end : ends) {
    copy_folder(f / "whole", f / "log");
    spill(f / "log/rows/" + fs::path(list).filename().string(), std::string_view(bytes).substr(0, end));
    INFO("cut at " << end << " of " << bytes.size());
    const auto r = repaired(f / "log", f / "copy");
    REQUIRE(r);
    CHECK(r->head.seq == wanted.seq);
    CHECK(r->head.chain_hash == wanted.chain_hash);
    CHECK(r->nothing_dropped() == (end == bytes.size()));
  }
}
