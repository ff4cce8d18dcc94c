// Checkpoints: a log of its own, made of links; the log that it was made of stays what it was.
#include "persistence/checkpoint.hpp"

#include "persistence/archiver.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/seal.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

/// A closed log with tables, a write-ahead log, a content and a snapshot.
log_head make(const std::string& directory) {
  rocksdb_options o;
  o.write_buffer_bytes = 64 << 10;
  auto log = must(open_log(directory, o));
  must(content_store(directory).put("a configuration"));
  const auto head = extend(*log, 300, 20);
  must(snapshot_store(directory).put({{"host", 1, 1, 7}, head.seq, head.seq, head, "a state"}));
  return head;
}

}  // namespace

TEST_CASE("a checkpoint verifies, is a log of its own, and shares the files that never change") {
  temporary_folder f;
  const auto head = make(f / "log");
  const auto report = must(checkpoint_log(f / "log", f / "copy", {}));
  CHECK(report.head.seq == head.seq);
  CHECK(report.head.chain_hash == head.chain_hash);
  CHECK(report.files_linked >= 3);  // a table, the content, the snapshot
  CHECK(report.files_copied >= 4);  // CURRENT, MANIFEST, anchor, seal
  for (const auto* log : {"log", "copy"}) {
    const auto verified = must(verify_log(f / log, {}));
    CHECK(verified.sealed);
    CHECK(verified.head.chain_hash == head.chain_hash);
  }
  CHECK(must(content_store(f / "copy").get(must(content_store(f / "log").put("a configuration")))) == "a configuration");
  {
    auto log = must(open_log(f / "copy", {}));
    CHECK(must(snapshot_store(f / "copy").newest({"host", 1, 1, 7}, *log)));
    CHECK(extend(*log, 50, 20).seq == head.seq + 1000);
  }
  CHECK(extend(*must(open_log(f / "log", {})), 10, 20).seq == head.seq + 200);
  CHECK(must(verify_log(f / "copy", {})).head.seq == head.seq + 1000);
  CHECK(must(verify_log(f / "log", {})).head.seq == head.seq + 200);
  fs::remove_all(f / "log");
  CHECK(must(read_quotes(*must(open_log_for_reading(f / "copy")), 1)) == head.seq + 1000);
  must(verify_log(f / "copy", {}));
}

TEST_CASE("a log that nobody closed has its write-ahead log in the checkpoint") {
  temporary_folder f;
  log_head head;
  {
    auto log = must(open_log(f / "live", {}));
    head = extend(*log, 30, 5);
    copy_folder(f / "live", f / "log");
  }
  CHECK(must(checkpoint_log(f / "log", f / "copy", {})).head.chain_hash == head.chain_hash);
  CHECK(must(verify_log(f / "copy", {})).head.seq == 150);
  const auto verified = must(verify_log(f / "log", {}));
  CHECK(verified.head.seq == 150);
  CHECK_FALSE(verified.sealed);
}

TEST_CASE("a log that is written, damaged or empty has no checkpoint, and the target stays free") {
  temporary_folder f;
  const auto head = make(f / "log");
  const auto refusal = [&](const std::string& log, const std::string& target) {
    const auto r = checkpoint_log(f / log, f / target, {});
    REQUIRE_FALSE(r);
    CHECK_FALSE(fs::exists(f / "copy"));
    return r.error();
  };
  SECTION("written") {
    auto log = must(open_log(f / "log", {}));
    const auto e = refusal("log", "copy");
    CHECK(e.code == errc::log_locked);
    CHECK(e.message.find("log backup") != std::string::npos);
    extend(*log, 1, 1);
  }
  SECTION("sealed, and a bit has changed since, which a new seal would cover up") {
    for (const auto& file : files_below(f / "log")) {
      if (fs::file_size(f / ("log/" + file)) == 0) continue;
      flip_bit(f / ("log/" + file), fs::file_size(f / ("log/" + file)) / 2, 3);
      INFO(file);
      const auto before = fingerprint(f / "log");
      CHECK(policy_of(refusal("log", "copy").code) != error_policy::retry);
      CHECK(fingerprint(f / "log") == before);
      flip_bit(f / ("log/" + file), fs::file_size(f / ("log/" + file)) / 2, 3);
    }
    must(verify_log(f / "log", {}));
  }
  SECTION("empty, or none") {
    (void)must(open_log(f / "empty", {}));
    CHECK(refusal("empty", "copy").code == errc::invalid_argument);
    CHECK(refusal("none", "copy").code == errc::file_unreadable);
    CHECK_FALSE(fs::exists(f / "none"));
  }
  SECTION("a target that is taken, or lies in the log") {
    fs::create_directory(f / "mine");
    spill(f / "mine/file", "mine");
    CHECK(refusal("log", "mine").code == errc::invalid_argument);
    CHECK(refusal("log", "log/copy").code == errc::invalid_argument);
    CHECK(refusal("log", "log").code == errc::invalid_argument);
    CHECK(slurp(f / "mine/file") == "mine");
  }
  SECTION("cancelled") {
    int asked = 0;
    must(checkpoint_log(f / "log", f / "whole", [&](std::uint64_t) { return ++asked > 0; }));
    REQUIRE(asked > 100);
    for (int at = 1; at <= asked; at += 60) {
      int left = at;
      CHECK(checkpoint_log(f / "log", f / "copy", [&](std::uint64_t) { return --left > 0; }).error().code == errc::cancelled);
      CHECK_FALSE(fs::exists(f / "copy"));
      CHECK(must(verify_log(f / "log", {})).sealed);
    }
    CHECK(std::distance(fs::directory_iterator(f.path()), fs::directory_iterator()) == 2);
  }
  // The writer of the first section wrote one event more.
  CHECK(must(verify_log(f / "log", {})).head.seq >= head.seq);
}

TEST_CASE("a checkpoint leaves projections out, and shares no lock") {
  temporary_folder f;
  make(f / "log");
  must(archive_log(f / "log", {}, {}));
  fs::create_directories(f / "log/projections/deeper");
  spill(f / "log/projections/CURRENT", "half of what somebody is writing");
  spill(f / "log/notes", "mine");
  spill(f / "log/ballast", "room");
  spill(f / "log/scrub", "how far");
  must(checkpoint_log(f / "log", f / "copy", {}));
  for (const auto* aside : {"projections", "ballast", "scrub"}) CHECK_FALSE(fs::exists(f / ("copy/" + std::string(aside))));
  CHECK(slurp(f / "copy/notes") == "mine");
  CHECK(fs::exists(f / "copy/archive"));
  const auto alone = must(folder_lock::take(f / "log/archive"));
  CHECK(must(archive_log(f / "copy", {}, {})).segments == 0);
  must(verify_log(f / "copy", {}));
}
