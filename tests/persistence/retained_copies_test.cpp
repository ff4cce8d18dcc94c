// Copies of a log whose early events lie in its archive: they hold all events, or carry the archive with them.
#include "persistence/backup.hpp"
#include "persistence/checkpoint.hpp"
#include "persistence/repair.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/retained_log.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

log_head make_retained(const std::string& log) {
  make_quotes(log, 100, 10);
  archive_all(log, 1 << 13);
  must(retain(log, 601));
  return must(open_log_for_reading(log))->head();
}

}  // namespace

TEST_CASE("a backup of a retained log has all its events, and one that was begun before goes on") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 50, 10);
  CHECK(must(backup_log(log, folder / "early", {}, {})).head.seq == 500);
  {
    auto w = must(open_log(log, {}));
    extend(*w, 50, 10);
  }
  archive_all(log);
  must(retain(log, 901));
  const auto head = must(open_log_for_reading(log))->head();
  for (const auto* name : {"early", "late"}) {
    INFO(name);
    CHECK(must(backup_log(log, folder / name, {}, {})).head.seq == 1'000);
    const auto restored = folder / (std::string(name) + "-restored");
    must(restore_log(folder / name, restored, {}, {}));
    CHECK_FALSE(fs::exists(base_file(restored)));
    CHECK(must(open_log_for_reading(restored))->head().chain_hash == head.chain_hash);
    check_reads_as_before(restored, 1'000, 10);
  }
}

TEST_CASE("a checkpoint of a retained log carries its base and its archive") {
  const temporary_folder folder;
  const auto log = folder / "log", copy = folder / "copy";
  make_retained(log);
  must(checkpoint_log(log, copy, {}));
  CHECK(must(read_base(copy)) == must(read_base(log)));
  check_reads_as_before(copy, 1'000, 10);
  CHECK(must(verify_log(copy, {})).events == 1'000);
  CHECK(must(verify_log(log, {})).events == 1'000);
  // With its segments elsewhere it is copied as it is.
  fs::rename(log + "/archive", folder / "away");
  must(checkpoint_log(log, folder / "second", {}));
  CHECK(must(verify_log(folder / "second", {})).first_seq == 601);
}

TEST_CASE("repair of a retained log begins with its archive") {
  const temporary_folder folder;
  const auto log = folder / "log";
  const auto head = make_retained(log);
  const auto good = must(repair_log(log, folder / "good", {}));
  CHECK(good.nothing_dropped());
  CHECK(good.head.chain_hash == head.chain_hash);
  CHECK_FALSE(fs::exists(base_file(folder / "good")));
  check_reads_as_before(folder / "good", 1'000, 10);

  // A damaged segment is where a copy ends, and what lies behind it is counted.
  const auto all = must(segments_in(log + "/archive"));
  REQUIRE(all.size() > 2);
  const auto whole = slurp(all[1].path);
  flip_bit(all[1].path, whole.size() / 2, 4);
  const auto damaged = must(repair_log(log, folder / "damaged", {}));
  CHECK(damaged.damage.find(all[1].path) != std::string::npos);
  CHECK(damaged.head.seq >= all[0].last_seq);
  CHECK(damaged.head.seq < all[1].last_seq);
  CHECK(damaged.behind.first_seq == 601);
  CHECK(damaged.behind.last_seq == 1'000);
  must(verify_log(folder / "damaged", {}));
  spill(all[1].path, whole);

  fs::remove(all[0].path);
  const auto without = repair_log(log, folder / "without", {});
  REQUIRE_FALSE(without);
  CHECK(without.error().code == errc::log_archived);
  CHECK_FALSE(fs::exists(folder / "without"));
}

TEST_CASE("repair of a log whose retention was cut off goes by its rows where the archive is elsewhere, or damaged") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 100, 10);
  archive_all(log, 1 << 13);
  REQUIRE(retain(log, 601, [](std::string_view step, std::uint64_t) { return step != "dropping tables"; }).error().code == errc::cancelled);
  const auto head = must(open_log_for_reading(log))->head();
  const auto check_whole = [&](const std::string& copy) {
    const auto r = must(repair_log(log, copy, {}));
    CHECK(r.head.chain_hash == head.chain_hash);
    CHECK(r.last_dropped() == 1'000);
    check_reads_as_before(copy, 1'000, 10);
  };
  check_whole(folder / "with");
  const auto all = must(segments_in(log + "/archive"));
  flip_bit(all[0].path, fs::file_size(all[0].path) / 2, 4);
  check_whole(folder / "damaged");
  fs::rename(log + "/archive", folder / "away");
  check_whole(folder / "without");
}
