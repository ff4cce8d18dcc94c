#include "persistence/rocksdb_salvage.hpp"

#include <filesystem>

#include "persistence/archive.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;
using rows::guarded, rows::seq_of, rows::view;

/// Up to the damage, wherever it lies: here the recovery that forgives is right, since every row is held against the chain.
rocksdb::Options forgiving() {
  auto o = rows::database_options();
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  o.track_and_verify_wals_in_manifest = false;
  o.paranoid_checks = false;
  return o;
}

class salvage final : public salvaged_rows {
 public:
  /// What comes before the base is read from the archive, and must be there: a log is made of all events from 1 on.
  salvage(std::unique_ptr<rocksdb::DB> db, std::string damage, const log_base& base, std::unique_ptr<row_source> archived)
      : db_(std::move(db)), at_(db_->NewIterator(rows::reading())), damage_(std::move(damage)), archived_(std::move(archived)) {
    at_->Seek(rows::slice(rows::key_of(base.first_seq == 1 ? 0 : base.first_seq)));
  }
  ~salvage() override {
    at_.reset();
    db_.reset();
  }

  result<std::optional<stored_row>> next() override {
    return guarded("salvaging", [&] { return read(); });
  }
  [[nodiscard]] const std::string& damage() const override { return damage_; }

  rows_behind behind() override {
    rows_behind found;
    if (!ended_) return found;
    auto walked = guarded("salvaging", [&]() -> result<void> {
      for (; at_->Valid(); at_->Next()) {
        const auto row = describe_row(view(at_->value()));
        if (!row || row->first_seq != seq_of(at_->key())) continue;
        ++found.groups;
        found.events += row->last_seq - row->first_seq + 1;
        found.bytes += row->bytes.size();
        if (found.first_seq == 0) found.first_seq = row->first_seq;
        found.last_seq = row->last_seq;
      }
      return {};
    });
    (void)walked;  // it is a count of what is lost anyway
    return found;
  }

 private:
  result<std::optional<stored_row>> read() {
    if (ended_) return std::optional<stored_row>{};
    if (archived_) {
      auto row = archived_->next();
      if (!row) return end(row.error().message);
      if (*row) {
        last_ = (*row)->last_seq;
        chained_ = (*row)->chained;
        return row;
      }
      archived_.reset();
    } else if (in_rows_) {
      at_->Next();
    }
    in_rows_ = true;
    if (!at_->Valid()) return end(at_->status().ok() ? "" : at_->status().ToString());
    auto row = describe_row(view(at_->value()));
    const auto first = seq_of(at_->key());
    const auto group = "group at event " + std::to_string(first) + ": ";
    if (first != last_ + 1) return end("events " + std::to_string(last_ + 1) + " to " + std::to_string(first - 1) + " are missing");
    if (!row) return end(group + row.error().message);
    if (row->first_seq != first) return end(group + "it says that it begins at " + std::to_string(row->first_seq));
    if (row->previous != chained_) return end(group + "the hash chain is broken before it");
    last_ = row->last_seq;
    chained_ = row->chained;
    return std::optional(*row);
  }

  result<std::optional<stored_row>> end(const std::string& why) {
    ended_ = true;
    if (!why.empty()) damage_ += (damage_.empty() ? "" : "; ") + why;
    return std::optional<stored_row>{};
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<rocksdb::Iterator> at_;
  std::string damage_;
  std::unique_ptr<row_source> archived_;
  std::uint64_t last_ = 0;
  hash256 chained_;
  bool in_rows_ = false, ended_ = false;
};

result<std::unique_ptr<rocksdb::DB>> open_forgiving(const std::string& rows) {
  rocksdb::DB* raw = nullptr;
  if (auto s = rocksdb::DB::OpenForReadOnly(forgiving(), rows, &raw); !s.ok()) return error(errc::log_corrupt, rows + ": " + s.ToString());
  return std::unique_ptr<rocksdb::DB>(raw);
}

/// The list of files anew, from the files that are there.
result<std::unique_ptr<rocksdb::DB>> rebuild(const std::string& directory, const std::string& scratch) {
  TOMNEXT_TRY(make_folder(scratch));
  const auto copy = rows_folder(scratch);
  std::error_code bad;
  fs::copy(rows_folder(directory), copy, fs::copy_options::recursive, bad);
  if (bad) return error(errc::log_io, copy + ": copying " + rows_folder(directory) + ": " + bad.message());
  if (auto s = rocksdb::RepairDB(copy, forgiving()); !s.ok()) return error(errc::log_corrupt, rows_folder(directory) + ": " + s.ToString());
  return open_forgiving(copy);
}

}  // namespace

result<std::unique_ptr<salvaged_rows>> salvage_rows(const std::string& directory, const std::string& scratch) {
  return guarded(directory, [&]() -> result<std::unique_ptr<salvaged_rows>> {
    std::string damage;
    // As the log is opened for reading: what that finds wrong is damage, whatever can be read all the same.
    if (auto strict = rows::open_for_reading(directory); !strict) damage = strict.error().message;
    auto db = open_forgiving(rows_folder(directory));
    if (!db) db = rebuild(directory, scratch);
    if (!db) return db.error();
    auto base = read_base(directory);
    if (!base) damage += (damage.empty() ? "" : "; ") + base.error().message;
    const auto begins = base.value_or(log_base{});
    std::unique_ptr<row_source> archived;
    if (begins.first_seq > 1) {
      auto before = archived_rows(archive_folder(directory), begins, 1, direction::forward);
      if (!before) return before.error().within(directory);
      archived = std::move(*before);
    }
    return std::unique_ptr<salvaged_rows>(std::make_unique<salvage>(std::move(*db), std::move(damage), begins, std::move(archived)));
  });
}

}  // namespace tomnext::persistence
