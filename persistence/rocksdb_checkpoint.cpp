#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <filesystem>

#include "persistence/anchor.hpp"
#include "persistence/checkpoint.hpp"
#include "persistence/files.hpp"
#include "persistence/new_file.hpp"
#include "persistence/new_log.hpp"
#include "persistence/places.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/seal.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

/// Where the log ends, read from its last row; the epoch is that of its newest writer.
result<log_head> head_of(const std::string& directory) {
  auto anchored = anchor::read(anchor_file(directory));
  if (!anchored) return anchored.error();
  auto rows = read_rows(directory, std::max<std::uint64_t>(anchored->seq, 1));
  if (!rows) return rows.error();
  log_head head;
  for (;;) {
    auto row = (*rows)->next();
    if (!row) return row.error();
    if (!*row) break;
    head = {(*row)->last_seq, std::max(anchored->epoch, (*row)->epoch), (*row)->chained};
  }
  if (head.seq == 0) return error(errc::invalid_argument, directory + ": the log has no events yet; there is nothing to copy");
  return head;
}

/// Breaks the seal for as long as RocksDB has the folder open. Where the disk fails meanwhile the log stays without one, as after a crash: what a failed sync
/// left may look whole today and not after a power cut.
class seal_lifted {
 public:
  static result<std::unique_ptr<seal_lifted>> of(const std::string& directory) {
    auto before = read_seal(directory);
    if (!before) return before.error();
    // A new seal over a damaged file would make it a good one.
    if (*before) TOMNEXT_TRY(check_seal(directory, **before));
    TOMNEXT_TRY(break_seal(directory));
    return std::unique_ptr<seal_lifted>(new seal_lifted(directory, std::move(*before)));
  }
  seal_lifted(const seal_lifted&) = delete;
  seal_lifted& operator=(const seal_lifted&) = delete;
  ~seal_lifted() = default;
  result<void> restore() {
    if (!before_) return {};
    const auto known = std::move(before_);
    before_.reset();
    return write_seal(directory_, known->head, known);
  }

 private:
  seal_lifted(const std::string& directory, std::optional<seal> before) : directory_(directory), before_(std::move(before)) {}
  std::string directory_;
  std::optional<seal> before_;
};

result<void> checkpoint_rows(const std::string& directory, const std::string& copy) {
  rocksdb::DB* raw = nullptr;
  if (auto s = rocksdb::DB::Open(rows::database_options(), rows_folder(directory), &raw); !s.ok()) return rows::io_error(directory, s);
  const std::unique_ptr<rocksdb::DB> db(raw);
  // What is only in the operating system's memory, or in RocksDB's, would be missing in the copy.
  if (auto s = db->SyncWAL(); !s.ok()) return rows::io_error(directory, s);
  if (auto s = db->Flush(rocksdb::FlushOptions()); !s.ok()) return rows::io_error(directory, s);
  rocksdb::Checkpoint* made = nullptr;
  if (auto s = rocksdb::Checkpoint::Create(db.get(), &made); !s.ok()) return rows::io_error(directory, s);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (auto s = checkpoint->CreateCheckpoint(rows_folder(copy)); !s.ok()) return rows::io_error(directory, s);
  if (auto s = db->Close(); !s.ok()) return rows::io_error(directory, s);
  return {};
}

/// Never changed once they have their name: another content of the same name is another file.
bool never_changes(const std::string& path) { return lies_in(path, "content") || lies_in(path, "snapshots") || lies_in(path, archive_folder_name); }

/// What the new log has of its own, what is no part of a log, and what is nothing. A lock that was linked would be held in both: those of folders too.
bool is_left_out(const std::string& path) {
  return path == "anchor" || path == "seal" || fs::path(path).filename() == lock_file_name || lies_in(path, "rows") || is_beside_log(path) ||
         path.ends_with(temporary_suffix);
}

result<void> carry(const std::string& directory, const std::string& copy, const std::string& path) {
  const auto from = directory + "/" + path, to = copy + "/" + path;
  TOMNEXT_TRY(make_folder(fs::path(to).parent_path().string()));
  if (never_changes(path) && calls().link(from.c_str(), to.c_str()) == 0) return sync_folder(fs::path(to).parent_path().string());
  // It changes, or lies on another file system, or on one without links.
  return copy_durably(from, to);
}

result<void> carry_others(const std::string& directory, const std::string& copy) {
  std::vector<std::string> paths;
  std::error_code bad;
  for (auto it = fs::recursive_directory_iterator(directory, bad); !bad && it != fs::recursive_directory_iterator(); it.increment(bad))
    if (it->is_regular_file(bad)) paths.push_back(it->path().lexically_relative(directory).generic_string());
  if (bad) return error(errc::file_unreadable, directory + ": " + bad.message());
  for (const auto& path : paths)
    if (!is_left_out(path)) TOMNEXT_TRY(carry(directory, copy, path));
  return {};
}

result<checkpoint_report> figures_of(const std::string& target, const log_head& head) {
  checkpoint_report report{head, 0, 0, 0};
  std::error_code bad;
  for (auto it = fs::recursive_directory_iterator(target, bad); !bad && it != fs::recursive_directory_iterator(); it.increment(bad)) {
    if (!it->is_regular_file(bad)) continue;
    const bool linked = it->hard_link_count(bad) > 1;
    ++(linked ? report.files_linked : report.files_copied);
    if (!linked) report.bytes_copied += it->file_size(bad);
  }
  if (bad) return error(errc::file_unreadable, target + ": " + bad.message());
  return report;
}

result<log_head> copy_log(const std::string& directory, new_log& made, const keep_going& go_on) {
  auto head = head_of(directory);
  if (!head) return head.error();
  auto lifted = seal_lifted::of(directory);
  if (!lifted) return lifted.error();
  TOMNEXT_TRY(checkpoint_rows(directory, made.path()));
  TOMNEXT_TRY((*lifted)->restore());
  TOMNEXT_TRY(carry_others(directory, made.path()));
  TOMNEXT_TRY(made.complete(*head, go_on));
  return head;
}

}  // namespace

result<checkpoint_report> checkpoint_log(const std::string& directory, const std::string& target, const keep_going& go_on) {
  return rows::guarded(directory, [&]() -> result<checkpoint_report> {
    TOMNEXT_TRY(must_be_apart(directory, target));
    if (!log_exists(directory)) return error(errc::file_unreadable, directory + ": there is no log here");
    auto lock = folder_lock::take(directory);
    if (!lock && lock.error().code == errc::log_locked)
      return error(errc::log_locked, directory + ": a node writes this log; `tomnext log backup` works beside it, or stop it first");
    if (!lock) return lock.error();
    auto made = new_log::begin(target);
    if (!made) return made.error();
    auto head = copy_log(directory, **made, go_on);
    if (!head) return head.error();
    auto figures = figures_of((*made)->path(), *head);
    if (!figures) return figures.error();
    TOMNEXT_TRY((*made)->publish());
    return figures;
  });
}

}  // namespace tomnext::persistence
