// Rows as bytes: out of a log beside its writer, and into a new one.
#include <rocksdb/write_batch.h>

#include <filesystem>

#include "persistence/anchor.hpp"
#include "persistence/archive.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {
namespace {

using rows::guarded, rows::io_error, rows::key_of, rows::seq_of, rows::slice, rows::view;

error at_row(const error& e, const std::string& where, std::uint64_t first) {
  return e.within(where + ": group at event " + std::to_string(first) + " (last good event " + std::to_string(first - 1) + ")");
}

/// The row where the iterator stands, which must be where its key says.
result<stored_row> row_here(const rocksdb::Iterator& at, const std::string& where) {
  const auto first = seq_of(at.key());
  auto row = describe_row(view(at.value()));
  if (!row) return at_row(row.error(), where, first);
  if (row->first_seq != first) return at_row(error(errc::log_corrupt, "it says that it begins at " + std::to_string(row->first_seq)), where, first);
  return row;
}

/// The row that holds `seq`, or the last one before it. The bytes are not kept.
result<std::optional<stored_row>> row_before(rocksdb::DB& db, std::uint64_t seq, const std::string& where) {
  const auto it = std::unique_ptr<rocksdb::Iterator>(db.NewIterator(rows::reading()));
  it->SeekForPrev(slice(key_of(seq)));
  if (!it->status().ok()) return io_error(where, it->status());
  if (!it->Valid()) return std::optional<stored_row>{};
  auto row = row_here(*it, where);
  if (!row) return row.error();
  row->bytes = {};
  return std::optional(*row);
}

class rows_of_log final : public row_source {
 public:
  /// `from` does not lie before the base.
  rows_of_log(std::unique_ptr<rocksdb::DB> db, std::uint64_t from, std::uint64_t to, const log_base& base, std::string where)
      : db_(std::move(db)), at_(db_->NewIterator(rows::reading())), from_(from), to_(to), where_(std::move(where)) {
    at_->SeekForPrev(slice(key_of(from_)));
    if (from_ == base.first_seq) previous_ = base.previous;
  }

  result<std::optional<stored_row>> next() override {
    return guarded(where_, [&] { return read(); });
  }

 private:
  result<std::optional<stored_row>> read() {
    if (last_ >= to_ || from_ > to_) return std::optional<stored_row>{};
    // The view that was handed out last holds until now.
    if (last_ != 0) at_->Next();
    const auto expected = last_ == 0 ? from_ : last_ + 1;
    if (!at_->Valid()) {
      if (!at_->status().ok()) return io_error(where_, at_->status()).within("after event " + std::to_string(expected - 1) + " (the last good one)");
      at_->SeekToFirst();
      return missing(expected, last_ == 0 && at_->Valid() ? seq_of(at_->key()) - 1 : to_);
    }
    const auto first = seq_of(at_->key());
    if (last_ != 0 && first != expected) return missing(expected, first - 1);
    auto row = row_here(*at_, where_);
    if (!row) return row.error();
    if (row->last_seq < expected) return missing(expected, to_);
    if (previous_ && row->previous != *previous_) return at_row(error(errc::log_corrupt, "the hash chain is broken before it"), where_, first);
    previous_ = row->chained;
    last_ = row->last_seq;
    return std::optional(*row);
  }

  [[nodiscard]] error missing(std::uint64_t from, std::uint64_t to) const {
    return {errc::log_gap,
            where_ + ": events " + std::to_string(from) + " to " + std::to_string(to) + " are missing (last good event " + std::to_string(from - 1) + ")"};
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<rocksdb::Iterator> at_;
  std::uint64_t from_, to_, last_ = 0;
  std::optional<hash256> previous_;
  std::string where_;
};

error other_history(std::uint64_t anchored, const std::string& directory) {
  return {errc::log_corrupt, directory + ": the log's history is not the anchored one: they differ at or before event " + std::to_string(anchored)};
}

/// The end of the rows, held against the anchor.
result<std::uint64_t> checked_end(rocksdb::DB& db, const log_head& anchored, const log_base& base, const std::string& directory) {
  auto last = row_before(db, UINT64_MAX, directory);
  if (!last) return last.error().within("the last group");
  const auto end = *last ? (*last)->last_seq : 0;
  if (end < anchored.seq)
    return error(errc::log_corrupt, directory + ": acknowledged events are missing: the anchor says " + std::to_string(anchored.seq) +
                                        ", the last good event is " + std::to_string(end) + "; restore it from a backup");
  if (anchored.seq == 0 || (anchored.seq + 1 == base.first_seq && anchored.chain_hash == base.previous)) return end;
  // Retention anchors first, so this anchor is an old one that was put back: it says less, and must hold all the same.
  if (anchored.seq < base.first_seq) {
    auto archived = archived_chain_at(archive_folder(directory), anchored.seq);
    if (!archived) return archived.error().within(directory);
    return *archived == anchored.chain_hash ? result<std::uint64_t>(end) : other_history(anchored.seq, directory);
  }
  auto held = row_before(db, anchored.seq, directory);
  if (!held) return held.error();
  if (!*held || (*held)->last_seq != anchored.seq || (*held)->chained != anchored.chain_hash) return other_history(anchored.seq, directory);
  return end;
}

result<std::unique_ptr<row_source>> read_rows_once(const std::string& directory, std::uint64_t from) {
  auto anchored = anchor::read(anchor_file(directory));
  if (!anchored) return anchored.error();
  auto db = rows::open_for_reading(directory);
  if (!db) return db.error();
  auto base = read_base(directory);
  if (!base) return base.error();
  TOMNEXT_TRY(rows::check_base(**db, *base, directory));
  auto end = checked_end(**db, *anchored, *base, directory);
  if (!end) return end.error();
  std::unique_ptr<row_source> stored = std::make_unique<rows_of_log>(std::move(*db), std::max(from, base->first_seq), *end, *base, directory);
  if (from >= base->first_seq) return stored;
  auto archived = archived_rows(archive_folder(directory), *base, from, direction::forward);
  if (!archived) return archived.error().within(directory);
  return joined(std::move(*archived), std::move(stored));
}

/// Collects rows and writes them in batches. Without a write-ahead log: what is not whole at the end is thrown away.
class row_batch {
 public:
  row_batch(rocksdb::DB& db, const std::string& where) : db_(db), where_(where) { options_.disableWAL = true; }

  result<void> add(const stored_row& row) {
    const auto k = key_of(row.first_seq);
    if (auto s = batch_.Put(slice(k), rocksdb::Slice(row.bytes.data(), row.bytes.size())); !s.ok()) return failed(s);
    constexpr std::size_t batch_bytes = std::size_t{1} << 20;
    return batch_.GetDataSize() >= batch_bytes ? flush() : result<void>{};
  }
  result<void> flush() {
    if (auto s = db_.Write(options_, &batch_); !s.ok()) return failed(s);
    batch_.Clear();
    return {};
  }
  [[nodiscard]] error failed(const rocksdb::Status& s) const { return {errc::log_io, where_ + ": writing: " + s.ToString()}; }

 private:
  rocksdb::DB& db_;
  const std::string& where_;
  rocksdb::WriteOptions options_;
  rocksdb::WriteBatch batch_;
};

result<log_head> copy_rows(rocksdb::DB& db, const std::string& directory, row_source& source, const keep_going& go_on) {
  row_batch batch(db, directory);
  log_head head;
  for (;;) {
    auto row = source.next();
    if (!row) return row.error();
    if (!*row) break;
    if ((*row)->first_seq != head.seq + 1)
      return error(errc::log_gap, "the rows go on at event " + std::to_string((*row)->first_seq) + ", after " + std::to_string(head.seq) +
                                      "; a log is made of all events from 1 on");
    if ((*row)->previous != head.chain_hash)
      return error(errc::log_corrupt, "the hash chain is broken before the group at event " + std::to_string((*row)->first_seq));
    TOMNEXT_TRY(batch.add(**row));
    head = {(*row)->last_seq, (*row)->epoch, (*row)->chained};
    if (go_on && !go_on(head.seq)) return error(errc::cancelled, "cancelled after event " + std::to_string(head.seq));
  }
  TOMNEXT_TRY(batch.flush());
  // Tables and manifest are synced by this, before it returns.
  if (auto s = db.Flush(rocksdb::FlushOptions()); !s.ok()) return batch.failed(s);
  return head;
}

}  // namespace

result<std::unique_ptr<row_source>> read_rows(const std::string& directory, std::uint64_t from_seq) {
  return guarded(directory, [&]() -> result<std::unique_ptr<row_source>> {
    if (!log_exists(directory)) return error(errc::file_unreadable, directory + ": there is no log here");
    const auto from = std::max<std::uint64_t>(from_seq, 1);
    // A writer beside us replaces files while we open them, which looks like damage; without one it is damage.
    for (int attempt = 1;; ++attempt) {
      const bool written = folder_lock::held(directory);
      auto found = read_rows_once(directory, from);
      if (found || !written || attempt == 8) return found;
    }
  });
}

result<void> sync_rows(const std::string& directory) {
  namespace fs = std::filesystem;
  const auto folder = rows_folder(directory);
  std::vector<std::string> logs;
  std::error_code bad;
  for (auto it = fs::directory_iterator(folder, bad); !bad && it != fs::directory_iterator(); it.increment(bad))
    if (it->path().extension() == ".log") logs.push_back(it->path().string());
  if (bad) return error(errc::file_unreadable, folder + ": " + bad.message());
  // A write-ahead log that goes meanwhile has become a table, which was synced before.
  for (const auto& path : logs) TOMNEXT_TRY(sync_if_there(path));
  return sync_if_there(folder);
}

result<std::unique_ptr<row_source>> read_durable_rows(const std::string& directory, std::uint64_t from_seq) {
  auto source = read_rows(directory, from_seq);
  if (source) TOMNEXT_TRY(sync_rows(directory));
  return source;
}

result<log_head> store_rows(const std::string& directory, row_source& source, const keep_going& go_on) {
  return guarded(directory, [&]() -> result<log_head> {
    auto o = rows::database_options();
    o.create_if_missing = true;
    o.error_if_exists = true;
    rocksdb::DB* raw = nullptr;
    if (auto s = rocksdb::DB::Open(o, rows_folder(directory), &raw); !s.ok()) return io_error(directory, s);
    const std::unique_ptr<rocksdb::DB> db(raw);
    auto head = copy_rows(*db, directory, source, go_on);
    const auto closed = db->Close();
    if (head && !closed.ok()) return io_error(directory, closed);
    return head;
  });
}

}  // namespace tomnext::persistence
