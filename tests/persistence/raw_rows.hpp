// Rows behind the log's back: what a program with other intentions than ours could write.
#pragma once
#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/seal.hpp"
#include "tests/persistence/log_fixture.hpp"

namespace tomnext::tests {

inline std::unique_ptr<rocksdb::DB> open_rows(const std::string& directory) {
  rocksdb::Options o;
  rocksdb::DB* db = nullptr;
  if (auto s = rocksdb::DB::Open(o, persistence::rows_folder(directory), &db); !s.ok()) FAIL(s.ToString());
  return std::unique_ptr<rocksdb::DB>(db);
}

inline std::string row_key(std::uint64_t seq) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(seq >> shift & 0xff);
  return key;
}

/// An anchor and a seal that agree with what the rows are now.
inline void forge_witnesses(const std::string& directory, const persistence::log_head& head) {
  using namespace persistence;
  fs::remove(anchor_file(directory));
  {
    auto a = must(anchor::create(anchor_file(directory)));
    must(a.store(head));
    must(a.store(head));
  }
  // RocksDB's own diary is no part of a log.
  for (const auto& file : files_below(rows_folder(directory)))
    if (file.starts_with("LOG")) fs::remove(rows_folder(directory) + "/" + file);
  must(write_seal(directory, head, std::nullopt));
}

/// The same without looking into the groups: their bytes as `change(first seq, bytes)` leaves them, with checksums and a chain that agree.
template <class Change> persistence::log_head forge_bytes(const std::string& directory, Change change) {
  using namespace persistence;
  log_head head;
  {
    const auto db = open_rows(directory);
    const auto it = std::unique_ptr<rocksdb::Iterator>(db->NewIterator({}));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      auto bytes = it->value().ToString();
      const auto g = must(decode_group_head(bytes));
      change(g.first_seq, bytes);
      std::size_t at = 1;
      for (int varints = 0; varints < 3; ++at)
        if (static_cast<unsigned char>(bytes[at]) < 128) ++varints;
      bytes.replace(at, 32, bytes_of(head.chain_hash));
      const auto crc = crc32c(std::string_view(bytes).substr(0, bytes.size() - 4));
      bytes.replace(bytes.size() - 4, 4, reinterpret_cast<const char*>(&crc), 4);
      if (!db->Put({}, it->key(), bytes).ok()) FAIL("the row cannot be written");
      head = {g.first_seq + g.count - 1, g.epoch, chain(head.chain_hash, bytes)};
    }
    if (!db->Flush({}).ok()) FAIL("no flush");
  }
  forge_witnesses(directory, head);
  return head;
}

/// Writes the rows again from the group at `from_seq` on, each event as `change` leaves it, with a chain, an anchor and a seal that agree: what nothing
/// inside the log can tell from the truth.
template <class Change> persistence::log_head forge(const std::string& directory, std::uint64_t from_seq, Change change) {
  using namespace persistence;
  log_head head;
  {
    const auto db = open_rows(directory);
    const auto it = std::unique_ptr<rocksdb::Iterator>(db->NewIterator({}));
    std::string bytes;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      bytes = it->value().ToString();
      const auto g = must(decode_group(bytes));
      if (g.events->last_seq() >= from_seq) {
        auto changed = *g.events;
        for (auto& e : changed.events) change(e);
        encode_group(changed, head.chain_hash, bytes);
        if (!db->Put({}, it->key(), bytes).ok()) FAIL("the row cannot be written");
      }
      head = {g.events->last_seq(), g.events->epoch, chain(head.chain_hash, bytes)};
    }
    if (!db->Flush({}).ok()) FAIL("no flush");
  }
  forge_witnesses(directory, head);
  return head;
}

}  // namespace tomnext::tests
