// A log that answers its commits later, in order, from a thread of its own, as one does that has to hear from other machines first.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "tests/actors/journal/test_logs.hpp"

namespace tomnext::tests {

class later_log final : public test_log {
 public:
  later_log() : thread_([this] { run(); }) {}
  ~later_log() override {
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void commit(std::vector<persistence::group_ref> groups, std::function<void(result<persistence::log_head>)> committed) override {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back({std::move(groups), std::move(committed)});
    most_ = std::max(most_, waiting_.size());
    changed_.notify_all();
  }
  /// Answers so many of the commits that wait, in order, as soon as they are there.
  void answer(std::size_t commits) {
    const std::scoped_lock lock(mutex_);
    allowed_ += commits;
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return waiting_.size();
  }
  /// The most commits that were ever under way.
  [[nodiscard]] std::size_t most_under_way() const {
    const std::scoped_lock lock(mutex_);
    return most_;
  }

 private:
  struct under_way {
    std::vector<persistence::group_ref> groups;
    std::function<void(result<persistence::log_head>)> committed;
  };
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ended_ || (allowed_ > 0 && !waiting_.empty()); });
      if (ended_) return;
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      --allowed_;
      lock.unlock();
      next.committed(append(next.groups));
      next = {};
      lock.lock();
    }
  }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<under_way> waiting_;
  std::size_t allowed_ = 0, most_ = 0;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace tomnext::tests
