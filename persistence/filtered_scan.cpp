#include "persistence/filtered_scan.hpp"

#include <algorithm>

#include "persistence/places.hpp"
#include "persistence/time_search.hpp"

namespace tomnext::persistence {
namespace {

/// The part of a range in which the filter can match at all. Empty (first > last) where there is none.
result<seq_range> narrowed(const event_log& log, const event_filter& wanted, const seq_range& asked) {
  const auto readable = log.first_seq();
  if (asked.first != 0 && asked.first < readable)
    return error(errc::log_archived, "event " + std::to_string(asked.first) + " was asked for; events before " + std::to_string(readable) +
                                         " lie in an archive that is not here: bring it back, or name the folder that has it in the environment variable " +
                                         archive_variable);
  seq_range range{std::max(asked.first, readable), std::min(asked.last, log.head().seq)};
  // Nothing of a workflow is earlier than the event that began it.
  if (wanted.correlation) range.first = std::max(range.first, *wanted.correlation);
  if (range.first > range.last) return range;
  if (wanted.from_at) {
    auto seq = seq_at(log, *wanted.from_at);
    if (!seq) return seq.error();
    range.first = std::max(range.first, *seq);
  }
  if (wanted.until_at) {
    auto seq = seq_at(log, *wanted.until_at);
    if (!seq) return seq.error();
    range.last = std::min(range.last, *seq - 1);
  }
  return range;
}

}  // namespace

result<filtered_scan> filtered_scan::open(const event_log& log, const event_filter& wanted, const seq_range& range, direction where_to, scan_progress go_on) {
  auto narrow = narrowed(log, wanted, range);
  if (!narrow) return narrow.error();
  filtered_scan s(wanted, *narrow, where_to, std::move(go_on));
  if (narrow->first > narrow->last) return s;
  auto groups = log.scan(where_to == direction::forward ? narrow->first : narrow->last, where_to);
  if (!groups) return groups.error();
  s.groups_ = std::move(*groups);
  return s;
}

result<const event*> filtered_scan::next() {
  for (;;) {
    if (const auto* e = next_in_group(); e != nullptr) return e;
    if (!groups_) return nullptr;
    TOMNEXT_TRY(read_group());
  }
}

const event* filtered_scan::next_in_group() {
  while (group_ && taken_ < group_->events.size()) {
    const auto count = group_->events.size();
    const event& e = group_->events[where_to_ == direction::forward ? taken_ : count - 1 - taken_];
    ++taken_;
    if (e.head.seq >= range_.first && e.head.seq <= range_.last && wanted_.wants(e)) return &e;
  }
  return nullptr;
}

result<void> filtered_scan::read_group() {
  // The group that held the far end of the range was the last that can match.
  const bool complete = group_ && (where_to_ == direction::forward ? group_->last_seq() >= range_.last : group_->first_seq() <= range_.first);
  if (complete) {
    groups_.reset();
    return {};
  }
  auto g = groups_->next();
  if (!g || !*g) groups_.reset();
  if (!g) {
    group_.reset();
    return g.error();
  }
  group_ = std::move(*g);
  taken_ = 0;
  if (!group_ || !go_on_ || go_on_(group_->first_seq())) return {};
  const auto at = group_->first_seq();
  groups_.reset();
  group_.reset();
  return error(errc::cancelled, "cancelled at event " + std::to_string(at));
}

}  // namespace tomnext::persistence
