// The base: where the rows of a log begin. Whatever comes before it was archived, and is read from there (archive.hpp).
//
//   "tomnext-base" · format u32 = 2 · first seq u64 · chain hash before it 32 bytes · hosts u32, each: name: length u32, bytes · service version u32 ·
//   state version u32 · configuration hash u64 · crc32c u32 of all before it. Little-endian. Format 1 has no hosts, and is read.
//
// It is durable before the first row goes: a log whose base is written and whose older rows are still there is read as if they had gone. The hosts are those
// that were activated before it: `log retain` must know of them when the archive is elsewhere.
#pragma once
#include <string>
#include <vector>

#include "persistence/event_log.hpp"
#include "persistence/snapshots.hpp"

namespace tomnext::persistence {

struct log_base {
  std::uint64_t first_seq = 1;  ///< of the first row; a group begins there
  hash256 previous;             ///< the chain before it
  bool operator==(const log_base&) const = default;
};

std::string base_file(const std::string& directory);
/// Event 1 where there is no such file. errc::log_corrupt where it is damaged.
result<log_base> read_base(const std::string& directory);
/// Of the hosts that were activated before the base, how each was activated last. Nothing where the file is of format 1, which does not say.
result<std::optional<std::vector<snapshot_key>>> hosts_before_base(const std::string& directory);
/// Durable when it returns.
result<void> write_base(const std::string& directory, const log_base& base, const std::vector<snapshot_key>& hosts);

}  // namespace tomnext::persistence
