#include "actors/journal/feed_link.hpp"

namespace tomnext::actors {

void feed_link::give(const std::string& name, reader& r, persistence::feed_batch batch, const feed_protocol& feed, actor_time now) {
  if (batch.groups.empty()) {
    if (r.outstanding.empty()) done_to[name] = std::max(done_to[name], batch.through);
    else r.outstanding.back().through = batch.through;
    return;
  }
  std::uint64_t events = 0;
  for (const auto& g : batch.groups) events += g->events.size();
  if (r.outstanding.empty()) r.returned = now;
  r.outstanding.push_back({batch.groups.back()->last_seq(), batch.through, events});
  r.outstanding_events += events;
  groups_ref groups = std::make_shared<const std::vector<group_ref>>(std::move(batch.groups));
  durable_ref head = std::make_shared<const persistence::log_head>(batch.head);
  tell_as(feed, r.who, durable_v, groups, head);
}

void feed_link::announce(const feed_protocol& feed, actor_time now) {
  if (!serve_recent(feed, now) && !told.exchange(true)) tell_from_outside(feed, durable_v);
}

// Gives all readers what is in memory. False where that is not all that they could have now.
bool feed_link::serve_recent(const feed_protocol& feed, actor_time now) {
  const std::unique_lock lock(serving, std::try_to_lock);
  if (!lock || awaited) return false;
  bool all = true;
  for (auto& [name, r] : readers) {
    if (r.outstanding_events >= r.credit_events) continue;  // it is served when it returns some
    auto batch = recent.take_recent(r.cursor, r.credit_events - r.outstanding_events);
    if (!batch) {
      all = false;
      continue;
    }
    const bool has_rest = !batch->at_head();
    give(name, r, std::move(*batch), feed, now);
    all = all && !(has_rest && r.outstanding_events < r.credit_events);
  }
  return all;
}

}  // namespace tomnext::actors
