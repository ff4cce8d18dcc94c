// The writer: on a thread of its own, what has queued up while the last batch was synced is the next batch. Write and sync on one thread.
#pragma once
#include <map>

#include "actors/protocols.hpp"

namespace tomnext::actors {

/// Merges what is queued into one group, appends it with one sync, tells the durable feed and the journal. A failed append ends the actor, and the node
/// with it: an error does not mean "not written", so nothing is tried again.
class writer_state {
 public:
  writer_state(writer_protocol::pointer self, std::shared_ptr<persistence::event_log> log) : self_(self), log_(std::move(log)) {}
  writer_protocol::behavior_type behavior();

 private:
  struct subscriber {
    durable_feed who;
    std::uint64_t done_to = 0;  ///< what was only sent to it may be lost with it
  };
  void commit();
  void subscribe(const std::string& name, const actor_ptr& who);
  /// The journal is whoever sent the first group.
  journal_protocol journal_;
  writer_protocol::pointer self_;
  std::shared_ptr<persistence::event_log> log_;
  std::vector<group_ref> queued_;
  std::map<std::string, subscriber> subscribers_;
};

}  // namespace tomnext::actors
