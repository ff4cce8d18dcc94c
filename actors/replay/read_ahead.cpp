#include "actors/replay/read_ahead.hpp"

#include "persistence/thread_name.hpp"

namespace tomnext::replay {

result<std::unique_ptr<read_ahead>> read_ahead::begin(const persistence::event_log& log, std::uint64_t from_seq) {
  auto scan = log.scan(from_seq);
  if (!scan) return scan.error();
  return std::unique_ptr<read_ahead>(new read_ahead(std::move(*scan)));
}

read_ahead::read_ahead(std::unique_ptr<persistence::log_scan> scan) : scan_(std::move(scan)), thread_([this] { run(); }) {}

read_ahead::~read_ahead() {
  {
    std::scoped_lock lock(mutex_);
    ending_ = true;
    room_.notify_one();
  }
  thread_.join();
}

void read_ahead::run() {
  name_this_thread("tomnext.read");
  for (;;) {
    auto g = scan_->next();
    std::unique_lock lock(mutex_);
    if (!g) failure_ = g.error();
    at_end_ = !g || !*g;
    if (!at_end_) {
      room_.wait(lock, [this] { return queued_events_ < read_ahead_events_max || ending_; });
      queued_events_ += (*g)->events.size();
      queue_.push_back(std::move(*g));
    }
    // To be woken for each group costs more than to work on it.
    if (at_end_ || queued_events_ >= read_ahead_events_max / 2) content_.notify_one();
    if (at_end_ || ending_) return;
  }
}

result<persistence::group_ref> read_ahead::next() {
  if (given_ == taken_.size()) {
    taken_.clear();
    given_ = 0;
    std::unique_lock lock(mutex_);
    if (queue_.empty()) content_.wait(lock, [this] { return queued_events_ >= read_ahead_events_max / 2 || at_end_; });
    taken_.swap(queue_);
    queued_events_ = 0;
    room_.notify_one();
    if (taken_.empty()) {
      if (failure_) return *failure_;
      return persistence::group_ref{};
    }
  }
  return std::move(taken_[given_++]);
}

}  // namespace tomnext::replay
