// Groups that are used again once nobody reads them: a group has room for some hundred thousand bytes, which would be asked of the system each time.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// Any thread may let go of a group. Groups outlive the pool where somebody still reads them.
class group_pool {
 public:
  /// An empty group, with room for `events`.
  [[nodiscard]] std::shared_ptr<persistence::group> take(std::size_t events) {
    auto g = free_->pop();
    if (!g) g = std::make_unique<persistence::group>();
    g->events.reserve(events);
    return {g.release(), [free = free_](persistence::group* used) { free->push(std::unique_ptr<persistence::group>(used)); }};
  }

 private:
  static constexpr std::size_t kept_max = 128;  // more than a writer's queue and what it writes
  class free_list {
   public:
    std::unique_ptr<persistence::group> pop() {
      std::scoped_lock lock(mutex_);
      if (groups_.empty()) return nullptr;
      auto g = std::move(groups_.back());
      groups_.pop_back();
      return g;
    }
    void push(std::unique_ptr<persistence::group> g) {
      g->events.clear();
      std::scoped_lock lock(mutex_);
      if (groups_.size() < kept_max) groups_.push_back(std::move(g));
    }

   private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<persistence::group>> groups_;
  };
  std::shared_ptr<free_list> free_ = std::make_shared<free_list>();
};

}  // namespace tomnext::replay
