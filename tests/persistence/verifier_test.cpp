#include "persistence/verifier.hpp"

#include "persistence/content_store.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/seal.hpp"
#include "persistence/snapshots.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

/// Three lives: the tables of two, the write-ahead log of the last; contents and a snapshot beside it.
log_head build(const std::string& directory) {
  log_head head;
  for (int life = 0; life < 3; ++life) {
    auto log = tests::must(open_log(directory, {}));
    head = tests::extend(*log, 6, 20);
    (void)tests::must(content_store(directory).put("configuration of life " + std::to_string(life)));
    tests::must(snapshot_store(directory).put({{"host", 1, 1, 1}, head.seq - 2, head.seq - 1, head, std::string(300, 's')}));
  }
  return head;
}

result<verify_report> verify(const std::string& directory) { return verify_log(directory, {}); }

bool names_place(const std::string& message, const std::string& file) {
  const bool place = message.find(file) != std::string::npos && message.find("offset") != std::string::npos;
  return (place || message.find("group at event") != std::string::npos) && message.find("last good event") != std::string::npos;
}

/// A log that nobody closed: its files as they are after the last acknowledgement, which is what a killed process leaves.
void build_unclosed(const std::string& live, const std::string& left, std::uint64_t groups, rocksdb_options options) {
  auto log = tests::must(open_log(live, options));
  tests::extend(*log, groups, 5);
  tests::copy_folder(live, left);
}

}  // namespace

TEST_CASE("an untouched log passes, and verifying leaves no trace") {
  tests::temporary_folder folder;
  const auto head = build(folder / "log");
  tests::fs::permissions(folder / "log", tests::fs::perms::owner_read | tests::fs::perms::owner_exec);
  const auto before = tests::fingerprint(folder / "log");
  std::uint64_t last = 0;
  bool ascending = true;
  auto report = tests::must(verify_log(folder / "log", [&](std::uint64_t seq) {
    ascending = ascending && seq >= last;
    last = seq;
    return true;
  }));
  CHECK(tests::fingerprint(folder / "log") == before);
  tests::fs::permissions(folder / "log", tests::fs::perms::owner_all);
  CHECK(report.sealed);
  CHECK(report.groups == 18);
  CHECK(report.events == 360);
  CHECK((report.head.seq == head.seq && report.head.chain_hash == head.chain_hash));
  CHECK(report.files == tests::files_below(folder / "log").size());
  std::uintmax_t bytes = 0;
  for (const auto& file : tests::files_below(folder / "log")) bytes += tests::fs::file_size(folder / ("log/" + file));
  CHECK(report.bytes == bytes);
  CHECK((ascending && last == 360));
  // The diary of RocksDB, whose bytes nobody covers, does not exist.
  for (const auto& file : tests::files_below(folder / "log")) CHECK(file.find("rows/LOG") == std::string::npos);
  CHECK(verify_log(folder / "log", [](std::uint64_t) { return false; }).error().code == errc::cancelled);
  CHECK(verify_log(folder / "log", [](std::uint64_t seq) { return seq < 100; }).error().code == errc::cancelled);
  CHECK(verify(folder / "none").error().code == errc::file_unreadable);
}

TEST_CASE("one flipped bit anywhere in a closed log is refused, and its place named") {
  tests::temporary_folder folder;
  (void)build(folder / "log");
  std::map<std::string, int> flips;
  for (const auto& file : tests::files_below(folder / "log")) {
    const auto path = folder / ("log/" + file);
    const auto size = tests::fs::file_size(path);
    // Some thirty places a file, another bit each time; the first and last bytes among them.
    const auto step = std::max<std::size_t>(size / 30, 1);
    for (std::size_t offset = 0; offset < size; offset = offset + step < size || offset == size - 1 ? offset + step : size - 1) {
      const auto bit = static_cast<unsigned>((offset + flips[file]) % 8);
      tests::flip_bit(path, offset, bit);
      auto report = verify(folder / "log");
      if (report) FAIL("not noticed: " << file << " offset " << offset << " bit " << bit);
      if (!names_place(report.error().message, file)) FAIL(file << " offset " << offset << ": " << report.error().message);
      tests::flip_bit(path, offset, bit);
      ++flips[file];
    }
  }
  CHECK(verify(folder / "log"));
  // Every kind of file was among them.
  for (const std::string kind : {"anchor", "seal", ".sst", ".log", "MANIFEST-", "CURRENT", "OPTIONS-", "IDENTITY", "content/", "snapshots/"}) {
    int found = 0;
    for (const auto& [file, n] : flips)
      if (file.find(kind) != std::string::npos) found += n;
    INFO(kind);
    CHECK(found > 0);
  }
}

TEST_CASE("a file gone, cut, grown or added to the rows of a closed log is refused") {
  tests::temporary_folder folder;
  (void)build(folder / "log");
  for (const auto& file : tests::files_below(folder / "log")) {
    if (file == "seal") continue;
    const auto path = folder / ("bad/" + file);
    for (int fault = 0; fault < 3; ++fault) {
      tests::copy_folder(folder / "log", folder / "bad");
      const auto size = tests::fs::file_size(path);
      if (fault == 0) tests::fs::remove(path);
      else if (fault == 1 && size > 0) tests::fs::resize_file(path, size - 1);
      else tests::spill(path, tests::slurp(path) + '\0');
      auto report = verify(folder / "bad");
      if (report) FAIL(file << " fault " << fault);
    }
  }
  tests::copy_folder(folder / "log", folder / "bad");
  tests::spill(folder / "bad/rows/000001.log", "");
  CHECK_FALSE(verify(folder / "bad"));
  // What somebody keeps beside the log is his business.
  tests::copy_folder(folder / "log", folder / "bad");
  tests::spill(folder / "bad/notes.txt", "x");
  CHECK(verify(folder / "bad"));
}

TEST_CASE("a log without its seal is verified by all else, and says that it is not sealed") {
  tests::temporary_folder folder;
  const auto head = build(folder / "log");
  tests::fs::remove(seal_file(folder / "log"));
  auto report = tests::must(verify(folder / "log"));
  CHECK_FALSE(report.sealed);
  CHECK(report.head.chain_hash == head.chain_hash);
  int refused = 0;
  for (const auto& file : tests::files_below(folder / "log")) {
    if (file.find("OPTIONS") != std::string::npos || file.find("IDENTITY") != std::string::npos) continue;  // the seal's alone
    const auto path = folder / ("log/" + file);
    const auto size = tests::fs::file_size(path);
    const auto step = std::max<std::size_t>(size / 25, 1);
    for (std::size_t offset = 0; offset < size; offset += step) {
      tests::flip_bit(path, offset, static_cast<unsigned>(offset % 8));
      auto bad = verify(folder / "log");
      if (bad) FAIL("not noticed: " << file << " offset " << offset);
      if (bad.error().message.find("last good event") == std::string::npos) FAIL(bad.error().message);
      tests::flip_bit(path, offset, static_cast<unsigned>(offset % 8));
      ++refused;
    }
  }
  CHECK(refused > 200);
}

TEST_CASE("a log whose writer was killed has no seal; a flipped bit in an acknowledged group is refused all the same") {
  tests::temporary_folder folder;
  rocksdb_options options;
  options.anchors = anchoring::before_acknowledgement;
  build_unclosed(folder / "live", folder / "log", 12, options);
  auto report = tests::must(verify(folder / "log"));
  CHECK_FALSE(report.sealed);
  CHECK(report.events == 60);
  std::string wal;
  for (const auto& file : tests::files_below(folder / "log"))
    if (file.ends_with(".log") && tests::fs::file_size(folder / ("log/" + file)) > 0) wal = folder / ("log/" + file);
  REQUIRE_FALSE(wal.empty());
  const auto size = tests::fs::file_size(wal);
  for (std::size_t offset = 0; offset < size; offset += 7) {
    tests::flip_bit(wal, offset, static_cast<unsigned>(offset % 8));
    auto bad = verify(folder / "log");
    if (bad) FAIL("not noticed at offset " << offset);
    tests::flip_bit(wal, offset, static_cast<unsigned>(offset % 8));
  }
  CHECK(verify(folder / "log"));
}

TEST_CASE("opening for writing breaks the seal, closing makes a new one, reading leaves it") {
  tests::temporary_folder folder;
  (void)build(folder / "log");
  const auto sealed = tests::slurp(seal_file(folder / "log"));
  CHECK(tests::must(open_log_for_reading(folder / "log"))->head().seq == 360);
  CHECK(tests::slurp(seal_file(folder / "log")) == sealed);
  {
    auto log = tests::must(open_log(folder / "log", {}));
    CHECK_FALSE(tests::fs::exists(seal_file(folder / "log")));
    tests::extend(*log, 1, 1);
  }
  const auto s = tests::must(read_seal(folder / "log"));
  REQUIRE(s);
  CHECK(s->head.seq == 361);
  CHECK(tests::must(verify(folder / "log")).sealed);
  // What was taken over from the seal before is what is there.
  for (const auto& [path, file] : s->files) CHECK(tests::must(checksums_of(folder / ("log/" + path))) == file);
}
