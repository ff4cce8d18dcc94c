#include "persistence/rocksdb_tables.hpp"

#include <rocksdb/sst_file_reader.h>

#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence {

result<void> check_table_blocks(const std::string& path) {
  return rows::guarded(path, [&]() -> result<void> {
    rocksdb::SstFileReader reader(rows::database_options());
    auto s = reader.Open(path);
    if (s.ok()) s = reader.VerifyChecksum(rows::reading());
    if (s.ok()) return {};
    return error(s.IsIOError() ? errc::log_io : errc::log_corrupt, path + ": " + s.ToString());
  });
}

namespace rows {

result<std::vector<table_file>> tables_of(rocksdb::DB& db, const std::string& directory) {
  std::vector<rocksdb::LiveFileMetaData> live;
  db.GetLiveFilesMetaData(&live);
  std::vector<table_file> found;
  found.reserve(live.size());
  for (const auto& f : live) {
    found.push_back({rows_folder(directory) + f.name, f.size, seq_of(f.largestkey), std::nullopt});
    const auto& sum = f.file_checksum;
    if (f.file_checksum_func_name != "FileChecksumCrc32c" || sum.size() != 4) continue;
    std::uint32_t crc = 0;
    for (const char c : sum) crc = crc << 8 | static_cast<unsigned char>(c);  // RocksDB stores it big-endian
    found.back().crc = crc;
  }
  return found;
}

}  // namespace rows
}  // namespace tomnext::persistence
