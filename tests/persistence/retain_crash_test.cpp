// Retention cut off between its steps, on logs that crashed, and beside readers.
#include "persistence/anchor.hpp"
#include "persistence/retain.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/retained_log.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

TEST_CASE("a crash between any two steps of retention leaves a log that opens, and the next call completes it") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 600, 10);
  archive_all(log, 50'000);
  const auto rows_before = rows_bytes(log);
  // What lies on the disk before each step is what a crash there leaves.
  std::vector<std::pair<std::string, std::string>> crashes;
  must(retain(log, 4'001, [&](std::string_view step, std::uint64_t seq) {
    if (seq != 0) return true;
    const auto copy = folder / ("crash" + std::to_string(crashes.size()));
    copy_folder(log, copy);
    crashes.emplace_back(step, copy);
    return true;
  }));
  crashes.emplace_back("the end", log);
  std::vector<std::string> steps;
  bool based = false;
  for (const auto& [step, copy] : crashes) {
    INFO("before " << step);
    steps.push_back(step);
    based = based || step == "dropping tables";
    CHECK(must(read_base(copy)).first_seq == (based ? 4'001 : 1));
    check_reads_as_before(copy, 6'000, 10);
    CHECK(firsts_of_rows(copy, 1).size() == 600);
    CHECK(must(verify_log(copy, {})).events == 6'000);
    const auto archive = copy + "/archive";
    {
      // Behaves as retained from the base on, whatever rows are still there; and before it as if nothing had been.
      fs::rename(archive, copy + "/away");
      const auto read = must(open_log_for_reading(copy));
      CHECK(read->first_seq() == (based ? 4'001 : 1));
      CHECK(must(groups_from(*read, 4'001, direction::forward)).size() == 200);
      const auto whole = groups_from(*read, 1, direction::forward);
      CHECK(static_cast<bool>(whole) == !based);
      if (based) CHECK(whole.error().code == errc::log_archived);
      CHECK(must(verify_log(copy, {})).first_seq == (based ? 4'001 : 1));
      fs::rename(copy + "/away", archive);
    }
    // A writer may come in between.
    const auto written = copy + ".written";
    copy_folder(copy, written);
    {
      auto w = must(open_log(written, {}));
      extend(*w, 3, 10);
    }
    check_reads_as_before(written, 6'030, 10);
    for (const auto& left : {copy, written}) {
      CHECK(must(retain(left, 4'001)).base == 4'001);
      CHECK(must(verify_log(left, {})).sealed);
      check_reads_as_before(left, left == written ? 6'030 : 6'000, 10);
      CHECK(rows_bytes(left) < rows_before);
    }
  }
  CHECK(steps == std::vector<std::string>{"checking", "breaking the seal", "anchoring", "writing the base", "dropping tables", "dropping rows", "compacting",
                                          "sealing", "the end"});
}

TEST_CASE("retention that is cancelled at any step leaves a log that opens") {
  const temporary_folder folder;
  const auto origin = folder / "origin";
  make_quotes(origin, 60, 10);
  archive_all(origin);
  for (int allowed = 0;; ++allowed) {
    const auto log = folder / "log";
    copy_folder(origin, log);
    int calls = 0;
    const auto stopped = retain(log, 401, [&](std::string_view, std::uint64_t) { return calls++ < allowed; });
    if (stopped) break;
    INFO("after " << allowed << " calls");
    REQUIRE(stopped.error().code == errc::cancelled);
    must(verify_log(log, {}));
    REQUIRE(must(retain(log, 401)).base == 401);
    REQUIRE(must(verify_log(log, {})).events == 600);
  }
}

TEST_CASE("the anchor of a crashed log is brought behind the base") {
  const temporary_folder folder;
  const auto log = folder / "log";
  {
    auto w = must(open_log(folder / "live", {}));
    extend(*w, 40, 10);
    copy_folder(folder / "live", log);  // what a kill leaves: anchored at the first commit, and not since
  }
  REQUIRE(must(anchor::read(anchor_file(log))).seq == 10);
  archive_all(log);
  must(retain(log, 301));
  CHECK(must(anchor::read(anchor_file(log))).seq == 400);
  fs::rename(log + "/archive", folder / "away");
  // Nothing that opening needs lies before the base.
  CHECK(must(verify_log(log, {})).first_seq == 301);
  CHECK(extend(*must(open_log(log, {})), 1, 10).seq == 410);
  CHECK(must(verify_log(log, {})).events == 110);
}

TEST_CASE("who reads a log while it is retained reads on") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 500, 10);
  archive_all(log, 1 << 20);
  const auto reader = must(open_log_for_reading(log));
  auto scan = must(reader->scan(1));
  must(scan->next());
  must(retain(log, 4'001));
  std::uint64_t last = 0;
  for (;;) {
    const auto g = must(scan->next());
    if (!g) break;
    last = g->last_seq();
  }
  CHECK(last == 5'000);
  CHECK(must(groups_from(*reader, 1, direction::forward)).size() == 500);
}

TEST_CASE("retention that was cut off is completed only where the archive still holds the rows that are left") {
  const temporary_folder folder;
  const auto log = folder / "log", left = folder / "left";
  make_quotes(log, 600, 10);
  archive_all(log, 25'000);
  const auto stopped = retain(log, 4'001, [](std::string_view step, std::uint64_t) { return step != "dropping tables"; });
  REQUIRE(stopped.error().code == errc::cancelled);
  REQUIRE(must(read_base(log)).first_seq == 4'001);
  for (const std::uint64_t from : {std::uint64_t{1}, std::uint64_t{4'001}, std::uint64_t{5'001}}) {
    INFO("from event " << from);
    copy_folder(log, left);
    // The rows are the last copy of events 1 to 4,000.
    fs::remove_all(folder / "away");
    fs::rename(left + "/archive", folder / "away");
    const auto before = fingerprint(left);
    const auto refused = retain(left, from);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::retention_refused);
    CHECK(refused.error().message.find("events from 1 to") != std::string::npos);
    CHECK(fingerprint(left) == before);
    // Segments of a part of them are not enough.
    fs::create_directories(left + "/archive");
    const auto all = must(segments_in(folder / "away"));
    REQUIRE(all.size() > 3);
    for (std::size_t i = 1; i < all.size(); ++i) fs::copy(all[i].path, left + "/archive");
    CHECK(retain(left, from).error().code == errc::retention_refused);
    fs::copy(all[0].path, left + "/archive");
    CHECK(must(retain(left, from)).base == std::max<std::uint64_t>(from, 4'001));
    check_reads_as_before(left, 6'000, 10);
    // And when they have gone, the archive is no longer asked for.
    fs::remove_all(left + "/archive");
    CHECK(must(retain(left, 1)).base == std::max<std::uint64_t>(from, 4'001));
  }
}
