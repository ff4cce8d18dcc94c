// A writer is cut off before each of its operations on the disk, in each way a crash can leave them: nothing acknowledged is missing, and the log goes on.
#include <chrono>

#include "tests/crash/crash_states.hpp"
#include "tests/crash/fast_folder.hpp"
#include "tests/crash/workload.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::persistence;

namespace {

/// States that a crash can leave, each once, with what had been promised by then, and where it came from.
using crash_states = std::map<std::pair<disk_image, promise>, std::string>;

template <class What> std::uint64_t collect(simulated_disk& disk, const promises& told, crash_states& states, What what) {
  return each_crash_state(
      disk,
      [&](disk_image image, std::string where) {
        states.try_emplace({std::move(image), promise(told)}, std::move(where));
      },
      what);
}

/// The states of the whole workload.
crash_states states_of(const rocksdb_options& options, disk_lie lie, std::uint64_t& points) {
  const fast_folder folder;
  std::filesystem::create_directories(folder / "disk");
  simulated_disk disk(folder / "disk", lie);
  promises told;
  crash_states states;
  std::string failed;
  points = collect(disk, told, states, [&] { failed = live_twice(folder / "disk/log", options, told); });
  INFO(failed);
  REQUIRE(failed.empty());
  REQUIRE(told.acknowledged == 40);
  return states;
}

/// What is broken in the first state where something is; empty: all hold.
std::string first_broken(const crash_states& states) {
  const fast_folder folder;
  for (const auto& [state, where] : states) {
    state.first.restore(folder / "disk");
    auto broken = broken_as_it_lies(folder / "disk/log", state.second);
    if (broken.empty()) broken = broken_after_crash(folder / "disk/log", state.second);
    if (!broken.empty()) return where + ": " + broken;
  }
  return {};
}

}  // namespace

TEST_CASE("killed before any operation, torn, or with what was not synced gone: nothing acknowledged is missing, and the log goes on") {
  rocksdb_options options = small_options();
  options.anchors = GENERATE(anchoring::periodic, anchoring::before_acknowledgement);
  std::uint64_t points = 0;
  const auto states = states_of(options, disk_lie::none, points);
  CHECK(points > 150);
  CHECK(states.size() > 200);
  CHECK(first_broken(states) == "");
}

TEST_CASE("an encrypted log, and a new key in its second life, killed before any operation: the same, and nothing is in clear") {
  const given_keys keys;
  std::uint64_t points = 0;
  const auto states = states_of(encrypted_options(), disk_lie::none, points);
  CHECK(points > 150);
  given_keys::set(key_line(1, 1) + key_line(2, 2));
  CHECK(first_broken(states) == "");
  const fast_folder folder;
  for (const auto& [state, where] : states) {
    state.first.restore(folder / "disk");
    INFO(where);
    // Its contents say so, and its snapshot of 200 times the same letter.
    for (const auto& file : files_below(folder / "disk")) {
      const auto bytes = slurp(folder / ("disk/" + file));
      REQUIRE(bytes.find("configuration") == std::string::npos);
      REQUIRE(bytes.find("ssssssss") == std::string::npos);
    }
  }
}

TEST_CASE("killed while it recovers from a kill: the same") {
  std::uint64_t points = 0;
  const auto states = states_of(small_options(), disk_lie::none, points);
  // Every 23rd state: each recovery has some fifty operations of its own.
  std::size_t at = 0, recoveries = 0;
  for (const auto& [state, where] : states) {
    if (at++ % 23 != 0) continue;
    ++recoveries;
    const fast_folder folder;
    state.first.restore(folder / "disk");
    simulated_disk disk(folder / "disk");
    promises told;
    told.acknowledged = state.second.acknowledged;
    told.offered = state.second.offered;
    told.contents = state.second.contents;
    told.snapshot = state.second.snapshot;
    crash_states within;
    collect(disk, told, within, [&] { REQUIRE(open_log(folder / "disk/log", small_options())); });
    INFO("recovering from the state " << where);
    CHECK(first_broken(within) == "");
  }
  CHECK(recoveries > 8);
}

TEST_CASE("the check of kill points notices a disk that syncs nothing, a log without syncs, and folders that are not synced") {
  std::uint64_t points = 0;
  CHECK(first_broken(states_of(small_options(), disk_lie::syncs_nothing, points)) != "");
  CHECK(first_broken(states_of(small_options(), disk_lie::syncs_no_folder, points)) != "");
  auto options = small_options();
  options.when = durability::os;
  const auto broken = first_broken(states_of(options, disk_lie::none, points));
  INFO(broken);
  CHECK(broken.find("unsynced bytes dropped: acknowledged up to event") != std::string::npos);
}
