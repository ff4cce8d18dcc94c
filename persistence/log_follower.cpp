#include "persistence/log_follower.hpp"

#include <algorithm>
#include <filesystem>

#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause_min{200}, pause_max{5'000};
/// A writer that starts replaces files for a moment, which looks like damage. Damage stays.
constexpr unsigned failures_without_writer_max = 3, failures_beside_writer_max = 25;

}  // namespace

std::vector<log_follower::file_state> log_follower::files() const {
  std::vector<file_state> found;
  std::error_code gone;  // whatever vanishes meanwhile has changed, and is looked at again
  for (const auto& folder : {directory_, rows_folder(directory_)})
    for (auto it = std::filesystem::directory_iterator(folder, gone); !gone && it != std::filesystem::directory_iterator(); it.increment(gone)) {
      std::error_code ignored;
      const auto size = it->is_regular_file(ignored) ? it->file_size(ignored) : 0;
      found.push_back({it->path().string(), ignored ? 0 : size, it->last_write_time(ignored).time_since_epoch().count()});
    }
  std::sort(found.begin(), found.end(), [](const file_state& a, const file_state& b) { return a.name < b.name; });
  return found;
}

result<std::unique_ptr<event_log>> log_follower::look() {
  // Before the opening: what changes while it reads is looked at next time.
  auto now = files();
  if (now == last_files_ && failures_ == 0) return std::unique_ptr<event_log>();
  auto log = opened();
  if (!log) return log.error();
  if (!*log) return log;
  last_files_ = std::move(now);
  auto ours = (*log)->holds(seen_);
  if (!ours) return ours.error();
  if (!*ours) return error(errc::log_corrupt, directory_ + ": this is another history than the one that was followed up to event " + std::to_string(seen_.seq));
  if ((*log)->head().seq == seen_.seq) return std::unique_ptr<event_log>();
  // What was read may be a group whose sync is under way; whoever follows a log is told of nothing that a power cut could take back.
  TOMNEXT_TRY(sync_rows(directory_));
  return log;
}

result<std::unique_ptr<event_log>> log_follower::opened() {
  const auto began = clock::now();
  auto log = open_log_for_reading(directory_);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began);
  pause_ = std::clamp(4 * took, pause_min, pause_max);
  if (log) {
    failures_ = 0;
    return log;
  }
  const auto limit = folder_lock::held(directory_) ? failures_beside_writer_max : failures_without_writer_max;
  if (++failures_ >= limit || log.error().code == errc::log_newer_version) return log.error();
  return std::unique_ptr<event_log>();
}

}  // namespace tomnext::persistence
