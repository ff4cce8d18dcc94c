// A log of an earlier build is taken over by this one, cut off before each operation on the disk: what was there stays there, readable, and the next start goes on.
#include "persistence/verifier.hpp"
#include "tests/crash/crash_states.hpp"
#include "tests/crash/fast_folder.hpp"
#include "tests/crash/workload.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::persistence;

namespace {

std::uint64_t events_read(const event_log& log) {
  auto walk = must(log.scan(1));
  std::uint64_t last = 0;
  while (const auto g = must(walk->next())) last = g->last_seq();
  return last;
}

/// The earlier build's history is whole, as it lies and for a writer, which appends to it. Empty, or what is broken.
std::string broken_takeover(const std::string& directory, const log_head& before, std::uint64_t acknowledged) {
  {
    auto log = open_log_for_reading(directory);
    if (!log) return "cannot be read: " + log.error().message;
    if ((*log)->head().seq < acknowledged) return "ends at event " + std::to_string((*log)->head().seq);
    if (!must((*log)->holds(before))) return "another history";
    if (events_read(**log) != (*log)->head().seq) return "read up to another event";
  }
  if (auto report = verify_log(directory, {}); !report) return "does not verify: " + report.error().message;
  std::uint64_t last = 0;
  {
    auto log = open_log(directory, small_options());
    if (!log) return "does not open: " + log.error().message;
    last = extend(**log, 2, 5).seq;
  }
  auto report = verify_log(directory, {});
  if (!report) return "does not verify after it went on: " + report.error().message;
  return report->events == last && report->sealed ? "" : "verified " + std::to_string(report->events) + " events";
}

}  // namespace

TEST_CASE("a log of an earlier build, taken over and cut off before any operation: nothing of it is lost, and the next start goes on") {
  const std::string version = GENERATE("v1", "v2");
  const fast_folder folder;
  fs::create_directories(folder / "disk");
  copy_folder(shipped_data("logs/" + version), folder / "disk/log");
  const auto before = must(open_log_for_reading(folder / "disk/log"))->head();
  simulated_disk disk(folder / "disk");
  std::uint64_t acknowledged = before.seq;
  std::map<disk_image, std::pair<std::string, std::uint64_t>> found;
  const auto points = each_crash_state(
      disk, [&](disk_image image, std::string where) { found.try_emplace(std::move(image), std::move(where), acknowledged); },
      [&] {
        auto log = must(open_log(folder / "disk/log", small_options()));
        for (int i = 0; i < 3; ++i) acknowledged = extend(*log, 1, 5).seq;
      });
  CHECK(points > 20);
  CHECK(found.size() > 20);
  for (const auto& [image, what] : found) {
    INFO(version << ", " << what.first);
    image.restore(folder / "left");
    REQUIRE(broken_takeover(folder / "left/log", before, what.second) == "");
  }
}
