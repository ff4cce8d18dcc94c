// A worker that hangs in a handler until a test lets it go, on real threads.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/actors/runtime/stage.hpp"

namespace tomnext::tests {

/// A gate that a test opens: no sleep, and a deadline in case of a defect.
class gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool pass() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};
/// Hangs in work, and notes its thread.
struct blocking_state {
  worker::pointer self;
  std::shared_ptr<gate> entered, leave;
  std::shared_ptr<std::thread::id> thread;
  blocking_state(worker::pointer self_, std::shared_ptr<gate> entered_, std::shared_ptr<gate> leave_, std::shared_ptr<std::thread::id> thread_)
      : self(self_), entered(std::move(entered_)), leave(std::move(leave_)), thread(std::move(thread_)) {}
  worker::behavior_type behavior() {
    return {[this](work_atom, int) {
              *thread = std::this_thread::get_id();
              entered->open();
              leave->pass();
            },
            [](crash_atom) { throw std::runtime_error("boom"); }, [](fail_atom) {}, [this](leave_atom) { self->quit(); }};
  }
};

}  // namespace tomnext::tests
