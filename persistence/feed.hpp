// The durable feed: what was committed a moment ago is kept in memory once for all who read it, within a bound; what is older is read from the log.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "persistence/event_log.hpp"
#include "persistence/filter.hpp"

namespace tomnext::persistence {

/// Where a reader is, and what it wants. All that is kept for it: a reader that takes nothing costs this much. Not for two threads at once.
struct feed_cursor {
  explicit feed_cursor(std::uint64_t from_seq = 1, event_filter only = {}) : next_seq(from_seq), wanted(only) {}
  std::uint64_t next_seq;  ///< everything before it was given, or passed over because nobody wanted it
  event_filter wanted;
  std::unique_ptr<log_scan> stored;  ///< while it catches up from the log: kept open, since opening a scan costs more than reading a group
  std::uint64_t handed_over_at = 0;  ///< the first seq that came from memory after the last stretch from the log; 0: none yet
};

/// What a reader gets at once.
struct feed_batch {
  std::vector<group_ref> groups;  ///< with events that the reader wants and no others: whole groups where it wants all, never an empty one
  std::uint64_t through = 0;      ///< the reader has been given everything that it wants up to here
  log_head head;                  ///< durable up to here
  [[nodiscard]] bool at_head() const { return through >= head.seq; }
};

/// Written by the log's one writer, read by any thread. A reader that is within the memory's reach never touches the log, and the writer never waits for one.
class feed {
 public:
  /// `bytes_max` bounds what is kept of recent groups, counted as they lie in memory; 0: everything is read from the log.
  feed(std::shared_ptr<const event_log> log, std::uint64_t bytes_max);

  /// These are durable now, in order. Where they do not follow on what is kept (a group committed beside this feed), memory begins anew with them.
  void committed(const std::vector<group_ref>& groups, const log_head& head);
  [[nodiscard]] log_head head() const;

  /// What comes next for this reader: at least one group where there is one that it wants, and then more as long as there are fewer than `events_max` events.
  /// Looks at a bounded stretch of the log, so the batch may be empty although `through` has moved on: ask again while !at_head().
  /// Errors: the scan's. The cursor then stays where it was.
  result<feed_batch> take(feed_cursor& cursor, std::uint64_t events_max) const;
  /// The same without looking at the log: nothing where the reader's next event is no longer in memory, or not in it yet.
  [[nodiscard]] std::optional<feed_batch> take_recent(feed_cursor& cursor, std::uint64_t events_max) const;

  struct figures {
    std::uint64_t kept_groups = 0, kept_bytes = 0;
    std::uint64_t kept_from = 0;  ///< the first seq that is in memory; 0: none
  };
  [[nodiscard]] figures kept() const;

 private:
  struct kept_group {
    group_ref group;
    std::uint64_t bytes;
  };
  struct stretch {
    std::vector<group_ref> groups;
    log_head head;
  };
  [[nodiscard]] stretch recent(std::uint64_t from_seq) const;
  result<group_ref> next_stored(feed_cursor& cursor, std::uint64_t next_seq, std::uint64_t durable_seq) const;
  template <class Next> result<void> fill(feed_batch& batch, const feed_cursor& cursor, std::uint64_t events_max, Next next) const;

  std::shared_ptr<const event_log> log_;
  std::uint64_t bytes_max_;
  mutable std::mutex mutex_;
  std::deque<kept_group> kept_;
  std::uint64_t kept_bytes_ = 0;
  log_head head_;
};

}  // namespace tomnext::persistence
