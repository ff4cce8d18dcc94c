#include "persistence/feed.hpp"

#include <algorithm>

namespace tomnext::persistence {
namespace {

// Of the log or of memory, looked at in one go: bounds how long one reader keeps the others waiting.
constexpr std::size_t groups_looked_at_max = 512;
constexpr std::uint64_t events_looked_at_max = 16'384;

std::uint64_t bytes_of_group(const group& g) { return sizeof(group) + g.events.capacity() * sizeof(event); }

/// The group itself where all of it is wanted, a copy of what is wanted otherwise, nothing where that is nothing.
group_ref wanted_part(const group_ref& g, const event_filter& wanted, std::uint64_t from_seq) {
  const auto take = [&](const event& e) { return e.head.seq >= from_seq && wanted.wants(e); };
  const auto count = static_cast<std::size_t>(std::count_if(g->events.begin(), g->events.end(), take));
  if (count == g->events.size()) return g;
  if (count == 0) return {};
  auto part = std::make_shared<group>();
  part->epoch = g->epoch;
  part->events.reserve(count);
  std::copy_if(g->events.begin(), g->events.end(), std::back_inserter(part->events), take);
  return part;
}

}  // namespace

feed::feed(std::shared_ptr<const event_log> log, std::uint64_t bytes_max) : log_(std::move(log)), bytes_max_(bytes_max), head_(log_->head()) {}

void feed::committed(const std::vector<group_ref>& groups, const log_head& head) {
  std::vector<kept_group> dropped;  // freed behind the lock: a large group takes its time
  const std::scoped_lock lock(mutex_);
  for (const auto& g : groups) {
    if (!kept_.empty() && kept_.back().group->last_seq() + 1 != g->first_seq()) {
      std::move(kept_.begin(), kept_.end(), std::back_inserter(dropped));
      kept_.clear();
      kept_bytes_ = 0;
    }
    kept_.push_back({g, bytes_of_group(*g)});
    kept_bytes_ += kept_.back().bytes;
  }
  for (; kept_bytes_ > bytes_max_; kept_.pop_front()) {
    kept_bytes_ -= kept_.front().bytes;
    dropped.push_back(std::move(kept_.front()));
  }
  head_ = head;
}

log_head feed::head() const {
  const std::scoped_lock lock(mutex_);
  return head_;
}

feed::figures feed::kept() const {
  const std::scoped_lock lock(mutex_);
  return {kept_.size(), kept_bytes_, kept_.empty() ? 0 : kept_.front().group->first_seq()};
}

// References only, so that the writer does not wait for a reader's filter.
feed::stretch feed::recent(std::uint64_t from_seq) const {
  const std::scoped_lock lock(mutex_);
  stretch s;
  s.head = head_;
  if (kept_.empty() || from_seq < kept_.front().group->first_seq()) return s;
  auto at = std::upper_bound(kept_.begin(), kept_.end(), from_seq, [](std::uint64_t seq, const kept_group& k) { return seq < k.group->first_seq(); });
  std::uint64_t events = 0;
  for (--at; at != kept_.end() && s.groups.size() < groups_looked_at_max && events < events_looked_at_max; ++at) {
    if (at->group->last_seq() < from_seq) continue;
    events += at->group->events.size();
    s.groups.push_back(at->group);
  }
  return s;
}

// Takes one group after the other from `next`, which gives an empty reference at the end, until the reader has enough.
template <class Next> result<void> feed::fill(feed_batch& batch, const feed_cursor& cursor, std::uint64_t events_max, Next next) const {
  std::uint64_t wanted_events = 0, looked_at_events = 0;
  for (std::size_t looked_at = 0; looked_at < groups_looked_at_max && looked_at_events < events_looked_at_max && wanted_events < events_max; ++looked_at) {
    result<group_ref> g = next();
    if (!g) return g.error();
    if (!*g) return {};
    looked_at_events += (*g)->events.size();
    batch.through = (*g)->last_seq();
    auto part = wanted_part(*g, cursor.wanted, cursor.next_seq);
    if (!part) continue;
    wanted_events += part->events.size();
    batch.groups.push_back(std::move(part));
  }
  return {};
}

// Not beyond what the writer has said to be durable, whatever the log may hold already.
result<group_ref> feed::next_stored(feed_cursor& cursor, std::uint64_t next_seq, std::uint64_t durable_seq) const {
  if (next_seq > durable_seq) return group_ref{};
  if (cursor.stored) {
    // The scan ends where the log did when it was opened: what has come since takes another one.
    auto g = cursor.stored->next();
    if (!g || *g) return g;
    cursor.stored.reset();
  }
  auto opened = log_->scan(next_seq);
  if (!opened) return opened.error();
  cursor.stored = std::move(*opened);
  auto g = cursor.stored->next();
  if (g && !*g) return error(errc::log_gap, "event " + std::to_string(next_seq) + " is not in the log, which is durable up to " + std::to_string(durable_seq));
  return g;
}

std::optional<feed_batch> feed::take_recent(feed_cursor& cursor, std::uint64_t events_max) const {
  const auto from_memory = recent(cursor.next_seq);
  feed_batch batch;
  batch.head = from_memory.head;
  batch.through = cursor.next_seq - 1;
  if (cursor.next_seq > batch.head.seq) return batch;
  if (from_memory.groups.empty()) return std::nullopt;
  if (cursor.stored || cursor.handed_over_at == 0) cursor.handed_over_at = cursor.next_seq;
  cursor.stored.reset();
  const auto next = [&, i = std::size_t{0}]() mutable -> result<group_ref> { return i < from_memory.groups.size() ? from_memory.groups[i++] : group_ref{}; };
  if (!fill(batch, cursor, std::max<std::uint64_t>(events_max, 1), next)) return std::nullopt;  // memory has no errors
  cursor.next_seq = batch.through + 1;
  return batch;
}

result<feed_batch> feed::take(feed_cursor& cursor, std::uint64_t events_max) const {
  if (auto batch = take_recent(cursor, events_max)) return std::move(*batch);
  feed_batch batch;
  batch.head = head();
  batch.through = cursor.next_seq - 1;
  const auto next = [&] { return next_stored(cursor, batch.through + 1, batch.head.seq); };
  if (auto filled = fill(batch, cursor, std::max<std::uint64_t>(events_max, 1), next); !filled) {
    cursor.stored.reset();  // it is ahead of the cursor, which stays
    return filled.error();
  }
  cursor.next_seq = batch.through + 1;
  return batch;
}

}  // namespace tomnext::persistence
