// Removing rows: the base first, whole tables then, single rows last.
#include <rocksdb/convenience.h>

#include <algorithm>

#include "persistence/anchor.hpp"
#include "persistence/archive.hpp"
#include "persistence/files.hpp"
#include "persistence/retain.hpp"
#include "persistence/retention_check.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/seal.hpp"

namespace tomnext::persistence {
namespace {

using rows::guarded, rows::io_error, rows::key_of, rows::slice;

result<std::uint64_t> bytes_of_rows(const std::string& directory) {
  auto f = disk_use(rows_folder(directory));
  if (!f) return f.error();
  return f->table_bytes + f->wal_bytes + f->other_bytes;
}

class retaining {
 public:
  retaining(const std::string& directory, const retain_options& options, const retain_step& go_on) : directory_(directory), options_(options), go_on_(go_on) {}

  /// What must hold. Nothing is changed.
  result<void> check() {
    TOMNEXT_TRY(step("checking"));
    auto log = open_log_for_reading(directory_);
    if (!log) return log.error();
    report_.head = (*log)->head();
    if (options_.from_seq == 0 || options_.from_seq > report_.head.seq)
      return error(errc::invalid_argument,
                   directory_ + ": --from takes an event of the log, 1 to " + std::to_string(report_.head.seq) + ", not " + std::to_string(options_.from_seq));
    auto before = read_base(directory_);
    if (!before) return before.error();
    base_ = *before;
    report_.base_before = before->first_seq;
    auto bytes = bytes_of_rows(directory_);
    if (!bytes) return bytes.error();
    report_.bytes_before = report_.bytes = *bytes;
    // What was retained does not come back; a call that was cut off is completed.
    if (options_.from_seq > before->first_seq) {
      auto there = group_at(options_.from_seq);
      if (!there) return there.error();
      base_ = *there;
    }
    report_.base = base_.first_seq;
    auto go = [this](std::uint64_t seq) { return !go_on_ || go_on_("checking", seq); };
    auto oldest = oldest_rows(*before);
    if (!oldest) return oldest.error();
    oldest_ = *oldest;
    TOMNEXT_TRY(check_archived(directory_, oldest_, base_, go));
    auto hosts = check_snapshots(directory_, **log, base_.first_seq, options_.exempt_hosts, go);
    if (!hosts) return hosts.error();
    report_.hosts = std::move(hosts->names);
    hosts_ = std::move(hosts->before_base);
    return {};
  }

  /// Everything up to the base goes. Done again after a crash at any point, it completes.
  result<void> apply() {
    // What was checked may have been read from memory only.
    if (base_.first_seq > oldest_.first_seq) TOMNEXT_TRY(sync_archive(archive_folder(directory_), oldest_.first_seq, base_.first_seq - 1));
    TOMNEXT_TRY(step("breaking the seal"));
    // A damaged seal stops nobody: the log has been read without it, and is sealed anew.
    auto known = read_seal(directory_).value_or(std::nullopt);
    TOMNEXT_TRY(break_seal(directory_));
    auto o = rows::database_options();
    rocksdb::DB* raw = nullptr;
    if (auto s = rocksdb::DB::Open(o, rows_folder(directory_), &raw); !s.ok()) return io_error(directory_, s);
    std::unique_ptr<rocksdb::DB> db(raw);
    TOMNEXT_TRY(step("anchoring"));
    TOMNEXT_TRY(anchor_head(*db));
    TOMNEXT_TRY(step("writing the base"));
    TOMNEXT_TRY(write_base(directory_, base_, hosts_));
    TOMNEXT_TRY(drop(*db));
    if (auto s = db->Close(); !s.ok()) return io_error(directory_, s);
    db.reset();
    auto bytes = bytes_of_rows(directory_);
    if (!bytes) return bytes.error();
    report_.bytes = *bytes;
    TOMNEXT_TRY(step("sealing"));
    return write_seal(directory_, report_.head, known);
  }

  retain_report& report() { return report_; }

 private:
  result<void> step(std::string_view name) {
    if (!go_on_ || go_on_(name, 0)) return {};
    return error(errc::cancelled, directory_ + ": cancelled before " + std::string(name) + "; retaining again completes it");
  }

  /// Where the rows begin in truth. A call that was cut off has left rows of before the base, and their archive may have gone since: they may be the last copy.
  result<log_base> oldest_rows(const log_base& base) {
    auto db = rows::open_for_reading(directory_);
    if (!db) return db.error();
    const auto it = std::unique_ptr<rocksdb::Iterator>((*db)->NewIterator(rows::reading()));
    it->SeekToFirst();
    if (!it->status().ok()) return io_error(directory_, it->status());
    if (!it->Valid() || rows::seq_of(it->key()) >= base.first_seq) return base;
    return log_base{std::max<std::uint64_t>(rows::seq_of(it->key()), 1), {}};
  }

  result<log_base> group_at(std::uint64_t seq) {
    auto db = rows::open_for_reading(directory_);
    if (!db) return db.error();
    auto row = rows::row_at(**db, seq, directory_);
    if (!row) return row.error();
    if (!*row || (*row)->head.seq < seq) return error(errc::log_gap, directory_ + ": event " + std::to_string(seq) + " is missing");
    return log_base{(*row)->first_seq, (*row)->previous};
  }

  /// The anchor may lag behind the head. It must not lie before the base, where nothing could be held against it any more.
  result<void> anchor_head(rocksdb::DB& db) {
    auto last = rows::row_at(db, UINT64_MAX, directory_);
    if (!last) return last.error();
    if (!*last || (*last)->head.seq != report_.head.seq || (*last)->head.chain_hash != report_.head.chain_hash)
      return error(errc::log_corrupt, directory_ + ": the log does not end where it was read to end");
    auto a = anchor::open(anchor_file(directory_));
    if (!a) return a.error();
    if (a->newest().seq >= report_.head.seq) return {};
    return a->store({report_.head.seq, a->newest().epoch, report_.head.chain_hash});
  }

  result<void> drop(rocksdb::DB& db) {
    const auto first = key_of(0), base = key_of(base_.first_seq);
    const rocksdb::Slice from = slice(first), to = slice(base);
    TOMNEXT_TRY(step("dropping tables"));
    if (auto s = rocksdb::DeleteFilesInRange(&db, db.DefaultColumnFamily(), &from, &to, false); !s.ok()) return io_error(directory_, s);
    TOMNEXT_TRY(step("dropping rows"));
    rocksdb::WriteOptions w;
    w.sync = true;
    if (auto s = db.DeleteRange(w, db.DefaultColumnFamily(), from, to); !s.ok()) return io_error(directory_, s);
    TOMNEXT_TRY(step("compacting"));
    rocksdb::CompactRangeOptions c;
    c.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    if (auto s = db.CompactRange(c, &from, &to); !s.ok()) return io_error(directory_, s);
    return {};
  }

  const std::string& directory_;
  const retain_options& options_;
  const retain_step& go_on_;
  log_base oldest_, base_;
  std::vector<snapshot_key> hosts_;
  retain_report report_;
};

}  // namespace

result<retain_report> retain_log(const std::string& directory, const retain_options& options, const retain_step& go_on) {
  return guarded(directory, [&]() -> result<retain_report> {
    if (!log_exists(directory)) return error(errc::file_unreadable, directory + ": there is no log here");
    auto lock = folder_lock::take(directory);
    if (!lock) return lock.error();
    retaining r(directory, options, go_on);
    TOMNEXT_TRY(r.check());
    if (options.mode == retain_mode::apply) TOMNEXT_TRY(r.apply());
    return r.report();
  });
}

}  // namespace tomnext::persistence
