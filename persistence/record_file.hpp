// RocksDB's record files (write-ahead logs, manifests), checked record by record. Opening a database gives up a damaged tail without saying where;
// this says where. Format: https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format
#pragma once
#include <cstdint>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

struct record_figures {
  std::uint64_t records = 0, bytes = 0;
  std::uint64_t torn_bytes = 0;  ///< at the end, of a record that never got whole: what a crash leaves
};
/// errc::log_corrupt with the offset where a whole record's checksum does not match, or bytes lie where none may.
result<record_figures> check_record_file(const std::string& path);

}  // namespace tomnext::persistence
