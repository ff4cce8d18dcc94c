// Groups of a log, read and decoded on a thread of their own while the caller works on earlier ones.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// As many events are read ahead, in whole groups: little enough to be in the processor's cache still when the caller comes to them.
inline constexpr std::size_t read_ahead_events_max = 4'096;

/// One forward scan. `log` outlives it; nobody else uses the scan. Not called from two threads.
class read_ahead {
 public:
  static result<std::unique_ptr<read_ahead>> begin(const persistence::event_log& log, std::uint64_t from_seq);
  ~read_ahead();
  read_ahead(const read_ahead&) = delete;
  read_ahead& operator=(const read_ahead&) = delete;

  /// As log_scan::next: the next group, an empty reference at the end, and an error once everything before it has been given.
  result<persistence::group_ref> next();

 private:
  explicit read_ahead(std::unique_ptr<persistence::log_scan> scan);
  void run();

  std::unique_ptr<persistence::log_scan> scan_;  // the reading thread's
  std::vector<persistence::group_ref> taken_;    // the caller's
  std::size_t given_ = 0;
  std::mutex mutex_;
  std::condition_variable room_, content_;
  std::vector<persistence::group_ref> queue_;
  std::size_t queued_events_ = 0;
  std::optional<error> failure_;
  bool at_end_ = false, ending_ = false;
  std::thread thread_;
};

}  // namespace tomnext::replay
