// Restarts that supervisors report, kept until the log has them.
#pragma once
#include <deque>
#include <mutex>
#include <vector>

#include "domain/events/runtime.hpp"

namespace tomnext::actors {

/// Written by supervisors, read by the collector. Beyond `notes_max` the oldest goes; what is dropped is counted.
class supervision_notes {
 public:
  static constexpr std::size_t notes_max = 1'024;
  void add(const actor_restarted& note) {
    std::scoped_lock lock(mutex_);
    if (notes_.size() == notes_max) {
      notes_.pop_front();
      ++dropped_;
    }
    notes_.push_back(note);
  }
  [[nodiscard]] std::vector<actor_restarted> waiting() const {
    std::scoped_lock lock(mutex_);
    return {notes_.begin(), notes_.end()};
  }
  /// The oldest `count` are in the log now.
  void taken(std::size_t count) {
    std::scoped_lock lock(mutex_);
    notes_.erase(notes_.begin(), notes_.begin() + static_cast<std::ptrdiff_t>(std::min(count, notes_.size())));
  }
  [[nodiscard]] std::uint64_t dropped() const {
    std::scoped_lock lock(mutex_);
    return dropped_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<actor_restarted> notes_;
  std::uint64_t dropped_ = 0;
};

}  // namespace tomnext::actors
