#include "persistence/rocksdb_salvage.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

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

using database = std::shared_ptr<rocksdb::DB>;

class salvage final : public salvaged_rows {
 public:
  /// From event 1 in the rows, or through `archived` to the base and from there in the rows: a log is made of all events from 1 on.
  salvage(database db, std::string damage, std::uint64_t rows_from, std::unique_ptr<row_source> archived)
      : db_(std::move(db)), at_(db_->NewIterator(rows::reading())), damage_(std::move(damage)), archived_(std::move(archived)) {
    at_->Seek(rows::slice(rows::key_of(rows_from)));
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

  database db_;
  std::unique_ptr<rocksdb::Iterator> at_;
  std::string damage_;
  std::unique_ptr<row_source> archived_;
  std::uint64_t last_ = 0;
  hash256 chained_;
  bool in_rows_ = false, ended_ = false;
};

result<database> open_forgiving(const std::string& rows) {
  rocksdb::DB* raw = nullptr;
  if (auto s = rocksdb::DB::OpenForReadOnly(forgiving(), rows, &raw); !s.ok()) return error(errc::log_corrupt, rows + ": " + s.ToString());
  return database(raw);
}

/// The list of files anew, from the files that are there.
result<database> rebuild(const std::string& directory, const std::string& scratch) {
  TOMNEXT_TRY(make_folder(scratch));
  const auto copy = rows_folder(scratch);
  std::error_code bad;
  fs::copy(rows_folder(directory), copy, fs::copy_options::recursive, bad);
  if (bad) return error(errc::log_io, copy + ": copying " + rows_folder(directory) + ": " + bad.message());
  if (auto s = rocksdb::RepairDB(copy, forgiving()); !s.ok()) return error(errc::log_corrupt, rows_folder(directory) + ": " + s.ToString());
  return open_forgiving(copy);
}

/// Tables that are there and that the list of files does not name: a list that was cut short opens without a word. A crash leaves such tables too.
bool leaves_out_tables(rocksdb::DB& db, const std::string& rows) {
  std::vector<rocksdb::LiveFileMetaData> listed;
  db.GetLiveFilesMetaData(&listed);
  std::set<std::string> names;
  for (const auto& f : listed) names.insert(fs::path(f.name).filename().string());
  std::error_code bad;
  for (auto it = fs::directory_iterator(rows, bad); !bad && it != fs::directory_iterator(); it.increment(bad))
    if (it->path().extension() == ".sst" && !names.contains(it->path().filename().string())) return true;
  return static_cast<bool>(bad);
}

/// The last event that a row claims; 0: there is none.
std::uint64_t last_seq_of(rocksdb::DB& db) {
  const auto it = std::unique_ptr<rocksdb::Iterator>(db.NewIterator(rows::reading()));
  it->SeekToLast();
  const auto row = it->Valid() ? describe_row(view(it->value())) : result<stored_row>(error(errc::log_corrupt, "none"));
  return row ? row->last_seq : 0;
}

bool begins_at_event_1(rocksdb::DB& db) {
  const auto it = std::unique_ptr<rocksdb::Iterator>(db.NewIterator(rows::reading()));
  it->SeekToFirst();
  return it->Valid() && seq_of(it->key()) == 1;
}

class salvaging {
 public:
  salvaging(const std::string& directory, const std::string& scratch) : directory_(directory), scratch_(scratch) {}

  result<std::unique_ptr<salvaged_rows>> run(std::optional<std::uint64_t> expected_seq) {
    // As the log is opened for reading: what that finds wrong is damage, whatever can be read all the same.
    if (auto strict = rows::open_for_reading(directory_); !strict) add(strict.error().message);
    auto base = read_base(directory_);
    if (!base) add(base.error().message);
    base_ = base.value_or(log_base{});
    auto listed = open_forgiving(rows_folder(directory_));
    const bool doubtful = !listed || leaves_out_tables(**listed, rows_folder(directory_)) || !expected_seq || last_seq_of(**listed) < *expected_seq;
    if (listed) offer(*listed, "");
    if (doubtful) {
      auto rebuilt = rebuild(directory_, scratch_);
      if (!rebuilt && !listed) return rebuilt.error();
      if (rebuilt) offer(*rebuilt, "the list of the rows' files leaves out what is there");
    }
    return longest();
  }

 private:
  struct candidate {
    database db;
    std::string note;
    bool through_archive = false;
    std::uint64_t reach = 0;
  };

  void add(const std::string& why) { damage_ += (damage_.empty() ? "" : "; ") + why; }

  void offer(const database& db, const std::string& note) {
    candidates_.push_back({db, note, base_.first_seq > 1, 0});
    // Retention that was cut off has left them: the archive is not needed.
    if (base_.first_seq > 1 && begins_at_event_1(*db)) candidates_.push_back({db, note, false, 0});
  }

  result<std::unique_ptr<salvaged_rows>> longest() {
    // One alone is not read twice.
    if (candidates_.size() > 1)
      for (auto& c : candidates_) c.reach = reach_of(c);
    const auto& best = *std::max_element(candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) { return a.reach < b.reach; });
    if (!best.note.empty() && damage_.empty()) add(best.note);
    return begin(best, damage_);
  }

  [[nodiscard]] std::uint64_t reach_of(const candidate& c) const {
    std::uint64_t last = 0;
    auto rows = begin(c, "");
    if (!rows) return last;
    for (;;) {
      auto row = (*rows)->next();
      if (!row || !*row) return last;
      last = (*row)->last_seq;
    }
  }

  result<std::unique_ptr<salvaged_rows>> begin(const candidate& c, const std::string& damage) const {
    std::unique_ptr<row_source> archived;
    if (c.through_archive) {
      auto before = archived_rows(archive_folder(directory_), base_, 1, direction::forward);
      if (!before) return before.error().within(directory_);
      archived = std::move(*before);
    }
    return std::unique_ptr<salvaged_rows>(std::make_unique<salvage>(c.db, damage, c.through_archive ? base_.first_seq : 0, std::move(archived)));
  }

  const std::string& directory_;
  const std::string& scratch_;
  log_base base_;
  std::string damage_;
  std::vector<candidate> candidates_;
};

}  // namespace

result<std::unique_ptr<salvaged_rows>> salvage_rows(const std::string& directory, const std::string& scratch, std::optional<std::uint64_t> expected_seq) {
  return guarded(directory, [&] { return salvaging(directory, scratch).run(expected_seq); });
}

}  // namespace tomnext::persistence
