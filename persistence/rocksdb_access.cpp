#include "persistence/rocksdb_access.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/table.h>

#include "persistence/group_cipher.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence::rows {
namespace {

// RocksDB's own diary is no part of the log: no checksum covers it, and what it says of errors comes back as a Status too.
class silent_logger final : public rocksdb::Logger {
 public:
  silent_logger() : Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Env* environment = nullptr;

result<group_outline> outline_of(const result<decoded_group>& g) {
  if (!g) return g.error();
  return group_outline{g->events->epoch, g->events->first_seq(), g->events->last_seq(), g->previous, false, std::nullopt};
}

}  // namespace

void use_environment(rocksdb::Env* other) { environment = other; }

key key_of(std::uint64_t seq) {
  key k{};
  for (std::size_t i = 0; i < 8; ++i) k[i] = static_cast<char>(seq >> (56 - 8 * i));
  return k;
}

std::uint64_t seq_of(const rocksdb::Slice& s) {
  std::uint64_t seq = 0;
  for (std::size_t i = 0; i < 8 && i < s.size(); ++i) seq = seq << 8 | static_cast<unsigned char>(s[i]);
  return seq;
}

rocksdb::Options database_options() {
  rocksdb::Options o;
  if (environment != nullptr) o.env = environment;
  o.create_if_missing = false;
  // The default, point-in-time recovery, opens a log with acknowledged events missing from its middle. This mode gives up a torn tail only.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A write-ahead log that was synced and then left for a newer one is on record: without it the log does not open.
  o.track_and_verify_wals_in_manifest = true;
  o.max_bgerror_resume_count = 0;
  o.paranoid_checks = true;
  // A sync that failed is a disk that failed, whatever file it was: nothing is sealed after it.
  o.fail_if_options_file_error = true;
  o.max_total_wal_size = 128u << 20;
  o.max_write_buffer_number = 3;
  // What is fresh is compacted soon: compressing it twice would cost the writer a fifth of its processor time. Everything below is compressed.
  o.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kZSTD, rocksdb::kZSTD, rocksdb::kZSTD, rocksdb::kZSTD, rocksdb::kZSTD};
  o.bottommost_compression = rocksdb::kZSTD;
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  o.info_log = std::make_shared<silent_logger>();
  o.max_open_files = 256;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions t;
  t.block_size = 16u << 10;
  t.block_cache = rocksdb::NewLRUCache(32u << 20);
  t.verify_compression = false;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(t));
  return o;
}

rocksdb::ReadOptions reading() {
  rocksdb::ReadOptions r;
  r.verify_checksums = true;
  r.fill_cache = false;
  r.readahead_size = 1u << 20;
  return r;
}

result<std::unique_ptr<rocksdb::DB>> open_for_reading(const std::string& directory) {
  rocksdb::DB* raw = nullptr;
  auto o = database_options();
  o.max_open_files = -1;  // all at once: a writer beside us may remove files later
  if (auto s = rocksdb::DB::OpenForReadOnly(o, rows_folder(directory), &raw); !s.ok()) return io_error(directory, s);
  return std::unique_ptr<rocksdb::DB>(raw);
}

error io_error(const std::string& where, const rocksdb::Status& s) {
  const auto said = s.ToString();
  if (s.IsCorruption()) return {errc::log_corrupt, where + ": " + said};
  if (s.IsIOError() && (said.find("While lock file") != std::string::npos || said.find("lock hold by") != std::string::npos))
    return {errc::log_locked, where + ": another process has this log open for writing; stop it, or use a reading command"};
  return {errc::log_io, where + ": " + said};
}

error not_next(const std::string& where, std::uint64_t first, std::uint64_t expected) {
  if (first < expected)
    return {errc::log_corrupt, where + ": group at event " + std::to_string(first) + " (last good event " + std::to_string(first - 1) +
                                   "): the group before it holds the events up to " + std::to_string(expected - 1) + " already"};
  return {errc::log_gap, where + ": events " + std::to_string(expected) + " to " + std::to_string(first - 1) + " are missing"};
}

scan::scan(std::unique_ptr<rocksdb::Iterator> at, std::uint64_t from, std::uint64_t to, std::optional<hash256> previous, std::string where)
    : at_(std::move(at)), from_(from), to_(to), previous_(previous), where_(std::move(where)) {}

error scan::at_group(std::uint64_t first, const error& e) const {
  return e.within(where_ + ": group at event " + std::to_string(first) + " (last good event " + std::to_string(first - 1) + ")");
}

/// The first seq of the row that is next; nothing at the end.
result<std::optional<std::uint64_t>> scan::here() const {
  if (last_ >= to_) return std::optional<std::uint64_t>{};
  const auto next_seq = last_ == 0 ? from_ : last_ + 1;
  if (!at_->Valid()) {
    if (!at_->status().ok()) return io_error(where_, at_->status()).within("after event " + std::to_string(next_seq - 1) + " (the last good one)");
    return error(errc::log_gap, where_ + ": events " + std::to_string(next_seq) + " to " + std::to_string(to_) + " are missing");
  }
  const auto first = seq_of(at_->key());
  if (last_ == 0 ? first > from_ : first != next_seq) return not_next(where_, first, next_seq);
  return std::optional(first);
}

result<void> scan::check(std::string_view bytes, std::uint64_t first, const group_outline& o) {
  const auto next_seq = last_ == 0 ? from_ : last_ + 1;
  if (o.first_seq != first) return at_group(first, error(errc::log_corrupt, "it says that it begins at " + std::to_string(o.first_seq)));
  if (o.last_seq < next_seq) return error(errc::log_gap, where_ + ": events " + std::to_string(next_seq) + " and following are missing");
  if (previous_ && o.previous != *previous_) return at_group(first, error(errc::log_corrupt, "the hash chain is broken before it"));
  const bool encrypted = is_encrypted(bytes);
  if (std::exchange(encrypted_, encrypted) && !encrypted) return at_group(first, clear_behind_encrypted());
  previous_ = chain(o.previous, bytes);
  last_ = o.last_seq;
  at_->Next();
  return {};
}

result<group_ref> scan::next() {
  const auto first = here();
  if (!first) return first.error();
  if (!*first) return group_ref{};
  const auto bytes = view(at_->value());
  auto g = decode_group(bytes);
  if (!g) return at_group(**first, g.error());
  TOMNEXT_TRY(check(bytes, **first, {g->events->epoch, g->events->first_seq(), g->events->last_seq(), g->previous, false, std::nullopt}));
  return std::move(g->events);
}

result<bool> scan::pass(const std::optional<log_encryption>& encryption) {
  const auto first = here();
  if (!first) return first.error();
  if (!*first) return false;
  const auto bytes = view(at_->value());
  auto g = check_as_far_as_possible(bytes);
  if (!g) return at_group(**first, g.error());
  if (auto right = check_encrypted(encryption, g->outline); !right) return at_group(**first, right.error());
  TOMNEXT_TRY(check(bytes, **first, g->outline));
  return true;
}

result<std::optional<stored_row>> backward_rows::next() {
  if (later_ == base_.first_seq) return std::optional<stored_row>{};
  // The view that was handed out last holds until now.
  if (later_ != 0) at_->Prev();
  if (!at_->Valid()) {
    if (!at_->status().ok()) return io_error(where_, at_->status()).within("before event " + std::to_string(later_));
    return std::optional<stored_row>{};
  }
  const auto first = seq_of(at_->key());
  auto named = [&](const error& e) { return e.within(where_ + ": group at event " + std::to_string(first)); };
  auto row = describe_row(view(at_->value()));
  if (!row) return named(row.error());
  if (row->first_seq != first) return named(error(errc::log_corrupt, "it says that it begins at " + std::to_string(row->first_seq)));
  if (later_ != 0 && row->last_seq + 1 != later_) return not_next(where_, later_, row->last_seq + 1);
  if (later_ != 0 && row->chained != expected_) return named(error(errc::log_corrupt, "the hash chain is broken behind it"));
  if (first == base_.first_seq && row->previous != base_.previous) return named(error(errc::log_corrupt, "the hash chain is broken before it"));
  const bool encrypted = is_encrypted(row->bytes);
  if (later_ != 0 && later_in_clear_ && encrypted) return clear_behind_encrypted().within(where_ + ": group at event " + std::to_string(later_));
  later_in_clear_ = !encrypted;
  expected_ = row->previous;
  later_ = first;
  return std::optional(*row);
}

result<group_ref> backward_scan::next() {
  auto row = rows_->next();
  if (!row) return row.error();
  if (!*row) return group_ref{};
  auto g = decode_group((*row)->bytes);
  if (!g) return g.error().within(where_ + ": group at event " + std::to_string((*row)->first_seq));
  return std::move(g->events);
}

result<std::optional<row>> row_at(rocksdb::DB& db, std::uint64_t seq, const std::string& where) {
  const auto it = std::unique_ptr<rocksdb::Iterator>(db.NewIterator(reading()));
  it->SeekForPrev(slice(key_of(seq)));
  if (!it->status().ok()) return io_error(where, it->status());
  if (!it->Valid()) return std::optional<row>{};
  const auto first = seq_of(it->key());
  const auto bytes = view(it->value());
  // A log is opened without keys too. What is in an encrypted group is nobody's question here.
  auto g = is_encrypted(bytes) ? outline_group(bytes, {}) : outline_of(decode_group(bytes));
  if (!g) return g.error().within(where + ": group at event " + std::to_string(first));
  if (g->first_seq != first) return error(errc::log_corrupt, where + ": group at event " + std::to_string(first) + ": it says that it begins elsewhere");
  return std::optional<row>(row{{g->last_seq, g->epoch, chain(g->previous, bytes)}, first, g->previous, g->key_id});
}

result<void> check_encrypted(const std::optional<log_encryption>& encryption, const group_outline& o) {
  if (encryption && o.key_id && o.first_seq < encryption->first_seq)
    return error(errc::log_corrupt, "it is encrypted, and the file 'encryption' says that groups are from event " + std::to_string(encryption->first_seq) +
                                        " on: that file was changed; restore it from a backup");
  if (!encryption || o.key_id || o.first_seq < encryption->first_seq) return {};
  return error(errc::log_corrupt,
               "it lies in clear, and the log is encrypted from event " + std::to_string(encryption->first_seq) + " on: somebody without the key wrote it");
}

error clear_behind_encrypted() { return {errc::log_corrupt, "it lies in clear behind groups that are encrypted: somebody without the key wrote it"}; }

result<void> check_base(rocksdb::DB& db, const log_base& base, const std::string& where) {
  if (base.first_seq == 1) return {};
  auto first = row_at(db, base.first_seq, where);
  if (!first) return first.error().within("the first group");
  if (!*first || (*first)->first_seq != base.first_seq || (*first)->previous != base.previous)
    return error(errc::log_corrupt, where + ": the rows do not begin at event " + std::to_string(base.first_seq) + " as the file 'base' says, or are of " +
                                        "another history; restore it from a backup");
  return {};
}

}  // namespace tomnext::persistence::rows
