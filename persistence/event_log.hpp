// The log: append, scan, head, subscribe-from. Two implementations: memory_log and rocksdb_log.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "domain/base/result.hpp"
#include "domain/base/text.hpp"
#include "domain/events/event.hpp"

namespace tomnext::persistence {

/// Events committed together: whole or absent. Immutable once made; hosts, readers and the writer share it.
struct group {
  std::uint64_t epoch{};      ///< the writer's fencing epoch
  std::vector<event> events;  ///< contiguous seqs, never empty
  [[nodiscard]] std::uint64_t first_seq() const { return events.front().head.seq; }
  [[nodiscard]] std::uint64_t last_seq() const { return events.back().head.seq; }
};
using group_ref = std::shared_ptr<const group>;

/// Where the log ends. seq 0: empty.
struct log_head {
  std::uint64_t seq{};
  std::uint64_t epoch{};
  hash256 chain_hash;  ///< SHA-256 over the last group and its predecessor's hash
  bool operator==(const log_head&) const = default;
};

/// Which way a scan goes.
enum class direction : std::uint8_t { forward, backward };

/// Reads groups in the order of the scan's direction. Nothing more is read after an error.
class log_scan {
 public:
  virtual ~log_scan() = default;
  /// The next group, or an empty reference at the end.
  virtual result<group_ref> next() = 0;
};

/// When an append counts as durable.
enum class durability : std::uint8_t {
  sync,     ///< fdatasync before the acknowledgement (default)
  os,       ///< handed to the operating system: survives the process, not the machine
  at_sync,  ///< not before event_log::sync() or the end of the log: for a log that is thrown away where its making fails
};

/// Ends a subscription when destroyed.
class subscription {
 public:
  virtual ~subscription() = default;
};

class event_log {
 public:
  virtual ~event_log() = default;

  /// Commits groups in order, in one batch with one sync: all of them, or on an error none that was refused.
  /// errc::log_gap: the first event's seq is not head + 1, or the seqs are not contiguous · errc::invalid_argument: a group that could not be read back
  /// (empty, too large, an event of no known type) · errc::stale_incarnation: a group of an epoch that is not this writer's.
  /// After an I/O error (errc::log_io) nothing more is accepted: an error does not mean "not written".
  /// Not called from two threads at once.
  virtual result<log_head> append(std::span<const group_ref> groups) = 0;
  [[nodiscard]] virtual log_head head() const = 0;
  /// All that was appended is durable when it returns, whatever an append waits for. errc::log_io, after which nothing more is accepted.
  virtual result<void> sync() { return {}; }
  /// Commits as `append` does, and then says so: on the calling thread before it returns, or, where a log has to hear from other machines first, later
  /// and on another thread. What was handed in earlier is committed earlier; after an error nothing later is committed.
  virtual void commit(std::vector<group_ref> groups, std::function<void(result<log_head>)> committed) { committed(append(groups)); }
  /// Forward: groups from the one that holds `from_seq` (1 = the beginning) to the head at the time of the call; beyond the head there are none.
  /// Backward: from the one that holds `from_seq`, or from the head where that is earlier, down to the first.
  /// Checks each crc and the chain on the way. errc::log_archived where events before first_seq() are asked for.
  [[nodiscard]] virtual result<std::unique_ptr<log_scan>> scan(std::uint64_t from_seq, direction where_to) const = 0;
  [[nodiscard]] result<std::unique_ptr<log_scan>> scan(std::uint64_t from_seq) const { return scan(from_seq, direction::forward); }
  /// The first event that can be read here: 1, or a later one where what comes before was archived and the archive is elsewhere.
  [[nodiscard]] virtual std::uint64_t first_seq() const { return 1; }
  /// True where a group ends at h.seq and the chain up to it is h.chain_hash: this log's history is the one that `h` was taken from. seq 0: true.
  [[nodiscard]] virtual result<bool> holds(const log_head& h) const = 0;
  /// Calls `deliver` with every group from the one that holds from_seq on: first the stored ones, on the calling thread, then each newly committed
  /// one on the appending thread, with no gap and no double at the hand-over.
  virtual result<std::unique_ptr<subscription>> subscribe_from(std::uint64_t from_seq, std::function<void(const group_ref&)> deliver) = 0;
};

}  // namespace tomnext::persistence
