// raw clock in this file: a command at a terminal watches a log for as long as it was told.
#include "actors/app/log_growth.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "actors/app/log_figures.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

using clock = std::chrono::steady_clock;

constexpr int intervals = 8;

/// False where it was asked to end.
bool wait_until(clock::time_point then, std::uint64_t seq, const persistence::scan_progress& go_on) {
  while (clock::now() < then) {
    if (!go_on(seq)) return false;
    std::this_thread::sleep_for(std::min<clock::duration>(then - clock::now(), std::chrono::milliseconds(50)));
  }
  return go_on(seq);
}

}  // namespace

result<growth_report> watch_growth(const std::string& directory, double seconds, double disk_bytes_per_event, std::uint64_t free_bytes_min,
                                   const persistence::scan_progress& go_on) {
  growth_report r;
  r.written = persistence::folder_lock::held(directory);
  if (!r.written) return r;
  std::vector<persistence::growth_sample> samples;
  std::uint64_t first = 0, last = 0;
  const auto began = clock::now();
  for (int i = 0; i <= intervals; ++i) {
    const auto then = began + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds * i / intervals));
    if (!wait_until(then, last, go_on)) return error(errc::cancelled, "cancelled while watching the log grow");
    // Stamped before the opening, whose length differs from one to the next: it would pass for growth that is faster or slower than it is.
    const auto at = i == 0 ? clock::duration{} : clock::now() - began;
    auto log = persistence::open_log_for_reading(directory);
    if (!log) return log.error();
    last = (*log)->head().seq;
    if (i == 0) first = last;
    samples.push_back(
        {std::chrono::duration_cast<std::chrono::nanoseconds>(at).count(), static_cast<std::uint64_t>(static_cast<double>(last) * disk_bytes_per_event)});
  }
  r.watched_s = static_cast<double>(samples.back().at_ns - samples.front().at_ns) * 1e-9;
  r.events = last - first;
  // Measured last: others fill the disk as well, and the watching may have taken a day.
  auto room = persistence::free_bytes_of(directory);
  if (!room) return room.error();
  r.free_bytes = *room;
  r.forecast = persistence::forecast_full(samples, r.free_bytes, free_bytes_min);
  return r;
}

}  // namespace tomnext::app
