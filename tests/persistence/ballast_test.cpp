#include "persistence/ballast.hpp"

#include <sys/stat.h>

#include "persistence/rocksdb_log.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/small_disk.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

constexpr std::uint64_t mega = 1u << 20;

std::uint64_t taken_bytes(const std::string& path) {
  struct stat s {};
  return ::stat(path.c_str(), &s) == 0 ? static_cast<std::uint64_t>(s.st_blocks) * 512 : 0;
}

/// Appends groups until one is refused. The last event that was acknowledged.
std::uint64_t append_until_refused(event_log& log, error& why) {
  for (;;) {
    const auto head = log.head();
    const group_ref g = tests::group_of(head.seq + 1, 500, head.epoch);
    auto appended = log.append({&g, 1});
    if (appended) continue;
    why = appended.error();
    return head.seq;
  }
}

}  // namespace

TEST_CASE("ballast takes room really, is kept, made anew in another size, and given up") {
  tests::temporary_folder folder;
  const auto first = tests::must(keep_ballast(folder.path(), mega, 0));
  if (first == ballast_state::impossible) {
    WARN("skipped: this file system cannot reserve room");
    return;
  }
  CHECK(first == ballast_state::made);
  CHECK(taken_bytes(ballast_file(folder.path())) >= mega);
  CHECK(tests::must(keep_ballast(folder.path(), mega, 0)) == ballast_state::present);
  CHECK(tests::must(keep_ballast(folder.path(), 2 * mega, 0)) == ballast_state::made);
  CHECK(taken_bytes(ballast_file(folder.path())) >= 2 * mega);
  // A file that only says it is large is none.
  tests::spill(ballast_file(folder.path()), "");
  tests::fs::resize_file(ballast_file(folder.path()), mega);
  CHECK(tests::must(keep_ballast(folder.path(), mega, 0)) == ballast_state::made);
  CHECK(taken_bytes(ballast_file(folder.path())) >= mega);
  CHECK(tests::must(release_ballast(folder.path())) == mega);
  CHECK(tests::must(release_ballast(folder.path())) == 0);
  CHECK(tests::must(keep_ballast(folder.path(), 0, 0)) == ballast_state::none);
  CHECK_FALSE(tests::fs::exists(ballast_file(folder.path())));
  CHECK(tests::must(keep_ballast(folder.path(), mega, UINT64_MAX)) == ballast_state::no_room);
  CHECK(tests::must(keep_ballast(folder.path(), std::uint64_t{1} << 62, 0)) == ballast_state::no_room);
  CHECK(tests::files_below(folder.path()).empty());
}

TEST_CASE("a log has its ballast while it is open and closed, and its seal does not mind that it goes") {
  tests::temporary_folder folder;
  std::vector<std::string> told;
  rocksdb_options o;
  o.ballast_bytes = mega;
  o.tell = [&](const std::string& what) { told.push_back(what); };
  tests::extend(*tests::must(open_log(folder / "log", o)), 2, 10);
  if (!told.empty()) {
    WARN("skipped: " << told.front());
    return;
  }
  CHECK(taken_bytes(ballast_file(folder / "log")) >= mega);
  CHECK(tests::must(verify_log(folder / "log", {})).sealed);
  CHECK(tests::must(release_ballast(folder / "log")) == mega);
  CHECK(tests::must(verify_log(folder / "log", {})).sealed);
  // Without room it is told, and the log opens.
  o.ballast_bytes = std::uint64_t{1} << 60;
  CHECK(tests::extend(*tests::must(open_log(folder / "log", o)), 1, 1).seq == 21);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("no room for a ballast") != std::string::npos);
}

TEST_CASE("a full log names its ballast as the way out only where it is one") {
  tests::temporary_folder folder;
  rocksdb_options o;
  o.ballast_bytes = mega;
  tests::extend(*tests::must(open_log(folder / "log", o)), 1, 1);
  if (!tests::fs::exists(ballast_file(folder / "log"))) {
    WARN("skipped: no ballast here");
    return;
  }
  const auto available = tests::fs::space(folder.path()).available;
  auto refusal = [&](std::uint64_t free_bytes_min) {
    o.free_bytes_min = free_bytes_min;
    auto log = tests::must(open_log(folder / "log", o));
    const group_ref g = tests::group_of(2, 1, log->head().epoch);
    auto appended = log->append({&g, 1});
    REQUIRE_FALSE(appended);
    CHECK(appended.error().code == errc::log_full);
    return appended.error().message;
  };
  CHECK(refusal(available * 2).find("the ballast of 1048576 bytes alone is not enough") != std::string::npos);
  CHECK(refusal(available * 2).find("makes room at once") == std::string::npos);
  tests::must(release_ballast(folder / "log"));
  CHECK(refusal(available * 2).find("ballast") == std::string::npos);
}

TEST_CASE("a disk that fills up: refused before it is full, nothing lost; the ballast goes, and the log goes on") {
  const tests::small_disk disk(24 * mega);
  if (!disk.mounted()) return;
  rocksdb_options o;
  o.free_bytes_min = 2 * mega;
  o.ballast_bytes = 4 * mega;
  std::uint64_t acknowledged = 0;
  {
    auto log = tests::must(open_log(disk / "log", o));
    REQUIRE(taken_bytes(ballast_file(disk / "log")) >= o.ballast_bytes);
    tests::extend(*log, 5, 100);
    disk.fill_up_to(o.free_bytes_min + 100'000);
    error why;
    acknowledged = append_until_refused(*log, why);
    CHECK(why.code == errc::log_full);
    CHECK(policy_of(why.code) == error_policy::retry);
    CHECK(why.message.find("release-ballast") != std::string::npos);
    CHECK(acknowledged > 500);
    // RocksDB has not met the end of the disk, and nothing was half done.
    CHECK(disk.free_bytes() > mega);
    CHECK(log->head().seq == acknowledged);
    CHECK(tests::must(tests::read_quotes(*log, 1)) == acknowledged);
    CHECK(tests::must(release_ballast(disk / "log")) == o.ballast_bytes);
    acknowledged = tests::extend(*log, 5, 500).seq;
  }
  const auto report = tests::must(verify_log(disk / "log", {}));
  CHECK((report.sealed && report.head.seq == acknowledged));
  // No room for a ballast yet: the log opens without. With room again, it has one.
  { (void)tests::must(open_log(disk / "log", o)); }
  CHECK_FALSE(tests::fs::exists(ballast_file(disk / "log")));
  tests::fs::remove(disk / "somebody_else");
  { CHECK(tests::must(open_log(disk / "log", o))->head().seq == acknowledged); }
  CHECK(taken_bytes(ballast_file(disk / "log")) >= o.ballast_bytes);
}

TEST_CASE("a disk that is full to the last byte: the log halts, and what was acknowledged is there when there is room again") {
  for (const std::uint64_t left : {300'000u, 70'000u, 9'000u, 4'096u, 0u}) {
    const tests::small_disk disk(16 * mega);
    if (!disk.mounted()) return;
    INFO(left << " bytes left");
    rocksdb_options o;
    o.free_bytes_min = 0;  // the low-water mark is off: RocksDB meets the end of the disk
    std::uint64_t acknowledged = 0;
    {
      auto log = tests::must(open_log(disk / "log", o));
      tests::extend(*log, 5, 100);
      disk.fill_up_to(left);
      error why;
      acknowledged = append_until_refused(*log, why);
      CHECK(why.code == errc::log_io);
      CHECK(acknowledged >= 500);
      // Also with room again it accepts nothing more in this life: what the failed write left is not known.
      tests::fs::remove(disk / "somebody_else");
      const group_ref g = tests::group_of(acknowledged + 1, 1, log->head().epoch);
      auto again = log->append({&g, 1});
      REQUIRE_FALSE(again);
      CHECK(again.error().code == errc::log_io);
      CHECK(log->head().seq == acknowledged);
    }
    auto log = tests::must(open_log(disk / "log", o));
    CHECK(log->head().seq >= acknowledged);
    CHECK(log->head().seq <= acknowledged + 500);  // an error does not mean "not written"
    CHECK(tests::must(tests::read_quotes(*log, 1)) == log->head().seq);
    const auto end = tests::extend(*log, 3, 10).seq;
    log.reset();
    CHECK(tests::must(verify_log(disk / "log", {})).head.seq == end);
  }
}
