// The end of a log on disk, looked at again and again beside whoever writes it.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

/// Asks the directory, not the writer: a node that is stopped, killed or started again is followed like one that runs on, and it never hears of its readers.
/// An opening reads the writer's write-ahead log, so it is made only when a file has changed, and so seldom that openings take a fifth of the time at most.
/// Not for two threads at once.
class log_follower {
 public:
  /// `seen`: a head of this log; what comes after it is new.
  log_follower(std::string directory, const log_head& seen) : directory_(std::move(directory)), seen_(seen) {}

  /// The log, where it holds events beyond those seen, all of them on the disk; nothing where it does not, or cannot be read at this moment.
  /// errc::log_corrupt: another history than the one that was seen. Other errors: the opening's, once it has failed again and again.
  result<std::unique_ptr<event_log>> look();
  /// Everything up to this head has been dealt with.
  void saw(const log_head& head) { seen_ = head; }
  [[nodiscard]] const log_head& seen() const { return seen_; }
  /// How long to wait before the next look.
  [[nodiscard]] std::chrono::milliseconds pause() const { return pause_; }

 private:
  struct file_state {
    std::string name;
    std::uint64_t size;
    std::int64_t changed_ns;
    bool operator==(const file_state&) const = default;
  };
  [[nodiscard]] std::vector<file_state> files() const;
  result<std::unique_ptr<event_log>> opened();
  [[nodiscard]] result<void> on_disk() const;

  std::string directory_;
  log_head seen_;
  std::optional<std::vector<file_state>> last_files_;  ///< as they were before the last opening that succeeded
  unsigned failures_ = 0;                              ///< openings that failed, one after the other
  std::chrono::milliseconds pause_{200};
};

}  // namespace tomnext::persistence
