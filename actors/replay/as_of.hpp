// The state of hosts as of any moment of a log.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "actors/replay/hosts.hpp"
#include "persistence/event_log.hpp"
#include "persistence/snapshots.hpp"

namespace tomnext::replay {

/// A host and its state: inputs up to `seq`, and its own outputs with a cause and a seq up to there (design law 8). Nothing is decided: what is recorded is
/// applied, whatever version decided it.
struct host_as_of {
  composed_host host;
  std::uint64_t seq = 0;
  timestamp at;              ///< of the event with that seq
  std::uint64_t inputs = 0;  ///< that were applied here
  std::uint64_t from = 0;    ///< the fold began behind this seq: a snapshot's, or 0
};

struct as_of_options {
  std::uint64_t seq = UINT64_MAX;                          ///< beyond the head: the head
  const persistence::snapshot_store* snapshots = nullptr;  ///< the newest that is early enough is begun with; null: from the first event
  std::uint64_t configuration_hash = 0;                    ///< of the snapshots
  std::function<bool(std::uint64_t)> on_progress = {};     ///< gets the seq reached; false cancels with errc::cancelled
};

/// One reading of the log for all of `hosts`, which are of a deployment that composed the log's.
/// errc::log_corrupt where an event answers an input that its host never received.
result<std::vector<host_as_of>> states_as_of(const persistence::event_log& log, std::vector<composed_host> hosts, const as_of_options& options);

}  // namespace tomnext::replay
