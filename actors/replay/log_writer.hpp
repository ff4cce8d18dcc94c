// Writes groups on a thread of its own with natural batching: what has queued up while the last batch was written is the next batch.
#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// Queued groups, at most: then the producer waits. 64 groups of 512 events are some 12 MB.
inline constexpr std::size_t queued_groups_max = 64;

class log_writer {
 public:
  explicit log_writer(persistence::event_log& log);
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  void write(persistence::group_ref group);
  /// True once a write has failed: what comes later is dropped, and finish() tells why.
  [[nodiscard]] bool failed() const;
  /// Waits until all is durable (event_log::sync); the first error, if there was one.
  result<persistence::log_head> finish();

 private:
  void run();
  void end();
  persistence::event_log& log_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<persistence::group_ref> queue_;
  std::optional<error> failure_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace tomnext::replay
