#include "persistence/log_follower.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause_min{200}, pause_max{5'000};
/// A writer that starts replaces files for a moment, which looks like damage. Damage stays.
constexpr unsigned failures_without_writer_max = 3, failures_beside_writer_max = 25;

result<void> sync_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};  // its rows are in a table by now, which was synced first
  const bool done = fd >= 0 && ::fdatasync(fd) == 0;
  const int why = errno;
  if (fd >= 0) ::close(fd);
  // Nobody writes to a file system that is mounted for reading.
  if (done || why == EROFS || why == EINVAL) return {};
  return error(errc::log_io, path + ": " + std::strerror(why));
}

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
  TOMNEXT_TRY(on_disk());
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

// What was read may be a group whose sync is under way; whoever follows a log is told of nothing that a power cut could take back.
result<void> log_follower::on_disk() const {
  std::error_code gone;
  for (auto it = std::filesystem::directory_iterator(rows_folder(directory_), gone); !gone && it != std::filesystem::directory_iterator(); it.increment(gone))
    if (it->path().extension() == ".log") TOMNEXT_TRY(sync_file(it->path().string()));
  return {};
}

}  // namespace tomnext::persistence
