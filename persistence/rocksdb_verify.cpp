// How far a damaged log is good, and what lies on disk.
#include <filesystem>

#include "persistence/anchor.hpp"
#include "persistence/places.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence {

namespace rows {

bool rows_exist(const std::string& directory) {
  std::error_code ignored;
  return std::filesystem::exists(rows_folder(directory) + "/CURRENT", ignored);
}

bool anchor_exists(const std::string& directory) {
  std::error_code ignored;
  return std::filesystem::exists(anchor_file(directory), ignored);
}

}  // namespace rows

std::string rows_folder(const std::string& directory) { return directory + "/rows"; }
std::string anchor_file(const std::string& directory) { return directory + "/anchor"; }
bool log_exists(const std::string& directory) {
  if (rows::rows_exist(directory)) return true;
  if (!rows::anchor_exists(directory)) return false;
  // An anchor of no writer is what a crash leaves that came before the first rows: nothing has begun. One that cannot be read is a log that is damaged.
  const auto anchored = anchor::read(anchor_file(directory));
  return !anchored || anchored->epoch > 0;
}

std::uint64_t last_good_event(const std::string& directory) {
  // What lies before the base was archived: it counts as good here, and `log verify` reads it where it is.
  const auto base = read_base(directory).value_or(log_base{});
  std::uint64_t last = base.first_seq - 1;
  auto read = rows::guarded(directory, [&]() -> result<void> {
    // Up to the damage, wherever it lies: the one place where the recovery that forgives is right, since nothing is served from it.
    auto o = rows::database_options();
    o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    rocksdb::DB* raw = nullptr;
    if (auto s = rocksdb::DB::OpenForReadOnly(o, rows_folder(directory), &raw); !s.ok()) return rows::io_error(directory, s);
    const std::unique_ptr<rocksdb::DB> db(raw);
    auto it = std::unique_ptr<rocksdb::Iterator>(db->NewIterator(rows::reading()));
    it->Seek(rows::slice(rows::key_of(base.first_seq)));
    rows::scan walk(std::move(it), base.first_seq, UINT64_MAX, base.previous, directory);
    const auto encryption = read_encryption(directory).value_or(std::nullopt);
    for (;;) {
      auto more = walk.pass(encryption);
      if (!more) return more.error();
      last = walk.last();
    }
  });
  (void)read;  // it ends with an error in any case: at the damage, or at the end of the log
  return last;
}

result<disk_figures> disk_use(const std::string& directory) {
  disk_figures f;
  std::error_code bad;
  for (auto it = std::filesystem::recursive_directory_iterator(directory, bad); !bad && it != std::filesystem::recursive_directory_iterator();
       it.increment(bad)) {
    if (it.depth() == 0 && it->path().filename() == projections_folder_name) it.disable_recursion_pending();
    // Beside a writer files come and go: one that has gone since the folder was read takes no room.
    std::error_code gone;
    if (!it->is_regular_file(gone)) continue;
    const auto size = it->file_size(gone);
    if (gone == std::errc::no_such_file_or_directory) continue;
    if (gone) return error(errc::file_unreadable, it->path().string() + ": " + gone.message());
    ++f.files;
    const auto extension = it->path().extension();
    (extension == ".sst" ? f.table_bytes : extension == ".log" ? f.wal_bytes : f.other_bytes) += size;
  }
  if (bad) return error(errc::file_unreadable, directory + ": " + bad.message());
  return f;
}

}  // namespace tomnext::persistence
