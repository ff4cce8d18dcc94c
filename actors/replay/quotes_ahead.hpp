// Quotes that are read, decoded and judged on a thread of their own while the caller works on earlier ones.
#pragma once
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "actors/replay/progress.hpp"
#include "actors/replay/quote_feed.hpp"

namespace tomnext::replay {

/// For jobs that read a whole market. Not called from two threads.
class quotes_ahead {
 public:
  explicit quotes_ahead(std::unique_ptr<quote_feed> feed);
  ~quotes_ahead();
  quotes_ahead(const quotes_ahead&) = delete;
  quotes_ahead& operator=(const quotes_ahead&) = delete;

  /// The next quotes, which stay until the next call; none at the end. An error of the feed comes behind the batches before it.
  result<std::span<const judged_quote>> next();
  /// Once next() has come to the end: what the feed counted, what it refused, and the time that reading took.
  [[nodiscard]] const feed_figures& figures() const { return feed_->figures(); }
  [[nodiscard]] const std::vector<std::string>& rejects() const { return feed_->rejects(); }
  [[nodiscard]] double reading_ms() const { return reading_ms_; }

 private:
  // Small enough that a batch is still in the processor's cache when the other thread takes it. Who waits is woken when half of them are there for it: to be
  // woken for each costs more than to work on it.
  static constexpr std::size_t batch_quotes = 1'024, batches = 8;
  struct batch {
    std::vector<judged_quote> quotes = std::vector<judged_quote>(batch_quotes);
    std::size_t count = 0;
  };
  void run();

  std::unique_ptr<quote_feed> feed_;  // the reading thread's, until it has ended
  std::array<batch, batches> ring_;
  std::mutex mutex_;
  std::condition_variable room_, content_;
  std::uint64_t filled_ = 0, given_ = 0, released_ = 0;  // batches, ever
  std::optional<error> failure_;
  bool at_end_ = false, ending_ = false;
  double reading_ms_ = 0;
  std::thread thread_;
};

/// Opens a feed for a long job: logs among its sources are decoded on one more thread. What open_feed refuses.
result<std::unique_ptr<quotes_ahead>> open_quotes_ahead(feed_settings s);

/// Hands the quotes on in batches, until `take` wants no more (false) or fails. errc::cancelled where `on_progress` says so.
template <class Take> result<void> for_each_batch(quotes_ahead& quotes, const progress& on_progress, Take&& take) {
  for (std::uint64_t taken = 0;;) {
    const auto batch = quotes.next();
    if (!batch) return batch.error();
    if (batch->empty()) return {};
    const result<bool> more = take(*batch);
    if (!more) return more.error();
    if (!*more) return {};
    taken += batch->size();
    if (on_progress && !on_progress(taken)) return error(errc::cancelled, "cancelled after " + std::to_string(taken) + " quotes");
  }
}

}  // namespace tomnext::replay
