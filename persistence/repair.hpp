// Repair: makes a new log of what can be read and proved of a damaged one, and says what is not in it. The damaged log is never changed.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "persistence/rocksdb_salvage.hpp"

namespace tomnext::persistence {

struct dropped_file {
  std::string path;  ///< below the log's directory
  std::uint64_t bytes{};
  std::string why;
};

struct repair_report {
  log_head head;                                ///< of the copy
  std::string damage;                           ///< what was found wrong; empty: nothing
  std::optional<std::uint64_t> expected_seq;    ///< what the anchor or the seal says that the log holds at least; nothing where neither can be read
  rows_behind behind;                           ///< rows behind the damage, not in the copy
  std::vector<dropped_file> files;              ///< contents that are damaged, and files that are no part of a log
  std::uint64_t snapshots{}, snapshot_bytes{};  ///< never needed, made anew by the node, and not in the copy either
  std::uint64_t contents{}, row_bytes{};        ///< in the copy

  /// Events that are known to be lost: from head.seq + 1 on.
  [[nodiscard]] std::uint64_t last_dropped() const { return std::max({head.seq, expected_seq.value_or(0), behind.last_seq}); }
  [[nodiscard]] bool nothing_dropped() const { return damage.empty() && expected_seq && last_dropped() == head.seq && files.empty(); }
};

/// The longest run of rows from event 1 on with an unbroken chain, and the contents that have their hash, as a new log in `copy`, which must not exist or be
/// empty. May need room for a second copy of the rows while it works. errc::log_locked: a node writes the log · errc::invalid_argument: the copy is the log,
/// lies in it, or is not free · errc::log_corrupt: not even the first group can be read
result<repair_report> repair_log(const std::string& directory, const std::string& copy, const keep_going& go_on);

}  // namespace tomnext::persistence
