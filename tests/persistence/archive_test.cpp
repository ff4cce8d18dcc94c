#include "persistence/archive.hpp"

#include <cstdlib>

#include "persistence/files.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/retained_log.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

struct row_copy {
  std::uint64_t first_seq;
  std::string bytes;
  bool operator==(const row_copy&) const = default;
};
result<std::vector<row_copy>> copies(result<std::unique_ptr<row_source>> source) {
  if (!source) return source.error();
  std::vector<row_copy> all;
  for (;;) {
    auto row = (*source)->next();
    if (!row) return row.error();
    if (!*row) return all;
    all.push_back({(*row)->first_seq, std::string((*row)->bytes)});
  }
}

std::vector<std::string> segment_names(const std::string& directory) {
  std::vector<std::string> found;
  for (const auto& s : must(segments_in(directory + "/archive"))) found.push_back(fs::path(s.path).filename().string());
  return found;
}

/// All that the segments hold, one after the other.
std::vector<row_copy> archived(const std::string& directory) {
  std::vector<row_copy> all;
  for (const auto& s : must(segments_in(directory + "/archive")))
    for (auto& row : must(copies(open_segment(s.path)))) all.push_back(std::move(row));
  return all;
}

}  // namespace

TEST_CASE("archiving copies every row once, byte for byte, and does nothing when it is done again") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 100, 10);
  const auto before = must(copies(read_rows(log, 1)));
  const auto first = archive_all(log);
  CHECK(first.from_seq == 1);
  CHECK(first.to_seq == 1000);
  CHECK(first.segments > 3);
  CHECK(first.groups == 100);
  CHECK(archived(log) == before);
  CHECK(must(copies(read_rows(log, 1))) == before);
  const auto names = segment_names(log);
  const auto again = archive_all(log);
  CHECK(again.segments == 0);
  CHECK(again.from_seq == 1001);
  CHECK(again.to_seq == 1000);
  CHECK(segment_names(log) == names);
  const auto report = must(verify_log(log, {}));
  CHECK(report.segments == names.size());
  CHECK(report.first_seq == 1);
  CHECK(report.sealed);
}

TEST_CASE("archiving goes on where it ended, and stops where it is told") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 20, 10);
  archive_options o;
  o.to_seq = 57;  // inside a group: up to the one before
  CHECK(must(archive_log(log, o, {})).to_seq == 50);
  CHECK(segment_names(log) == std::vector<std::string>{segment_name(1, 50)});
  o.to_seq = 60;
  CHECK(must(archive_log(log, o, {})).to_seq == 60);
  o.to_seq.reset();
  o.to_time = quote_at(121).head.at;  // the group that begins at this very time is in
  CHECK(must(archive_log(log, o, {})).to_seq == 130);
  o.to_time = quote_at(121).head.at;
  CHECK(must(archive_log(log, o, {})).segments == 0);
  o.to_time.reset();
  CHECK(must(archive_log(log, o, {})).to_seq == 200);
  CHECK(segment_names(log) == std::vector<std::string>{segment_name(1, 50), segment_name(51, 60), segment_name(61, 130), segment_name(131, 200)});
  CHECK(archived(log) == must(copies(read_rows(log, 1))));
  o.segment_bytes = 10;
  CHECK(archive_log(log, o, {}).error().code == errc::invalid_argument);
  CHECK(archive_log(folder / "none", {}, {}).error().code == errc::file_unreadable);
}

TEST_CASE("archiving works beside a writer") {
  const temporary_folder folder;
  const auto directory = folder / "log";
  auto log = must(open_log(directory, {}));
  extend(*log, 30, 7);
  CHECK(archive_all(directory).to_seq == 210);
  extend(*log, 30, 7);
  CHECK(archive_all(directory).from_seq == 211);
  extend(*log, 1, 7);
  log.reset();
  CHECK(must(archived_from(directory + "/archive", {421, {}})) == 1);
  must(verify_log(directory, {}));
}

TEST_CASE("what is appended while archiving is on its way is left to the next call") {
  const temporary_folder folder;
  const auto directory = folder / "log";
  auto log = must(open_log(directory, {}));
  extend(*log, 10, 7);
  archive_all(directory);
  extend(*log, 10, 7);
  archive_options o;
  o.segment_bytes = 1024;
  std::uint64_t most = 0;
  int calls = 0;
  const auto report = must(archive_log(directory, o, [&](std::uint64_t seq) {
    most = std::max(most, seq);
    if (calls++ % 5 == 0) extend(*log, 3, 7);
    return true;
  }));
  CHECK(report.to_seq == 140);
  CHECK(most == 140);
  const auto head = log->head().seq;
  REQUIRE(head > 200);
  CHECK(archive_all(directory).to_seq == head);
  log.reset();
  CHECK(must(verify_log(directory, {})).segments > 2);
}

TEST_CASE("archiving that is cancelled anywhere leaves whole segments, and the next call completes them") {
  const temporary_folder folder;
  const auto origin = folder / "origin";
  make_quotes(origin, 40, 10);
  const auto rows = must(copies(read_rows(origin, 1)));
  int stops = 0;
  for (int allowed = 0;; ++allowed) {
    const auto log = folder / "log";
    copy_folder(origin, log);
    archive_options o;
    o.segment_bytes = 2048;
    int calls = 0;
    const auto stopped = archive_log(log, o, [&](std::uint64_t) { return calls++ < allowed; });
    if (stopped) break;
    ++stops;
    INFO("stopped after " << allowed << " calls");
    REQUIRE(stopped.error().code == errc::cancelled);
    for (const auto& name : files_below(log + "/archive")) REQUIRE((name.ends_with(".segment") || name == "lock"));
    const auto some = archived(log);
    REQUIRE(std::equal(some.begin(), some.end(), rows.begin()));
    REQUIRE(archive_all(log).to_seq == 400);
    REQUIRE(archived(log) == rows);
  }
  CHECK(stops > 40);
}

TEST_CASE("what a killed archiving leaves is removed, and two at a time are refused") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 10, 10);
  fs::create_directories(log + "/archive");
  spill(log + "/archive/segment.1-1.new", "half");
  {
    auto held = must(folder_lock::take(log + "/archive"));
    const auto refused = archive_log(log, {}, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::log_locked);
    CHECK(refused.error().message.find("archives into this folder") != std::string::npos);
  }
  archive_all(log);
  CHECK_FALSE(fs::exists(log + "/archive/segment.1-1.new"));
}

TEST_CASE("archiving does not go on behind a segment that is damaged, or another log's") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 40, 10);
  archive_options o;
  o.to_seq = 200;
  must(archive_log(log, o, {}));
  const auto path = log + "/archive/" + segment_name(1, 200);
  flip_bit(path, fs::file_size(path) / 2, 3);
  const auto damaged = archive_log(log, {}, {});
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code == errc::log_corrupt);
  CHECK(damaged.error().message.find(segment_name(1, 200)) != std::string::npos);
  CHECK(damaged.error().message.find("move this segment away") != std::string::npos);
  const auto verified = verify_log(log, {});
  REQUIRE_FALSE(verified);
  CHECK(verified.error().message.find(segment_name(1, 200)) != std::string::npos);

  // Another log, with groups of the same length.
  const auto other = folder / "other";
  {
    auto l = must(open_log(other, {}));
    auto g = group_of(1, 10, 1);
    auto changed = std::make_shared<group>(*g);
    changed->events[0].head.at.ns += 1;
    const group_ref first = changed;
    must(l->append({&first, 1}));
    extend(*l, 39, 10);
  }
  must(archive_log(other, o, {}));
  fs::copy_file(other + "/archive/" + segment_name(1, 200), path, fs::copy_options::overwrite_existing);
  const auto foreign = archive_log(log, {}, {});
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == errc::log_corrupt);
  CHECK(foreign.error().message.find("another log") != std::string::npos);
  CHECK_FALSE(verify_log(log, {}));
}

TEST_CASE("the archive may lie in a folder that the environment names") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 40, 10);
  const auto elsewhere = folder / "elsewhere";
  ::setenv("TOMNEXT_ARCHIVE", elsewhere.c_str(), 1);
  const auto report = archive_all(log);
  ::unsetenv("TOMNEXT_ARCHIVE");
  CHECK(report.folder == elsewhere);
  CHECK(must(segments_in(elsewhere)).size() == report.segments);
  CHECK_FALSE(fs::exists(log + "/archive"));
}
