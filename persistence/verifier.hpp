// `log verify`: one flipped bit anywhere in a log's files is refused.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

struct verify_report {
  std::uint64_t groups = 0, events = 0;
  std::uint64_t bytes = 0;  ///< of all files below the directory
  log_head head;
  std::uint64_t files = 0;      ///< below the directory
  std::uint64_t first_seq = 1;  ///< events before it lie in segments that are not here, and were not checked
  std::uint64_t segments = 0;   ///< of the archive, each checked against its own checksums and against the log
  bool sealed = false;          ///< it was closed in order, so that every byte of every file was compared; else those of OPTIONS, IDENTITY and LOCK were not
};

/// Reads everything, writes nothing. In order: the seal, both anchor slots, write-ahead logs and manifests record by record, the anchor against the log,
/// RocksDB's checksums of blocks and tables, every segment of the archive, checksum, chain and seq of every group that is here, contents, snapshots.
/// The error names the group by its event, or the file and the offset, and the last good event. `progress` is called with the last seq read (0 while files
/// are read); false ends it with errc::cancelled. Not for a log that is being written.
result<verify_report> verify_log(const std::string& directory, const std::function<bool(std::uint64_t seq)>& progress);

}  // namespace tomnext::persistence
