// Archiving, retaining and copying a log, cut off before each operation on the disk, in each way a crash can leave them: no event is missing from rows and
// archive together, and the next call completes it. And: nothing leaves a log that the log can still lose.
#include <fcntl.h>

#include "persistence/anchor.hpp"
#include "persistence/archive.hpp"
#include "persistence/archiver.hpp"
#include "persistence/backup.hpp"
#include "persistence/base.hpp"
#include "persistence/checkpoint.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/log_export.hpp"
#include "persistence/retain.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "tests/crash/crash_states.hpp"
#include "tests/crash/fast_folder.hpp"
#include "tests/crash/workload.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::persistence;

namespace {

constexpr std::uint64_t events = 60, base_wanted = 41;
const snapshot_key host{"risk_management/risk", 1, 1, 7};

using states = std::map<disk_image, std::string>;

/// Sixty events in groups of five; a content, and a snapshot behind event 40.
void make(const std::string& directory) {
  for (int life = 0; life < 2; ++life) {
    auto log = must(open_log(directory, small_options()));
    if (life == 0) {
      must(content_store(directory).put("a configuration"));
      extend(*log, 5, 5);
      continue;
    }
    extend(*log, 7, 5);
    must(snapshot_store(directory).put({host, 50, 50, log->head(), "a state"}));
  }
}

void archive_in_pieces(const std::string& directory) {
  archive_options o;
  o.segment_bytes = segment_bytes_min;
  must(archive_log(directory, o, {}));
}

result<retain_report> retain(const std::string& directory) {
  retain_options o;
  o.from_seq = base_wanted;
  return retain_log(directory, o, {});
}

/// Rows and archive together are all of the log, as it lies and for a writer; empty, or what is broken.
std::string broken_log(const std::string& directory) {
  auto log = open_log_for_reading(directory);
  if (!log) return "cannot be read: " + log.error().message;
  if ((*log)->head().seq != events) return "the log ends at event " + std::to_string((*log)->head().seq);
  if ((*log)->first_seq() != 1) return "the log begins at event " + std::to_string((*log)->first_seq());
  auto read = read_quotes(**log, 1);
  if (!read) return "reading: " + read.error().message;
  if (*read != events) return "read up to event " + std::to_string(*read);
  auto report = verify_log(directory, {});
  if (!report) return "does not verify: " + report.error().message;
  return report->events == events ? "" : "verified " + std::to_string(report->events) + " events";
}

constexpr std::string_view at_the_end = "at the end, ";

/// `next` completes what was cut off, and the log is whole before and after; where it had returned, `done` holds of what is left. The log is `disk/log`.
template <class Next, class Done> std::string first_broken(const states& found, Next next, Done done) {
  const fast_folder folder;
  for (const auto& [image, where] : found) {
    image.restore(folder / "disk");
    const auto log = folder / "disk/log";
    auto broken = broken_log(log);
    if (broken.empty() && where.starts_with(at_the_end) && !done(folder / "disk")) broken = "what was done is gone";
    if (broken.empty()) broken = next(folder / "disk");
    if (broken.empty()) broken = broken_log(log);
    if (!broken.empty()) return where + ": " + broken;
  }
  return {};
}

template <class Prepare, class What> states states_of(disk_lie lie, std::uint64_t& points, Prepare prepare, What what) {
  const fast_folder folder;
  prepare(folder / "disk/log");
  simulated_disk disk(folder / "disk", lie);
  states found;
  points = each_crash_state(
      disk, [&](disk_image image, std::string where) { found.try_emplace(std::move(image), std::move(where)); }, [&] { what(folder / "disk"); });
  for (const auto s : survivals) found.insert_or_assign(disk.image(s), std::string(at_the_end) + std::string(name_of(s)));
  return found;
}

/// What is left where one operation on the disk fails, for every one of them: as the process leaves it, and after a power cut as well. `what` says whether it
/// was told to have worked.
template <class Prepare, class What> states states_of_failures(std::uint64_t& operations, Prepare prepare, What what) {
  const fast_folder folder;
  prepare(folder / "disk/log");
  const auto before = disk_image::of(folder / "disk");
  states found;
  for (operations = 1;; ++operations) {
    before.restore(folder / "disk");
    simulated_disk disk(folder / "disk");
    bool worked = false;
    {
      const on_disk lies(disk);
      disk.fail_at(operations, operations % 2 == 0);
      worked = what(folder / "disk");
    }
    if (disk.failed().empty()) return found;
    const auto where = (worked ? std::string(at_the_end) : std::string()) + "operation " + std::to_string(operations) + " failed (" + disk.failed() + "), ";
    for (const auto s : {survival::all_written, survival::entries_too}) found.try_emplace(disk.image(s), where + std::string(name_of(s)));
  }
}

bool archived(const std::string& disk) {
  const auto here = archived_from(disk + "/log/archive", {events + 1, {}});
  return here && *here == 1;
}
bool retained(const std::string& disk) {
  const auto base = read_base(disk + "/log");
  return base && base->first_seq == base_wanted;
}
bool copied(const std::string& disk) { return log_exists(disk + "/copy"); }

std::string archive_again(const std::string& disk) {
  auto done = archive_log(disk + "/log", {}, {});
  if (!done) return "archiving again: " + done.error().message;
  if (done->to_seq != events) return "archived again up to event " + std::to_string(done->to_seq);
  // Segments alone are the whole log.
  return archived(disk) ? "" : "the archive has a gap";
}

std::string retain_again(const std::string& disk) {
  auto done = retain(disk + "/log");
  if (!done) return "retaining again: " + done.error().message;
  if (done->base != base_wanted) return "retained from event " + std::to_string(done->base);
  return retained(disk) ? "" : "the base is another";
}

std::string checkpoint_again(const std::string& disk) {
  const auto copy = disk + "/copy";
  if (log_exists(copy)) {
    // It has its name, so it is whole.
    if (auto broken = broken_log(copy); !broken.empty()) return "the copy: " + broken;
    return {};
  }
  auto done = checkpoint_log(disk + "/log", copy, {});
  if (!done) return "copying again: " + done.error().message;
  for (const auto& entry : fs::directory_iterator(disk))
    if (entry.path().filename().string().ends_with(".new")) return "left behind: " + entry.path().string();
  return broken_log(copy);
}

/// As somebody does by hand, with no word to the disk.
void copy_unsynced(const std::string& from, const std::string& to) {
  calls().mkdir(to.c_str(), 0777);
  for (const auto& name : files_below(from)) {
    const int fd = calls().open((to + "/" + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const auto bytes = slurp(from + "/" + name);
    REQUIRE(calls().write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    calls().close(fd);
  }
}

}  // namespace

TEST_CASE("archiving, cut off before any operation: the archive holds whole segments, the log is whole, and the next call goes on") {
  std::uint64_t points = 0;
  const auto found = states_of(disk_lie::none, points, make, [](const std::string& disk) { archive_in_pieces(disk + "/log"); });
  CHECK(points > 12);
  CHECK(first_broken(found, archive_again, archived) == "");
}

TEST_CASE("retaining, cut off before any operation: no event is missing from rows and archive, and the next call completes it") {
  const auto prepare = [](const std::string& log) {
    make(log);
    archive_in_pieces(log);
  };
  const auto work = [](const std::string& disk) { must(retain(disk + "/log")); };
  std::uint64_t points = 0;
  const auto found = states_of(disk_lie::none, points, prepare, work);
  CHECK(points > 20);
  CHECK(found.size() > 20);
  CHECK(first_broken(found, retain_again, retained) == "");
}

TEST_CASE("segments that were copied by hand are on the disk before the first row goes") {
  const fast_folder elsewhere;
  const auto work = [&](const std::string& disk) {
    copy_unsynced(elsewhere / "archive", disk + "/log/archive");
    must(retain(disk + "/log"));
  };
  const auto prepare = [&](const std::string& log) {
    make(log);
    archive_in_pieces(log);
    fs::rename(log + "/archive", elsewhere / "archive");
  };
  std::uint64_t points = 0;
  const auto found = states_of(disk_lie::none, points, prepare, work);
  const auto next = [&](const std::string& disk) {
    // Nothing had been retained yet where the copy is not whole: it is made again.
    if (const auto base = must(read_base(disk + "/log")); base.first_seq == 1) copy_unsynced(elsewhere / "archive", disk + "/log/archive");
    return retain_again(disk);
  };
  const fast_folder folder;
  for (const auto& [image, where] : found) {
    INFO(where);
    image.restore(folder / "disk");
    const auto log = folder / "disk/log";
    // A segment that is half there is nothing that is lost, as long as the rows are.
    if (must(read_base(log)).first_seq == 1) fs::remove_all(log + "/archive");
    REQUIRE(broken_log(log) == "");
    REQUIRE(next(folder / "disk") == "");
    REQUIRE(broken_log(log) == "");
  }
}

TEST_CASE("copying by links, cut off before any operation: the log is whole, and so is its copy, or there is none and the next call makes it") {
  const bool with_base = GENERATE(false, true);
  const auto prepare = [&](const std::string& log) {
    make(log);
    archive_in_pieces(log);
    if (with_base) must(retain(log));
  };
  std::uint64_t points = 0;
  const auto found = states_of(disk_lie::none, points, prepare, [](const std::string& disk) { must(checkpoint_log(disk + "/log", disk + "/copy", {})); });
  CHECK(points > 50);
  CHECK(first_broken(found, checkpoint_again, copied) == "");
}

TEST_CASE("archiving, retaining, copying: one operation on the disk fails, for every one: the log is whole, and the next call completes it") {
  const auto with_archive = [](const std::string& log) {
    make(log);
    archive_in_pieces(log);
  };
  std::uint64_t operations = 0;
  SECTION("archiving") {
    const auto found = states_of_failures(operations, make, [](const std::string& disk) {
      archive_options o;
      o.segment_bytes = segment_bytes_min;
      return archive_log(disk + "/log", o, {}).has_value();
    });
    CHECK(operations > 20);
    CHECK(first_broken(found, archive_again, archived) == "");
  }
  SECTION("retaining") {
    const auto found = states_of_failures(operations, with_archive, [](const std::string& disk) { return retain(disk + "/log").has_value(); });
    CHECK(operations > 40);
    CHECK(first_broken(found, retain_again, retained) == "");
  }
  SECTION("copying by links") {
    const auto found =
        states_of_failures(operations, with_archive, [](const std::string& disk) { return checkpoint_log(disk + "/log", disk + "/copy", {}).has_value(); });
    CHECK(operations > 60);
    CHECK(first_broken(found, checkpoint_again, copied) == "");
  }
}

TEST_CASE("the checks of cut-off copies notice a disk that syncs nothing, and one that syncs no folder") {
  const auto lie = GENERATE(disk_lie::syncs_nothing, disk_lie::syncs_no_folder);
  const auto with_archive = [](const std::string& log) {
    make(log);
    archive_in_pieces(log);
  };
  std::uint64_t points = 0;
  CHECK(first_broken(states_of(lie, points, make, [](const std::string& disk) { archive_in_pieces(disk + "/log"); }), archive_again, archived) != "");
  CHECK(first_broken(states_of(lie, points, with_archive, [](const std::string& disk) { must(retain(disk + "/log")); }), retain_again, retained) != "");
  const auto copy = [](const std::string& disk) { must(checkpoint_log(disk + "/log", disk + "/copy", {})); };
  CHECK(first_broken(states_of(lie, points, with_archive, copy), checkpoint_again, copied) != "");
}

TEST_CASE("what leaves a log that is not synced with every group is on the log's disk first") {
  const auto* what = GENERATE("backup", "segment", "lines", "archive");
  INFO(what);
  const fast_folder folder;
  fs::create_directories(folder / "disk");
  simulated_disk disk(folder / "disk");
  {
    const on_disk lies(disk);
    auto options = small_options();
    options.when = durability::os;
    options.anchors = anchoring::periodic;
    options.anchor_every = 1'000;
    auto log = must(open_log(folder / "disk/log", options));
    REQUIRE(extend(*log, 12, 5).seq == events);
    const std::string named = what;
    if (named == "backup") must(backup_log(folder / "disk/log", folder / "disk/out", {}, {}));
    if (named == "segment") must(export_log(folder / "disk/log", folder / "disk/out", export_format::segment, 1, 0, {}));
    if (named == "lines") must(export_log(folder / "disk/log", folder / "disk/out", export_format::jsonl, 1, 0, {}));
    if (named == "archive") must(archive_log(folder / "disk/log", {}, {}));
    for (const auto s : {survival::synced_only, survival::entries_too}) disk.image(s).restore(folder / std::string(name_of(s)));
  }
  for (const auto s : {survival::synced_only, survival::entries_too}) {
    INFO(name_of(s));
    const auto left = folder / std::string(name_of(s));
    CHECK(must(open_log_for_reading(left + "/log"))->head().seq == events);
    if (std::string(what) == "backup") CHECK(must(backup_log(left + "/log", left + "/out", {}, {})).head.seq == events);
  }
}
