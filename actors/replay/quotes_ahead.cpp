// raw clock in this file: the time that reading takes is measured; no decision reads it.
#include "actors/replay/quotes_ahead.hpp"

#include <chrono>

#include "persistence/thread_name.hpp"

namespace tomnext::replay {

quotes_ahead::quotes_ahead(std::unique_ptr<quote_feed> feed) : feed_(std::move(feed)), thread_([this] { run(); }) {}

quotes_ahead::~quotes_ahead() {
  {
    std::scoped_lock lock(mutex_);
    ending_ = true;
    room_.notify_one();
  }
  thread_.join();
}

void quotes_ahead::run() {
  name_this_thread("tomnext.judge");
  using stopwatch = std::chrono::steady_clock;
  for (std::uint64_t i = 0;; ++i) {
    auto& b = ring_[i % batches];
    {
      std::unique_lock lock(mutex_);
      if (i == released_ + batches) room_.wait(lock, [this, i] { return i <= released_ + batches / 2 || ending_; });
      if (ending_) return;
    }
    const auto began = stopwatch::now();
    const auto n = feed_->read(b.quotes);
    const auto took = std::chrono::duration<double, std::milli>(stopwatch::now() - began).count();
    std::scoped_lock lock(mutex_);
    reading_ms_ += took;
    if (!n) failure_ = n.error();
    at_end_ = !n || *n == 0;
    if (!at_end_) {
      b.count = *n;
      ++filled_;
    }
    if (at_end_ || filled_ - given_ >= batches / 2) content_.notify_one();
    if (at_end_) return;
  }
}

result<std::span<const judged_quote>> quotes_ahead::next() {
  std::unique_lock lock(mutex_);
  if (released_ < given_) {
    released_ = given_;
    if (filled_ - released_ <= batches / 2) room_.notify_one();
  }
  if (given_ == filled_) content_.wait(lock, [this] { return filled_ - given_ >= batches / 2 || at_end_; });
  if (given_ == filled_) {
    if (failure_) return *failure_;
    return std::span<const judged_quote>{};
  }
  const auto& b = ring_[given_++ % batches];
  return std::span<const judged_quote>(b.quotes.data(), b.count);
}

result<std::unique_ptr<quotes_ahead>> open_quotes_ahead(feed_settings s) {
  s.logs = log_reading::ahead;
  auto feed = open_feed(s);
  if (!feed) return feed.error();
  return std::make_unique<quotes_ahead>(std::move(*feed));
}

}  // namespace tomnext::replay
