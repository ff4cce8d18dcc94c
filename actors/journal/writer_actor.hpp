// The writer: on a thread of its own, what has queued up while the last batch was synced is the next batch. Write and sync on one thread.
#pragma once
#include <deque>

#include "actors/journal/feed_link.hpp"
#include "actors/protocols.hpp"
#include "actors/runtime/instrumented.hpp"

namespace tomnext::actors {

/// Merges what is queued into rows, commits them with one sync, and when the log says so tells the durable feed and the journal. The log may answer later and
/// from another thread; so many batches are under way at most. A failed commit ends the actor, and the node with it: an error does not mean "not written",
/// so nothing is tried again. A full log is the exception, which refuses before it writes: the batch is kept and offered again each second.
class writer_state {
 public:
  static constexpr std::size_t batches_under_way_max = 8;
  /// `link` may be null: nobody reads the durable feed.
  writer_state(writer_protocol::pointer self, std::shared_ptr<persistence::event_log> log, std::shared_ptr<feed_link> link = {})
      : self_(self), record_(record_of(self)), log_(std::move(log)), link_(std::move(link)) {}
  writer_protocol::behavior_type behavior();

 private:
  using rows = std::vector<group_ref>;
  void commit();
  void commit(rows batch);
  void committed(const result<persistence::log_head>& head);
  void made_durable(const rows& batch, const persistence::log_head& head);
  void refused(const error& why);
  void try_again();

  writer_protocol::pointer self_;
  actor_record& record_;
  std::shared_ptr<persistence::event_log> log_;
  std::shared_ptr<feed_link> link_;
  journal_protocol journal_;  // whoever sent the first group
  feed_protocol feed_;
  std::vector<group_ref> queued_;
  std::deque<rows> under_way_;  // at the log, in order
  std::deque<rows> refused_;    // by a full log, in order; while there are any, nothing else is committed
  bool full_ = false;           // the journal was told, and nothing has been durable since
};

}  // namespace tomnext::actors
