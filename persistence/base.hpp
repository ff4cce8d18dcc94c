// The base: where the rows of a log begin. Whatever comes before it was archived, and is read from there (archive.hpp).
//
//   "tomnext-base" · format u32 = 1 · first seq u64 · chain hash before it 32 bytes · crc32c u32 of all before it. Little-endian.
//
// It is durable before the first row goes: a log whose base is written and whose older rows are still there is read as if they had gone.
#pragma once
#include <string>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

struct log_base {
  std::uint64_t first_seq = 1;  ///< of the first row; a group begins there
  hash256 previous;             ///< the chain before it
  bool operator==(const log_base&) const = default;
};

std::string base_file(const std::string& directory);
/// Event 1 where there is no such file. errc::log_corrupt where it is damaged.
result<log_base> read_base(const std::string& directory);
/// Durable when it returns.
result<void> write_base(const std::string& directory, const log_base& base);

}  // namespace tomnext::persistence
