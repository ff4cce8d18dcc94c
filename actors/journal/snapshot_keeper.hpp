// Keeps snapshots of hosts: one that was taken is stored when its mark is durable, and not before (law 6).
#pragma once
#include <map>

#include "actors/protocols.hpp"

namespace tomnext::actors {

/// Reads the durable feed. A snapshot whose mark never becomes durable (its host died, say) is given up when a later one of the host comes.
class keeper_state {
 public:
  /// `store` may be null: a log in memory keeps no snapshots.
  keeper_state(keeper_protocol::pointer self, std::shared_ptr<const persistence::snapshot_store> store, feed_protocol feed, journal_protocol journal);
  keeper_protocol::behavior_type behavior();

 private:
  struct taken {
    std::uint32_t incarnation;
    snapshot_ref state;
  };
  void stop(const actor_error& reason);
  void on_durable(const std::vector<group_ref>& groups, const persistence::log_head& head);

  keeper_protocol::pointer self_;
  std::shared_ptr<const persistence::snapshot_store> store_;
  feed_protocol feed_;
  journal_protocol journal_;
  std::map<std::uint32_t, taken> waiting_;  // by host: the newest one taken
};

}  // namespace tomnext::actors
