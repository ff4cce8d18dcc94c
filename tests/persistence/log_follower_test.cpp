#include "persistence/log_follower.hpp"

#include "persistence/rocksdb_log.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

/// The head that a look finds; nothing where it finds nothing new.
std::optional<log_head> looked(log_follower& f) {
  auto log = tests::must(f.look());
  if (!log) return std::nullopt;
  f.saw(log->head());
  return log->head();
}

}  // namespace

TEST_CASE("a log is followed beside its writer, over its close, and into the next writer's life") {
  tests::temporary_folder f;
  auto log = tests::must(open_log(f.path(), {}));
  auto head = tests::extend(*log, 3, 5);
  log_follower follower(f.path(), head);
  CHECK_FALSE(looked(follower));
  for (int round = 0; round < 5; ++round) {
    head = tests::extend(*log, 2, 5);
    const auto seen = looked(follower);
    REQUIRE(seen);
    CHECK(seen->seq == head.seq);
    CHECK(seen->chain_hash == head.chain_hash);
    CHECK_FALSE(looked(follower));
  }
  log.reset();  // sealed
  CHECK_FALSE(looked(follower));
  log = tests::must(open_log(f.path(), {}));
  CHECK_FALSE(looked(follower));
  head = tests::extend(*log, 1, 7);
  CHECK(looked(follower)->seq == head.seq);
  CHECK(tests::must(open_log_for_reading(f.path()))->head().seq == head.seq);
}

TEST_CASE("what has not changed is not opened again") {
  tests::temporary_folder f;
  auto log = tests::must(open_log(f.path(), {}));
  const auto head = tests::extend(*log, 3, 5);
  log.reset();
  log_follower follower(f.path(), head);
  CHECK_FALSE(looked(follower));
  // An opening would fail now, and be told in the end.
  const auto anchor = tests::slurp(anchor_file(f.path()));
  const auto changed = tests::fs::last_write_time(anchor_file(f.path()));
  tests::spill(anchor_file(f.path()), std::string(anchor.size(), 'x'));
  tests::fs::last_write_time(anchor_file(f.path()), changed);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(looked(follower));
}

TEST_CASE("another history is no continuation; damage and absence are told after a few tries") {
  tests::temporary_folder f;
  const auto directory = f / "log";
  auto log = tests::must(open_log(directory, {}));
  const auto head = tests::extend(*log, 4, 5);
  SECTION("rewritten") {
    log_follower follower(directory, head);
    log.reset();
    tests::fs::remove_all(directory);
    log = tests::must(open_log(directory, {}));
    tests::extend(*log, 9, 6);  // longer, and other groups
    const auto told = follower.look();
    REQUIRE_FALSE(told);
    CHECK(told.error().code == errc::log_corrupt);
    CHECK(told.error().message.find("another history") != std::string::npos);
  }
  SECTION("shorter") {
    log_follower follower(directory, head);
    log.reset();
    tests::fs::remove_all(directory);
    log = tests::must(open_log(directory, {}));
    tests::extend(*log, 1, 5);
    CHECK_FALSE(follower.look());
  }
  SECTION("gone") {
    log_follower follower(directory, head);
    log.reset();
    tests::fs::remove_all(directory);
    CHECK_FALSE(looked(follower));
    CHECK_FALSE(looked(follower));
    const auto told = follower.look();
    REQUIRE_FALSE(told);
    CHECK(told.error().code == errc::file_unreadable);
  }
  SECTION("away for a moment") {
    log_follower follower(directory, head);
    const auto longer = tests::extend(*log, 1, 5);
    log.reset();
    // Failures count only where they come one after the other.
    for (int round = 0; round < 3; ++round) {
      tests::fs::rename(directory, f / "aside");
      CHECK_FALSE(looked(follower));
      CHECK_FALSE(looked(follower));
      tests::fs::rename(f / "aside", directory);
      const auto seen = looked(follower);
      CHECK(seen.has_value() == (round == 0));
      if (seen) CHECK(seen->seq == longer.seq);
    }
  }
}
