// Damage of every kind in every kind of file. A log that still opens has the very events that were written, and no fewer than are anchored; verifying a log
// that was closed finds all of it. TOMNEXT_LONG_STEP=1 tries every byte.
#include <cstdlib>

#include "persistence/anchor.hpp"
#include "persistence/content_store.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "tests/crash/fast_folder.hpp"
#include "tests/crash/simulated_disk.hpp"
#include "tests/crash/workload.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::persistence;

namespace {

std::size_t step_or(std::size_t usual) {
  const char* given = std::getenv("TOMNEXT_LONG_STEP");
  return given == nullptr ? usual : std::max<std::size_t>(std::strtoull(given, nullptr, 10), 1);
}

/// A log as its writer's death leaves it: tables of an earlier life, a write-ahead log of this one; every acknowledged event is anchored, or not.
promise leave_killed(const std::string& directory, anchoring anchors, std::uint64_t groups, std::uint64_t events_a_group) {
  const fast_folder live;
  auto options = small_options();
  options.anchors = anchors;
  promises told;
  REQUIRE(live_twice(live / "log", options, told) == "");
  auto log = must(open_log(live / "log", options));
  told.acknowledged = told.offered = extend(*log, groups, events_a_group).seq;
  copy_folder(live / "log", directory);
  return promise(told);
}
promise leave_closed(const std::string& directory, const rocksdb_options& options = small_options()) {
  promises told;
  REQUIRE(live_twice(directory, options, told) == "");
  return promise(told);
}

enum class answer : std::uint8_t { refused, prefix, whole };

/// Reads the log as it is. Whatever opens holds every event from the first to the anchored one at least, each as it was written.
answer read_damaged(const std::string& directory, const promise& p, std::uint64_t anchored) {
  auto log = open_log_for_reading(directory);
  if (!log) return answer::refused;
  auto read = read_quotes(**log, 1);
  if (!read) return answer::refused;
  REQUIRE(*read == (*log)->head().seq);
  REQUIRE(*read >= anchored);
  REQUIRE(*read <= p.offered);
  return *read < p.acknowledged ? answer::prefix : answer::whole;
}

std::string kind_of(const std::string& file) {
  for (const std::string kind : {"anchor", "seal", ".sst", ".log", "MANIFEST-", "CURRENT", "OPTIONS-", "IDENTITY", "content/", "snapshots/"})
    if (file.find(kind) != std::string::npos) return kind;
  return file;
}
// LOCK and lock are empty; an empty write-ahead log has no byte to damage.
bool has_bytes(const std::string& path) { return fs::file_size(path) > 0; }

void overwrite(const std::string& path, std::size_t at, std::string_view bytes) {
  std::fstream f(path, std::ios::binary | std::ios::in | std::ios::out);
  f.seekp(static_cast<std::streamoff>(at));
  f.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Calls look(file) with one bit of it flipped, byte after byte of every file, and puts each byte back.
template <class Look> void with_each_byte_changed(const std::string& log, Look look) {
  for (const auto& file : files_below(log)) {
    const auto path = log + "/" + file;
    const auto size = has_bytes(path) ? fs::file_size(path) : 0;
    const auto before = slurp(path);
    for (std::size_t at = 0; at < size; at += step_or(97)) {
      INFO(file << ", byte " << at);
      overwrite(path, at, std::string(1, static_cast<char>(before[at] ^ (1 << at % 8))));
      look(file);
      overwrite(path, at, before.substr(at, 1));
    }
  }
}

}  // namespace

TEST_CASE("any byte changed in a log that was killed: refused, or the very events that were acknowledged") {
  const fast_folder folder;
  const auto told = leave_killed(folder / "log", anchoring::before_acknowledgement, 20, 2);
  std::map<std::string, int> refused, harmless;
  with_each_byte_changed(folder / "log", [&](const std::string& file) {
    // Every acknowledged event is anchored: what opens has them all.
    const auto a = read_damaged(folder / "log", told, told.acknowledged);
    ++(a == answer::refused ? refused : harmless)[kind_of(file)];
  });
  for (const std::string kind : {".log", "MANIFEST-", "CURRENT", ".sst"}) {
    INFO(kind);
    CHECK(refused[kind] > 0);
  }
  CHECK(harmless[".log"] == 0);
  // One slot of the two may be damaged; the other is then the older, and events are there all the same.
  CHECK(harmless["anchor"] > 0);
}

TEST_CASE("any byte changed in a log that was closed is found by verifying it") {
  const fast_folder folder;
  (void)leave_closed(folder / "log");
  std::map<std::string, int> found;
  with_each_byte_changed(folder / "log", [&](const std::string& file) {
    REQUIRE_FALSE(verify_log(folder / "log", {}));
    ++found[kind_of(file)];
  });
  CHECK(verify_log(folder / "log", {}));
  for (const std::string kind : {"anchor", "seal", ".sst", ".log", "MANIFEST-", "CURRENT", "OPTIONS-", "IDENTITY", "content/", "snapshots/"}) {
    INFO(kind);
    CHECK(found[kind] > 0);
  }
}

TEST_CASE("any byte changed in an encrypted log that was closed is found by verifying it, with its keys and without") {
  const given_keys keys;
  const fast_folder folder;
  (void)leave_closed(folder / "log", encrypted_options());
  verify_options told;
  told.missing_keys = without_keys::told;
  for (const auto& text : {key_line(1, 1) + key_line(2, 2), std::string()}) {
    given_keys::set(text);
    std::map<std::string, int> found;
    with_each_byte_changed(folder / "log", [&](const std::string& file) {
      REQUIRE_FALSE(verify_log(folder / "log", told, {}));
      ++found[kind_of(file)];
    });
    CHECK(verify_log(folder / "log", told, {}));
    for (const std::string kind : {"encryption", "seal", ".sst", ".log", "content/", "snapshots/"}) {
      INFO(kind);
      CHECK(found[kind] > 0);
    }
  }
}

TEST_CASE("any file cut at any byte: a prefix down to the anchored event at least, or a refusal") {
  const fast_folder folder;
  const auto told = leave_killed(folder / "log", anchoring::periodic, 10, 1);
  const auto anchored = must(anchor::read(anchor_file(folder / "log"))).seq;
  REQUIRE(anchored < told.acknowledged);
  std::map<std::string, std::map<answer, int>> answers;
  for (const auto& file : files_below(folder / "log")) {
    const auto path = folder / ("log/" + file);
    const auto before = slurp(path);
    // Where a byte decides, every one is tried. Of the others any cut is alike: the file is read whole, or not at all.
    const auto kind = kind_of(file);
    const bool each = kind == ".log" || kind == "CURRENT";
    for (std::size_t size = 0; size < before.size(); size += each ? 1 : step_or(29)) {
      INFO(file << " cut to " << size << " of " << before.size() << " bytes");
      fs::resize_file(path, size);
      ++answers[kind][read_damaged(folder / "log", told, anchored)];
      spill(path, before);
    }
  }
  for (const std::string kind : {"anchor", ".log", "MANIFEST-", "CURRENT", ".sst"}) {
    INFO(kind);
    CHECK(answers[kind][answer::refused] > 0);
  }
  CHECK(answers[".log"][answer::prefix] > 0);
  // Manifests, tables and CURRENT never lose a tail in silence.
  for (const std::string kind : {"anchor", "MANIFEST-", "CURRENT", ".sst", "OPTIONS-", "IDENTITY"}) CHECK(answers[kind][answer::prefix] == 0);
}

TEST_CASE("a write-ahead log cut at a record's boundary opens as a prefix, and goes on from there") {
  const fast_folder folder;
  const auto told = leave_killed(folder / "log", anchoring::periodic, 10, 1);
  std::string wal;
  for (const auto& file : files_below(folder / "log"))
    if (file.ends_with(".log") && has_bytes(folder / ("log/" + file))) wal = file;
  REQUIRE_FALSE(wal.empty());
  const auto whole = fs::file_size(folder / ("log/" + wal));
  std::set<std::uint64_t> heads;
  for (std::size_t size = 0; size < whole; size += step_or(31)) {
    copy_folder(folder / "log", folder / "cut");
    fs::resize_file(folder / ("cut/" + wal), size);
    auto log = open_log_for_reading(folder / "cut");
    if (!log) continue;
    promise less = told;
    less.acknowledged = (*log)->head().seq;
    log->reset();
    INFO("cut to " << size << " of " << whole);
    heads.insert(less.acknowledged);
    REQUIRE(broken_after_crash(folder / "cut", less) == "");
  }
  CHECK(heads.size() > 4);
}

TEST_CASE("pages of 4 KiB zeroed, swapped or doubled are refused, or change nothing") {
  const fast_folder folder;
  const auto told = leave_killed(folder / "log", anchoring::before_acknowledgement, 40, 60);
  constexpr std::size_t page = 4096;
  int refused = 0, tried = 0;
  for (const auto& file : files_below(folder / "log")) {
    const auto path = folder / ("log/" + file);
    const auto before = slurp(path);
    for (std::size_t at = 0; at < before.size(); at += page) {
      const auto here = before.substr(at, page);
      const auto next = at + 2 * page <= before.size() ? before.substr(at + page, page) : std::string();
      std::vector<std::string> damaged{std::string(here.size(), '\0')};
      if (!next.empty()) {
        damaged.push_back(next + here);  // swapped
        damaged.push_back(here + here);  // written twice, the second time to the wrong place
      }
      for (const auto& d : damaged) {
        if (before.compare(at, d.size(), d) == 0) continue;
        INFO(file << ", page at " << at);
        overwrite(path, at, d);
        ++tried;
        refused += read_damaged(folder / "log", told, told.acknowledged) == answer::refused;
        overwrite(path, at, before.substr(at, d.size()));
      }
    }
  }
  CHECK(tried > 40);
  CHECK(refused > tried / 2);
}

TEST_CASE("any file deleted, or put back from an older copy: refused, or nothing is missing") {
  const fast_folder folder;
  (void)leave_closed(folder / "older");
  copy_folder(folder / "older", folder / "log");
  auto options = small_options();
  options.anchors = anchoring::before_acknowledgement;
  std::uint64_t acknowledged = 0;
  {
    auto log = must(open_log(folder / "log", options));
    acknowledged = extend(*log, 30, 2).seq;
    copy_folder(folder / "log", folder / "killed");
  }
  promise told;
  told.acknowledged = told.offered = acknowledged;
  std::map<std::string, int> refused;
  for (const auto& file : files_below(folder / "killed")) {
    copy_folder(folder / "killed", folder / "bad");
    fs::remove(folder / ("bad/" + file));
    INFO(file << " deleted");
    refused[kind_of(file)] += read_damaged(folder / "bad", told, acknowledged) == answer::refused;
    copy_folder(folder / "killed", folder / "bad");
    const auto kind = kind_of(file);
    const auto older = files_below(folder / "older");
    const auto same = std::find_if(older.begin(), older.end(), [&](const auto& f) { return f == file; });
    if (same == older.end() || kind == "anchor") continue;
    fs::copy_file(folder / ("older/" + file), folder / ("bad/" + file), fs::copy_options::overwrite_existing);
    INFO(file << " from an older copy");
    (void)read_damaged(folder / "bad", told, acknowledged);
  }
  for (const std::string kind : {"anchor", ".log", "MANIFEST-", "CURRENT", ".sst"}) {
    INFO(kind);
    CHECK(refused[kind] > 0);
  }
  // All rows from the older copy, under the newer anchor.
  copy_folder(folder / "killed", folder / "bad");
  copy_folder(folder / "older/rows", folder / "bad/rows");
  CHECK(read_damaged(folder / "bad", told, acknowledged) == answer::refused);
}

TEST_CASE("without the anchor's witness, a deleted write-ahead log is loss in silence, and the check says so") {
  const fast_folder folder;
  const auto told = leave_killed(folder / "log", anchoring::before_acknowledgement, 20, 2);
  for (const auto& file : files_below(folder / "log"))
    if (file.ends_with(".log")) fs::remove(folder / ("log/" + file));
  CHECK(broken_after_crash(folder / "log", told).find("does not open") == 0);
  // The anchor of a log that just begins knows of nothing: as if it were ignored.
  fs::remove(anchor_file(folder / "log"));
  { (void)must(anchor::create(anchor_file(folder / "log"))); }
  CHECK(broken_after_crash(folder / "log", told).find("acknowledged up to event") == 0);
}
