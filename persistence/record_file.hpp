// RocksDB's record files (write-ahead logs, manifests), checked record by record. Opening a database gives up a damaged tail without saying where;
// this says where. Format: https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format
#pragma once
#include <cstdint>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

struct record_figures {
  std::uint64_t records = 0, bytes = 0;
  std::uint64_t torn_bytes = 0;   ///< at the end, of a record that never got whole: what a crash leaves
  std::uint64_t empty_bytes = 0;  ///< at the end, reserved and never written
};
/// errc::log_corrupt with the offset where a whole record's checksum does not match, or bytes lie where none may.
result<record_figures> check_record_file(const std::string& path);

/// A part of such a file, from the block at or before `offset` on; blocks can be checked by themselves, also while the file grows.
struct record_piece {
  std::uint64_t bytes = 0;  ///< read
  std::uint64_t next = 0;   ///< where to go on
  bool at_end = false;
};
result<record_piece> check_record_piece(const std::string& path, std::uint64_t offset, std::uint64_t bytes_max);

}  // namespace tomnext::persistence
