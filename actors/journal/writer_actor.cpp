#include "actors/journal/writer_actor.hpp"

#include <spdlog/spdlog.h>

#include <thread>

#include "actors/runtime/clock.hpp"

namespace tomnext::actors {
namespace {

constexpr auto full_log_retry = std::chrono::seconds(1);

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

// What became of a commit that answered before it returned. Read and written on the committing thread alone.
struct immediate_answer {
  std::thread::id committing = std::this_thread::get_id();
  bool inside = true;
  commit_ref answer;
};

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
      [this](committed_atom, const commit_ref& head) {
        committed(*head);
        commit();
      },
      [this](watch_atom) { try_again(); },
      [this](subscribe_atom, const actor_ptr& feed) {
        feed_ = handle_of<feed_protocol>(feed);
        // What the feed's earlier life was told may have ended with it.
        if (link_) link_->told.store(true);
        tell(self_, feed_, durable_v);
      },
  };
}

void writer_state::commit() {
  if (queued_.empty() || !refused_.empty() || under_way_.size() >= batches_under_way_max) return;
  commit(merged(std::exchange(queued_, {})));
}

void writer_state::commit(rows batch) {
  const auto now = std::make_shared<immediate_answer>();
  under_way_.push_back(batch);
  log_->commit(std::move(batch), [now, me = writer_protocol(self_)](result<persistence::log_head> head) {
    auto answer = std::make_shared<const result<persistence::log_head>>(std::move(head));
    if (now->committing == std::this_thread::get_id() && now->inside) now->answer = std::move(answer);
    else tell_from_outside(me, committed_v, commit_ref(std::move(answer)));
  });
  now->inside = false;
  if (now->answer) committed(*now->answer);
}

// Answers come in the order of the batches. Behind a refused batch nothing is committed: what the log says to those is that they do not follow.
void writer_state::committed(const result<persistence::log_head>& head) {
  if (under_way_.empty()) return self_->quit(to_caf({errc::log_io, "writing the log: it answers a commit that was not asked for"}));
  const auto batch = std::move(under_way_.front());
  under_way_.pop_front();
  if (head && refused_.empty()) return made_durable(batch, *head);
  const bool behind_refused = !refused_.empty() && !head && head.error().code == errc::log_gap;
  if (head || (head.error().code != errc::log_full && !behind_refused))
    return self_->quit(to_caf((head ? error(errc::log_io, "it took a batch behind one that it had refused") : head.error()).within("writing the log")));
  if (refused_.empty()) refused(head.error());
  refused_.push_back(batch);
}

void writer_state::made_durable(const rows& batch, const persistence::log_head& head) {
  record_.handles(batch.front()->first_seq(), batch.back()->last_seq());
  if (std::exchange(full_, false)) {
    record_.set_state("running");
    spdlog::info("the log takes events again, from event {} on", batch.front()->first_seq());
  }
  // The feed first: its readers' way out of the process is the longer one.
  if (link_) {
    link_->recent.committed(batch, head);
    if (feed_) link_->announce(feed_, monotonic_now(self_));
  }
  tell_urgently(self_, journal_, durable_v, std::make_shared<const persistence::log_head>(head));
}

// Nothing of it was written, so it may be offered again. Meanwhile hosts' reactions queue up here, as many as the journal's window lets in.
void writer_state::refused(const error& why) {
  tell_later(self_, full_log_retry, watch_v);
  if (std::exchange(full_, true)) return;
  record_.set_error(why.message);
  record_.set_state("log full");
  spdlog::error("the log takes nothing: {}; it is tried again each second", why.message);
  tell(self_, journal_, full_v, why.message);
}

void writer_state::try_again() {
  if (refused_.empty()) return;
  if (!under_way_.empty()) return tell_later(self_, full_log_retry, watch_v);  // their refusals are still to come
  rows all;
  for (const auto& batch : std::exchange(refused_, {})) all.insert(all.end(), batch.begin(), batch.end());
  all.insert(all.end(), queued_.begin(), queued_.end());
  queued_ = std::move(all);
  commit();
}

}  // namespace tomnext::actors
