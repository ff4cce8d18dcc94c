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
      ++first_;
      ++dropped_;
    }
    notes_.push_back(note);
  }
  struct view {
    std::vector<actor_restarted> notes;
    std::uint64_t behind{};  ///< the number of the next note: what taken() wants to hear
  };
  [[nodiscard]] view waiting() const {
    std::scoped_lock lock(mutex_);
    return {{notes_.begin(), notes_.end()}, first_ + notes_.size()};
  }
  /// The log has all notes before this number. Others may have come, and old ones gone, since it was asked.
  void taken(std::uint64_t behind) {
    std::scoped_lock lock(mutex_);
    for (; first_ < behind && !notes_.empty(); ++first_) notes_.pop_front();
  }
  [[nodiscard]] std::uint64_t dropped() const {
    std::scoped_lock lock(mutex_);
    return dropped_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<actor_restarted> notes_;
  std::uint64_t first_ = 0;  // number of the oldest
  std::uint64_t dropped_ = 0;
};

}  // namespace tomnext::actors
