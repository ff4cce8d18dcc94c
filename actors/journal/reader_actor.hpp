// Reads the log and its snapshots on a thread of its own, for hosts that recover.
#pragma once
#include <map>

#include "actors/protocols.hpp"

namespace tomnext::actors {

class reader_state {
 public:
  /// `snapshots` may be null: a log in memory has none. `keys` tells which snapshots are those of a host.
  reader_state(reader_protocol::pointer self, std::shared_ptr<persistence::event_log> log, std::shared_ptr<const persistence::snapshot_store> snapshots,
               std::map<std::uint32_t, persistence::snapshot_key> keys)
      : self_(self), log_(std::move(log)), snapshots_(std::move(snapshots)), keys_(std::move(keys)) {}
  reader_protocol::behavior_type behavior();

 private:
  result<groups_ref> read(std::uint64_t from, std::uint64_t groups_max);
  result<snapshot_ref> newest_snapshot(std::uint32_t host) const;

  reader_protocol::pointer self_;
  std::shared_ptr<persistence::event_log> log_;
  std::shared_ptr<const persistence::snapshot_store> snapshots_;
  std::map<std::uint32_t, persistence::snapshot_key> keys_;
};

}  // namespace tomnext::actors
