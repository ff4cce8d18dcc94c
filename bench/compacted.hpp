// A log's tables as they are when RocksDB has packed them.
#pragma once
#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "bench/harness.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::bench {

/// As RocksDB does by and by.
inline void compact(const std::string& directory) {
  rocksdb::DB* raw = nullptr;
  const auto check = [&](const rocksdb::Status& s) {
    if (!s.ok()) stop(persistence::rows::io_error(directory, s));
  };
  check(rocksdb::DB::Open(persistence::rows::database_options(), persistence::rows_folder(directory), &raw));
  const std::unique_ptr<rocksdb::DB> db(raw);
  rocksdb::CompactRangeOptions all;
  all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  check(db->CompactRange(all, nullptr, nullptr));
  check(db->Close());
}

}  // namespace tomnext::bench
