// Backups: taken beside the writer, added to, checked, restored to a point; and what a crash or a cancellation leaves at every step.
#include "persistence/backup.hpp"

#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/segment.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

/// Small segments, so that a backup of few events has several.
backup_options small() { return {{1'700'000'000'000'000'000}, 200}; }

log_head grow(const std::string& directory, std::uint64_t groups, std::uint64_t count) { return extend(*must(open_log(directory, {})), groups, count); }

void check_same(const std::string& log, const log_head& head) {
  const auto verified = must(verify_log(log, {}));
  CHECK(verified.head.seq == head.seq);
  CHECK(verified.head.chain_hash == head.chain_hash);
  CHECK(verified.sealed);
  CHECK(must(read_quotes(*must(open_log_for_reading(log)), 1)) == head.seq);
}

errc refusal_of(const result<backup_report>& r) {
  REQUIRE_FALSE(r);
  INFO(r.error().message);
  return r.error().code;
}

}  // namespace

TEST_CASE("a backup is taken beside the writer, a second one adds what is new, and each restores to the log as it was") {
  temporary_folder f;
  auto log = must(open_log(f / "log", {}));
  const auto contents = content_store(f / "log");
  const auto one = must(contents.put("configuration one"));
  const auto early = extend(*log, 20, 3);

  const auto first = must(backup_log(f / "log", f / "backup", small(), {}));
  CHECK(first.head == log_head{60, 1, early.chain_hash});
  CHECK(first.before == 0);
  CHECK(first.segments > 3);
  CHECK(first.segments_new == first.segments);
  CHECK(first.contents == 1);
  const auto kept = fingerprint(segments_folder(f / "backup"));
  CHECK_FALSE(fs::exists(f / "backup/unfinished"));
  must(restore_log(f / "backup", f / "early", {}, {}));
  check_same(f / "early", early);

  const auto two = must(contents.put("configuration two"));
  const auto late = extend(*log, 15, 4);
  const auto second = must(backup_log(f / "log", f / "backup", small(), {}));
  CHECK(second.before == 60);
  CHECK(second.head.seq == 120);
  CHECK(second.contents_new == 1);
  CHECK(second.segments == first.segments + second.segments_new);
  for (const auto& [path, size_and_time] : kept)
    if (path.ends_with(segment_suffix)) CHECK(fingerprint(segments_folder(f / "backup")).at(path) == size_and_time);
  CHECK(must(verify_backup(f / "backup", {})).head == second.head);

  const auto nothing_new = must(backup_log(f / "log", f / "backup", small(), {}));
  CHECK(nothing_new.segments_new == 0);
  CHECK(nothing_new.bytes_new == 0);
  CHECK(nothing_new.head == second.head);

  CHECK(must(restore_log(f / "backup", f / "late", {}, {})) == second.head);
  check_same(f / "late", late);
  CHECK(must(content_store(f / "late").get(one)) == "configuration one");
  CHECK(must(content_store(f / "late").get(two)) == "configuration two");
  CHECK(grow(f / "late", 2, 2).seq == 124);
  must(verify_log(f / "late", {}));
}

TEST_CASE("a restored log ends with the last group that ends by the point that was asked for") {
  temporary_folder f;
  grow(f / "log", 6, 4);
  must(backup_log(f / "log", f / "backup", small(), {}));
  const auto restored = [&](const restore_point& p) {
    fs::remove_all(f / "to");
    return restore_log(f / "backup", f / "to", p, {});
  };
  for (std::uint64_t seq = 4; seq <= 24; ++seq) {
    const auto head = must(restored({seq, {}}));
    CHECK(head.seq == seq / 4 * 4);
    // The event of seq n is of n milliseconds.
    CHECK(must(restored({{}, timestamp{static_cast<std::int64_t>(seq) * 1'000'000}})) == head);
    CHECK(must(restored({{}, timestamp{static_cast<std::int64_t>(seq) * 1'000'000 + 999'999}})) == head);
  }
  check_same(f / "to", must(restored({})));
  CHECK(must(restored({{}, timestamp{INT64_MAX}})).seq == 24);
  for (const auto& p :
       {restore_point{0, {}}, restore_point{3, {}}, restore_point{25, {}}, restore_point{{}, timestamp{0}}, restore_point{{}, timestamp{3'999'999}}}) {
    const auto r = restored(p);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::invalid_argument);
    CHECK_FALSE(fs::exists(f / "to"));
  }
  fs::create_directory(f / "mine");
  spill(f / "mine/file", "mine");
  CHECK(restore_log(f / "backup", f / "mine", {}, {}).error().code == errc::invalid_argument);
  CHECK(slurp(f / "mine/file") == "mine");
  CHECK(restore_log(f / "log", f / "to", {}, {}).error().code == errc::file_unreadable);
  CHECK(restore_log(f / "backup", f / "backup/log", {}, {}).error().code == errc::invalid_argument);
}

TEST_CASE("a backup of another history, and a folder that is none, are refused and stay as they are") {
  temporary_folder f;
  grow(f / "log", 20, 3);
  must(backup_log(f / "log", f / "backup", small(), {}));
  const auto before = fingerprint(f / "backup");
  const auto unchanged = [&] {
    auto now = fingerprint(f / "backup");
    return now == before;
  };
  SECTION("a longer log of other events") {
    grow(f / "other", 40, 2);
    CHECK(refusal_of(backup_log(f / "other", f / "backup", small(), {})) == errc::log_corrupt);
    CHECK(check_backup_of(f / "other", f / "backup").error().code == errc::log_corrupt);
    must(check_backup_of(f / "log", f / "backup"));
  }
  SECTION("a log of the same groups and another epoch") {
    (void)must(open_log(f / "other", {}));
    grow(f / "other", 25, 3);
    CHECK(refusal_of(backup_log(f / "other", f / "backup", small(), {})) == errc::log_corrupt);
  }
  SECTION("a log that ends where the backup does, with another hash") {
    grow(f / "other", 30, 2);
    CHECK(refusal_of(backup_log(f / "other", f / "backup", small(), {})) == errc::log_corrupt);
  }
  SECTION("a log that ends before the backup does") {
    must(restore_log(f / "backup", f / "older", {30, {}}, {}));
    CHECK(refusal_of(backup_log(f / "older", f / "backup", small(), {})) == errc::log_corrupt);
  }
  SECTION("places that are something else") {
    fs::create_directory(f / "mine");
    spill(f / "mine/content", "mine");
    CHECK(refusal_of(backup_log(f / "log", f / "mine", small(), {})) == errc::invalid_argument);
    CHECK(files_below(f / "mine") == std::vector<std::string>{"content"});
    CHECK(refusal_of(backup_log(f / "log", f / "log/backup", small(), {})) == errc::invalid_argument);
    CHECK(refusal_of(backup_log(f / "log", f / "log", small(), {})) == errc::invalid_argument);
    CHECK(refusal_of(backup_log(f / "log", f / "mine/content", small(), {})) == errc::invalid_argument);
    fs::create_directory_symlink(f / "log", f / "link");
    CHECK(refusal_of(backup_log(f / "log", f / "link/backup", small(), {})) == errc::invalid_argument);
  }
  SECTION("a log with no events, or none at all") {
    (void)must(open_log(f / "empty", {}));
    CHECK(refusal_of(backup_log(f / "empty", f / "new", small(), {})) == errc::invalid_argument);
    CHECK(refusal_of(backup_log(f / "none", f / "new", small(), {})) == errc::file_unreadable);
    CHECK_FALSE(fs::exists(f / "new"));
  }
  CHECK(unchanged());
  must(verify_backup(f / "backup", {}));
}

TEST_CASE("every bit of a backup has a witness") {
  temporary_folder f;
  const auto contents = content_store(f / "log");
  must(make_folder(f / "log"));
  grow(f / "log", 8, 3);
  must(contents.put("a configuration"));
  must(backup_log(f / "log", f / "backup", small(), {}));
  must(verify_backup(f / "backup", {}));
  std::size_t checked = 0;
  for (const auto& file : files_below(f / "backup")) {
    if (file == "lock") continue;
    const auto path = f / ("backup/" + file);
    const auto size = fs::file_size(path);
    for (std::size_t at = 0; at<size; at += size> 2000 ? 7 : 1, ++checked) {
      flip_bit(path, at, static_cast<unsigned>(at % 8));
      INFO(file << " offset " << at);
      REQUIRE_FALSE(verify_backup(f / "backup", {}));
      flip_bit(path, at, static_cast<unsigned>(at % 8));
    }
    const auto whole = slurp(path);
    spill(path, std::string_view(whole).substr(0, whole.size() - 1));
    CHECK_FALSE(verify_backup(f / "backup", {}));
    fs::remove(path);
    CHECK_FALSE(verify_backup(f / "backup", {}));
    spill(path, whole);
  }
  CHECK(checked > 1500);
  must(verify_backup(f / "backup", {}));

  SECTION("and a restore of a damaged one makes no log") {
    const auto segment = files_below(segments_folder(f / "backup")).back();
    flip_bit(segments_folder(f / "backup") + "/" + segment, 300, 1);
    CHECK_FALSE(restore_log(f / "backup", f / "to", {}, {}));
    CHECK_FALSE(fs::exists(f / "to"));
  }
  SECTION("and a manifest of another backup is refused") {
    grow(f / "log", 5, 2);
    must(backup_log(f / "log", f / "later", small(), {}));
    fs::copy_file(manifest_file(f / "later"), manifest_file(f / "backup"), fs::copy_options::overwrite_existing);
    CHECK_FALSE(verify_backup(f / "backup", {}));
  }
}

TEST_CASE("cancelled at every step, a backup is what it was, or one that is whole up to an earlier event, or not there") {
  temporary_folder f;
  must(content_store(f / "log").put("a configuration"));
  grow(f / "log", 12, 3);
  const bool second = GENERATE(false, true);
  const auto begin = [&] {
    fs::remove_all(f / "backup");
    if (second) fs::copy(f / "first", f / "backup", fs::copy_options::recursive);
  };
  if (second) {
    must(backup_log(f / "log", f / "first", small(), {}));
    grow(f / "log", 12, 3);
    must(content_store(f / "log").put("another configuration"));
  }
  begin();
  int steps = 0;
  must(backup_log(f / "log", f / "backup", small(), [&](std::uint64_t) { return ++steps > 0; }));
  REQUIRE(steps > 12);
  for (int at = 1; at <= steps; ++at) {
    begin();
    int left = at;
    const auto r = backup_log(f / "log", f / "backup", small(), [&](std::uint64_t) { return --left > 0; });
    CHECK(refusal_of(r) == errc::cancelled);
    const auto found = verify_backup(f / "backup", {});
    if (found) CHECK(found->head.seq >= (second ? 36u : 1u));
    else CHECK_FALSE(fs::exists(f / "backup"));
    CHECK((found || !second));
    must(backup_log(f / "log", f / "backup", small(), {}));
    CHECK(must(verify_backup(f / "backup", {})).head.seq == (second ? 72 : 36));
  }
}

// What is on the disk at each step is what a crash there would leave.
TEST_CASE("after a crash at every step the backup is whole up to what its manifest says, and goes on") {
  temporary_folder f;
  must(content_store(f / "log").put("a configuration"));
  const auto head = grow(f / "log", 15, 3);
  int step = 0;
  must(backup_log(f / "log", f / "backup", small(), [&](std::uint64_t) {
    copy_folder(f / "backup", f / ("crash" + std::to_string(++step)));
    return true;
  }));
  int unfinished = 0, whole = 0;
  for (; step > 0; --step) {
    const auto crashed = f / ("crash" + std::to_string(step));
    const auto found = verify_backup(crashed, {});
    ++(found ? whole : unfinished);
    if (!found) CHECK(found.error().message.find("not whole") != std::string::npos);
    must(backup_log(f / "log", crashed, small(), {}));
    const auto done = must(verify_backup(crashed, {}));
    CHECK(done.head.chain_hash == head.chain_hash);
    // Nothing is left of what the crash left.
    CHECK(must(segments_in(segments_folder(crashed))).size() == done.segments);
    for (const auto& file : files_below(crashed)) CHECK_FALSE(file.ends_with(".new"));
    must(restore_log(crashed, f / "to", {}, {}));
    check_same(f / "to", head);
    fs::remove_all(f / "to");
  }
  CHECK(unfinished > 0);
  CHECK(whole > 0);
}

TEST_CASE("after a crash at every step of a restore there is no log, and the next one makes it") {
  temporary_folder f;
  const auto head = grow(f / "log", 10, 3);
  must(backup_log(f / "log", f / "backup", small(), {}));
  fs::create_directory(f / "in");
  int step = 0;
  must(restore_log(f / "backup", f / "in/to", {}, [&](std::uint64_t) {
    copy_folder(f / "in", f / ("crash" + std::to_string(++step)));
    return true;
  }));
  REQUIRE(step > 10);
  for (; step > 0; --step) {
    const auto crashed = f / ("crash" + std::to_string(step));
    CHECK_FALSE(fs::exists(crashed + "/to"));
    must(restore_log(f / "backup", crashed + "/to", {}, {}));
    check_same(crashed + "/to", head);
    CHECK(std::distance(fs::directory_iterator(crashed), fs::directory_iterator()) == 1);
  }
}

TEST_CASE("a segment of another generation, whole in itself, makes no log") {
  temporary_folder f;
  grow(f / "log", 30, 3);
  must(backup_log(f / "log", f / "backup", {{}, 1 << 20}, {}));
  const auto segments = segments_folder(f / "backup");
  REQUIRE(files_below(segments).size() == 1);
  const auto path = segments + "/" + files_below(segments).front();
  // Its beginning, as an earlier backup had it.
  must(restore_log(f / "backup", f / "early", {30, {}}, {}));
  must(backup_log(f / "early", f / "earlier", {{}, 1 << 20}, {}));
  fs::copy_file(segments_folder(f / "earlier") + "/" + files_below(segments_folder(f / "earlier")).front(), path, fs::copy_options::overwrite_existing);
  must(verify_segment(path));
  for (const auto& point : {restore_point{}, restore_point{60, {}}, restore_point{20, {}}, restore_point{{}, timestamp{60'000'000}}}) {
    const auto r = restore_log(f / "backup", f / "to", point, {});
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::log_corrupt);
    CHECK(r.error().message.find("the manifest says") != std::string::npos);
    CHECK_FALSE(fs::exists(f / "to"));
  }
  CHECK_FALSE(verify_backup(f / "backup", {}));
}

TEST_CASE("nothing is added to a backup that lacks a file, or has one of another size") {
  temporary_folder f;
  must(content_store(f / "log").put("a configuration"));
  grow(f / "log", 20, 3);
  must(backup_log(f / "log", f / "backup", small(), {}));
  grow(f / "log", 5, 3);
  for (const auto& file : files_below(f / "backup")) {
    if (!file.starts_with("segments/") && !file.starts_with("content/")) continue;
    const auto path = f / ("backup/" + file);
    const auto whole = slurp(path);
    INFO(file);
    for (const bool gone : {true, false}) {
      fs::remove(path);
      if (!gone) spill(path, std::string_view(whole).substr(1));
      const auto before = fingerprint(f / "backup");
      const auto r = backup_log(f / "log", f / "backup", small(), {});
      CHECK(refusal_of(r) == errc::log_corrupt);
      CHECK(r.error().message.find(path) != std::string::npos);
      CHECK(fingerprint(f / "backup") == before);
    }
    spill(path, whole);
  }
  must(backup_log(f / "log", f / "backup", small(), {}));
  must(verify_backup(f / "backup", {}));
}

TEST_CASE("a first backup that was killed before it had its mark is begun again") {
  temporary_folder f;
  grow(f / "log", 5, 3);
  for (const auto& left : {std::vector<std::string>{"lock"}, std::vector<std::string>{"lock", "unfinished.7-3.new"}}) {
    fs::create_directory(f / "backup");
    for (const auto& name : left) spill(f / ("backup/" + name), name == "lock" ? "" : "a bac");
    must(backup_log(f / "log", f / "backup", small(), {}));
    CHECK(must(verify_backup(f / "backup", {})).head.seq == 15);
    for (const auto& file : files_below(f / "backup")) CHECK_FALSE(file.ends_with(".new"));
    fs::remove_all(f / "backup");
  }
  // What somebody else put there is not ours.
  for (const std::string left : {"unfinished.new", "unfinished.a-1.new", "locked", "lock/file"}) {
    const auto path = f / ("backup/" + left);
    fs::create_directories(fs::path(path).parent_path());
    spill(path, "mine");
    CHECK(refusal_of(backup_log(f / "log", f / "backup", small(), {})) == errc::invalid_argument);
    fs::remove_all(f / "backup");
  }
}
