#include "actors/replay/log_writer.hpp"

#include "persistence/thread_name.hpp"

namespace tomnext::replay {

log_writer::log_writer(persistence::event_log& log) : log_(log), thread_([this] { run(); }) {}

log_writer::~log_writer() { end(); }

void log_writer::write(persistence::group_ref group) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.size() < queued_groups_max || failure_; });
  if (failure_) return;
  queue_.push_back(std::move(group));
  changed_.notify_all();
}

bool log_writer::failed() const {
  std::scoped_lock lock(mutex_);
  return failure_.has_value();
}

void log_writer::run() {
  name_this_thread("tomnext.results");
  std::vector<persistence::group_ref> batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !queue_.empty() || ending_; });
      if (queue_.empty()) return;
      batch.swap(queue_);
      changed_.notify_all();
    }
    auto head = log_.append(batch);
    batch.clear();
    if (!head) {
      std::scoped_lock lock(mutex_);
      failure_ = head.error();
      queue_.clear();
      changed_.notify_all();
      return;
    }
  }
}

void log_writer::end() {
  {
    std::scoped_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

result<persistence::log_head> log_writer::finish() {
  end();
  if (failure_) return *failure_;
  TOMNEXT_TRY(log_.sync());
  return log_.head();
}

}  // namespace tomnext::replay
