// The log on disk: one RocksDB row per group, a hash chain over the groups, and an anchor outside RocksDB.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

/// When the anchor follows a commit. `before_acknowledgement` costs one more sync of 4 KiB and closes the last window in which a deleted
/// write-ahead log goes unnoticed; `periodic` anchors at open, at the first commit, every `anchor_every` commits, and at close.
enum class anchoring : std::uint8_t { before_acknowledgement, periodic };

/// Whether a log begins to be written encrypted. One that is stays so, whatever is said here (log_encryption.hpp).
enum class encryption : std::uint8_t { as_it_is, from_now_on };

struct rocksdb_options {
  durability when = durability::sync;
  anchoring anchors = anchoring::periodic;
  std::uint32_t anchor_every = 64;                 ///< commits, where periodic
  std::uint64_t write_buffer_bytes = 64u << 20;    ///< held in memory before they become a table
  std::uint64_t wal_bytes_max = 128u << 20;        ///< of write-ahead logs, beyond which tables are written: bounds the time of recovery
  std::uint64_t free_bytes_min = 64u << 20;        ///< with less room on the disk nothing is appended (errc::log_full), before RocksDB meets a full disk
  std::uint64_t ballast_bytes = 0;                 ///< a file that takes room until an operator gives it up (ballast.hpp); 0: none
  encryption encrypt = encryption::as_it_is;       ///< with the newest key of the process (log_keys.hpp)
  std::function<void(const std::string&)> tell{};  ///< called while opening with what an operator should know, and that is no reason to refuse
};

/// Opens for writing, and creates where there is nothing. Begins a new epoch. The log is read before anything is changed: what is refused stays as it is.
/// Destroying the log closes it: it is anchored and sealed (seal.hpp). With durability::at_sync nothing goes through the write-ahead log: rows are written once,
/// as tables, and a process that dies before sync() leaves a shorter log.
/// errc::log_locked: another process writes it · errc::log_corrupt: the chain, a checksum or the anchor disagrees · errc::log_gap ·
/// errc::log_key: it is written encrypted, and the keys are missing, older than the log, or another log's
result<std::unique_ptr<event_log>> open_log(const std::string& directory, const rocksdb_options& options);
/// Opens for reading only; writes nothing, and works beside a writer. Refuses like open_log, but for keys that are missing: then errc::log_key comes where an
/// encrypted group is read.
result<std::unique_ptr<event_log>> open_log_for_reading(const std::string& directory);
/// True where the directory holds a log.
bool log_exists(const std::string& directory);

/// Where the rows lie inside a log's directory.
std::string rows_folder(const std::string& directory);
std::string anchor_file(const std::string& directory);

/// The last event up to which every group can be read and the chain holds, whatever else is wrong. For messages.
std::uint64_t last_good_event(const std::string& directory);

/// A figure for `log stats`: bytes of the log's directory by kind of file.
struct disk_figures {
  std::uint64_t table_bytes = 0, wal_bytes = 0, other_bytes = 0, files = 0;
};
result<disk_figures> disk_use(const std::string& directory);

}  // namespace tomnext::persistence
