// `log verify`: one flipped bit anywhere in a log's files is refused.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "persistence/event_log.hpp"
#include "persistence/row_check.hpp"

namespace tomnext::persistence {

struct verify_report {
  std::uint64_t groups = 0, events = 0;
  std::uint64_t bytes = 0;  ///< of all files below the directory
  log_head head;
  std::uint64_t files = 0;             ///< below the directory
  std::uint64_t group_bytes = 0;       ///< of the groups, as they are before they are compressed
  std::uint64_t first_seq = 1;         ///< of the first group that was read; events before it lie in segments that are not here, or before what was asked for
  std::uint64_t segments = 0;          ///< of the archive, each checked against its own checksums and against the log
  std::uint64_t contents_missing = 0;  ///< configurations and models that events name and that were not here either when the log was closed in order
  std::map<std::uint32_t, std::uint64_t> groups_by_key;                        ///< encrypted groups, by the id of their key
  std::uint64_t groups_unread = 0, contents_unread = 0, snapshots_unread = 0;  ///< encrypted, and their key is not here: their checksums and the chain hold
  bool sealed = false;  ///< it was closed in order, so that every byte of every file was compared; else those of OPTIONS, IDENTITY and LOCK were not
};

/// What becomes of a log whose encrypted parts cannot all be read.
enum class without_keys : std::uint8_t {
  refused,  ///< errc::log_key when all else has been checked, with the figures
  told,     ///< by the report
};

struct verify_options {
  std::uint64_t from_seq = 1;  ///< rows before the one that holds it are not read, nor tables that have only such; then the seal is not compared
  unsigned threads = 0;        ///< 0: as many as the machine has processors
  row_depth depth = row_depth::payloads;
  without_keys missing_keys = without_keys::refused;
};

/// Of an encrypted log whose keys are not here, checksums and the chain are checked, and not which configurations and models its events name.
/// Reads everything, writes nothing. In order: the seal, both anchor slots, write-ahead logs and manifests record by record, the anchor against the log,
/// every segment of the archive, the checksums of tables, checksum, chain and seq of every group from the first, contents (in a declared log also whether any is
/// missing that was there), snapshots.
/// The error names the group by its event, or the file and the offset, and the last good event. `progress` is called on this thread with the number of events
/// read so far, ascending (0 while files are read); false ends it with errc::cancelled. Not for a log that is being written.
result<verify_report> verify_log(const std::string& directory, const verify_options& options, const std::function<bool(std::uint64_t events)>& progress);
inline result<verify_report> verify_log(const std::string& directory, const std::function<bool(std::uint64_t events)>& progress) {
  return verify_log(directory, verify_options{}, progress);
}

}  // namespace tomnext::persistence
