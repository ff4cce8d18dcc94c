// Backups of a log: segments of its rows and its contents, with a manifest. Taken beside the writer; each adds what is new since the one before it.
//
//   TARGET/manifest.json  what belongs to the backup (backup_manifest.hpp); without it there is no backup
//   TARGET/segments/      rows, byte for byte (segment.hpp)
//   TARGET/content/       configurations and models by their SHA-256
//   TARGET/unfinished     while the first backup is being made
//   TARGET/lock           empty; locked by the one who writes
//
// The manifest is written anew after each segment: at every moment the backup is whole up to the head that it names. Snapshots are left out: they are never
// needed for correctness. A key that the rows are encrypted with is no part of it.
#pragma once
#include <optional>
#include <string>

#include "persistence/backup_manifest.hpp"
#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

struct backup_options {
  timestamp now;                                           ///< what the manifest says of when it was taken
  std::uint64_t segment_bytes = std::uint64_t{256} << 20;  ///< bytes of rows in a segment: how much is done again after a break
};

struct backup_report {
  log_head head;                                  ///< of the backup
  std::uint64_t before{};                         ///< the last event of the backup before this one; 0: there was none
  std::uint64_t segments{}, contents{}, bytes{};  ///< of all of it
  std::uint64_t segments_new{}, contents_new{}, bytes_new{};
};

/// Files that the backup had are looked for, and not read (verify_backup does). Every file that is written is read again and checked before the manifest names it. Cancelled or broken off, the backup is what it was after its last whole
/// segment, or is not there at all; the next call goes on from there. errc::invalid_argument: the target is something else, or lies within the log ·
/// errc::log_corrupt: the target is the backup of another history, lacks a file, or a part of the log is damaged · errc::log_locked: another backup runs
/// errc::log_gap, errc::log_archived: events between the backup's end and the log's beginning are not there
result<backup_report> backup_log(const std::string& directory, const std::string& target, const backup_options& options, const keep_going& go_on);

/// Reads all of it: the manifest, every file's SHA-256, every row's checksum, the chain from event 1 to the head. Changes nothing.
/// errc::file_unreadable where there is no backup.
result<backup_report> verify_backup(const std::string& target, const keep_going& go_on);

/// Whether the log goes on from the backup, or holds its last group: errc::log_corrupt where it is the backup of another history.
result<void> check_backup_of(const std::string& directory, const std::string& target);

/// Where a restored log ends: with the last group that ends at or before it. Neither: all of the backup.
struct restore_point {
  std::optional<std::uint64_t> seq;
  std::optional<timestamp> at;
};

/// A new log of the backup's events up to the point, with all contents, in a folder that does not exist or is empty. Returns its head.
/// errc::invalid_argument: no group ends by then, or the backup ends before the seq · as make_log
result<log_head> restore_log(const std::string& target, const std::string& directory, const restore_point& point, const keep_going& go_on);

}  // namespace tomnext::persistence
