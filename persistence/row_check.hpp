// The rows of a log, checked on several threads. Each row names the hash before it, so ranges of rows are proven by themselves, and then their seams.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

/// How much of a row is looked at.
enum class row_depth : std::uint8_t {
  envelopes,  ///< checksum, chain, seqs, and the type and version of every event: that these are the writer's bytes, and known to this build
  payloads,   ///< and every payload is decoded
};

struct row_check {
  std::uint64_t from_seq = 1;  ///< rows from the one that holds this event
  unsigned threads = 1;        ///< at least 1
  row_depth depth = row_depth::payloads;
  std::optional<hash256> previous{};  ///< the chain before that row, where it is known
};

struct row_figures {
  std::uint64_t groups = 0, events = 0;
  std::uint64_t bytes = 0;                               ///< of the groups, as they are before RocksDB compresses them
  std::uint64_t first_seq = 0;                           ///< of the first row that was checked
  log_head head;                                         ///< of the last
  std::vector<event> declarations;                       ///< log_declared, configuration_set and model_file_added, in their order
  std::map<std::uint32_t, std::uint64_t> groups_by_key;  ///< encrypted ones; 0 is no key
  /// Encrypted ones whose key this process does not have: proven by checksum and chain; their declarations are not among those above.
  std::uint64_t groups_unread = 0;
};

/// Of an encrypted group the types of its events are known when it is decrypted: so it is, at either depth, where there is a key.
/// Checks the tables of a log's directory against the checksums that the manifest has of them, then its rows. Tables that hold no row from `from_seq` on are
/// left out. `progress` is called on this thread with the number of events checked so far, ascending, 0 while tables are read; false ends it with
/// errc::cancelled. The error names the table and the block, or is that of the first bad row, as a scan from `from_seq` would have met it.
result<row_figures> check_rows(const std::string& directory, const row_check& what, const std::function<bool(std::uint64_t events)>& progress);

/// The tables alone, each against the manifest's checksum of it, on this thread. `progress` is called with 0.
result<void> check_tables(const std::string& directory, const std::function<bool(std::uint64_t events)>& progress);

/// The chain hash of the first group, which no other log has; nothing where the log does not begin with event 1, or is empty.
result<std::optional<hash256>> first_chain_hash(const std::string& directory);

}  // namespace tomnext::persistence
