#include "actors/journal/writer_actor.hpp"

namespace tomnext::actors {
namespace {

// A row of the log holds at most so many events, where it was merged.
constexpr std::size_t merged_events_max = 4'096;

// Whole reactions stay together: groups are merged, never split.
std::vector<group_ref> merged(const std::vector<group_ref>& queued) {
  std::vector<group_ref> rows;
  for (std::size_t i = 0; i < queued.size();) {
    std::size_t events = 0, last = i;
    while (last < queued.size() && (last == i || events + queued[last]->events.size() <= merged_events_max)) events += queued[last++]->events.size();
    if (last == i + 1) {
      rows.push_back(queued[i]);
    } else {
      auto row = std::make_shared<persistence::group>();
      row->epoch = queued[i]->epoch;
      row->events.reserve(events);
      for (std::size_t k = i; k < last; ++k) row->events.insert(row->events.end(), queued[k]->events.begin(), queued[k]->events.end());
      rows.push_back(std::move(row));
    }
    i = last;
  }
  return rows;
}

}  // namespace

writer_protocol::behavior_type writer_state::behavior() {
  return {
      [this](write_atom, const group_ref& group) {
        if (!journal_) journal_ = handle_of<journal_protocol>(self_->current_sender());
        // The flush lies behind everything that is queued already: natural batching, without a timer.
        if (queued_.empty()) tell(self_, self_, flush_v);
        queued_.push_back(group);
      },
      [this](flush_atom) { commit(); },
      [this](subscribe_atom, const std::string& name, const actor_ptr& who) { subscribe(name, who); },
      [this](done_atom, const std::string& name, std::uint64_t seq) {
        if (const auto found = subscribers_.find(name); found != subscribers_.end()) found->second.done_to = std::max(found->second.done_to, seq);
      },
  };
}

void writer_state::commit() {
  if (queued_.empty()) return;
  const auto rows = merged(queued_);
  queued_.clear();
  auto head = log_->append(rows);
  if (!head) {
    self_->quit(to_caf(head.error().within("writing the log")));
    return;
  }
  const auto shared = std::make_shared<const std::vector<group_ref>>(rows);
  const auto durable_head = std::make_shared<const persistence::log_head>(*head);
  for (auto& [name, s] : subscribers_) tell(self_, s.who, durable_v, shared, durable_head);
  tell(self_, journal_, durable_v, durable_head);
}

// A restarted adapter hears what it has not done: what became durable while it was away, and what lay in its queue when it died.
void writer_state::subscribe(const std::string& name, const actor_ptr& who) {
  auto [found, fresh] = subscribers_.try_emplace(name);
  auto& s = found->second;
  s.who = handle_of<durable_feed>(who);
  const auto head = log_->head();
  if (fresh) s.done_to = head.seq;
  if (s.done_to >= head.seq) return;
  auto scan = log_->scan(s.done_to + 1);
  if (!scan) return self_->quit(to_caf(scan.error().within("catching up the durable feed")));
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return self_->quit(to_caf(g.error().within("catching up the durable feed")));
    if (!*g) break;
    tell(self_, s.who, durable_v, std::make_shared<const std::vector<group_ref>>(1, *g), std::make_shared<const persistence::log_head>(head));
  }
}

}  // namespace tomnext::actors
