#include "persistence/rocksdb_log.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <filesystem>
#include <list>
#include <mutex>
#include <optional>

#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/group_codec.hpp"

namespace tomnext::persistence {
namespace {

using key = std::array<char, 8>;

key key_of(std::uint64_t seq) {
  key k{};
  for (std::size_t i = 0; i < 8; ++i) k[i] = static_cast<char>(seq >> (56 - 8 * i));
  return k;
}
rocksdb::Slice slice(const key& k) { return {k.data(), k.size()}; }
std::uint64_t seq_of(const rocksdb::Slice& s) {
  std::uint64_t seq = 0;
  for (std::size_t i = 0; i < 8 && i < s.size(); ++i) seq = seq << 8 | static_cast<unsigned char>(s[i]);
  return seq;
}

rocksdb::Options database_options() {
  rocksdb::Options o;
  o.create_if_missing = false;
  // The default, point-in-time recovery, opens a log with acknowledged events missing from its middle. This mode gives up a torn tail only.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.max_bgerror_resume_count = 0;
  o.paranoid_checks = true;
  o.max_total_wal_size = 128u << 20;
  o.write_buffer_size = 64u << 20;
  o.max_write_buffer_number = 3;
  o.compression = rocksdb::kZSTD;
  o.bottommost_compression = rocksdb::kZSTD;
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  o.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  o.keep_log_file_num = 2;
  o.max_log_file_size = 1u << 20;
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

error io_error(const std::string& where, const rocksdb::Status& s) {
  if (s.IsCorruption()) return {errc::log_corrupt, where + ": " + s.ToString()};
  if (s.IsIOError() && s.ToString().find("lock") != std::string::npos)
    return {errc::log_locked, where + ": another process has this log open for writing; stop it, or use a reading command"};
  return {errc::log_io, where + ": " + s.ToString()};
}

// A RocksDB call that throws (no memory, a bug) becomes an error too.
template <class Call> auto guarded(const std::string& where, Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& e) {
    return error(errc::log_io, where + ": " + e.what());
  }
}

struct position {
  log_head head;
  std::uint64_t first_missing = 0;
};

class rocksdb_scan final : public log_scan {
 public:
  rocksdb_scan(std::unique_ptr<rocksdb::Iterator> at, std::uint64_t to, std::optional<hash256> previous, std::string where)
      : at_(std::move(at)), to_(to), previous_(previous), where_(std::move(where)) {}

  result<group_ref> next() override {
    if (!at_->Valid()) {
      if (!at_->status().ok()) return io_error(where_, at_->status());
      if (last_ < to_) return error(errc::log_gap, where_ + ": events " + std::to_string(last_ + 1) + " to " + std::to_string(to_) + " are missing");
      return group_ref{};
    }
    const auto first = seq_of(at_->key());
    if (first > to_) return group_ref{};
    const auto bytes = std::string_view(at_->value().data(), at_->value().size());
    auto named = [&](const error& e) { return e.within(where_ + ": group at event " + std::to_string(first) + " (last good event " + std::to_string(first - 1) + ")"); };
    auto g = decode_group(bytes);
    if (!g) return named(g.error());
    if (g->events->first_seq() != first) return named(error(errc::log_corrupt, "it says that it begins at " + std::to_string(g->events->first_seq())));
    if (last_ != 0 && first != last_ + 1) return error(errc::log_gap, where_ + ": events " + std::to_string(last_ + 1) + " to " + std::to_string(first - 1) + " are missing");
    if (previous_ && g->previous != *previous_) return named(error(errc::log_corrupt, "the hash chain is broken before it"));
    previous_ = chain(g->previous, bytes);
    last_ = g->events->last_seq();
    at_->Next();
    return std::move(g->events);
  }

 private:
  std::unique_ptr<rocksdb::Iterator> at_;
  std::uint64_t to_;
  std::uint64_t last_ = 0;
  std::optional<hash256> previous_;
  std::string where_;
};

class rocksdb_log final : public event_log {
 public:
  rocksdb_log(std::unique_ptr<rocksdb::DB> db, std::optional<anchor> a, std::string directory, rocksdb_options options)
      : db_(std::move(db)), anchor_(std::move(a)), directory_(std::move(directory)), options_(options) {}

  ~rocksdb_log() override {
    if (anchor_ && !failed_ && head_.seq > anchor_->newest().seq) (void)anchor_->store(head_);
    if (db_) (void)db_->Close();
  }

  /// Finds the end of the log and holds it against the anchor.
  result<void> recover(const log_head& anchored) {
    auto it = std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(reading()));
    it->SeekToLast();
    if (!it->status().ok()) return io_error(directory_, it->status());
    if (it->Valid()) {
      const auto bytes = std::string_view(it->value().data(), it->value().size());
      auto g = decode_group(bytes);
      if (!g) return g.error().within(directory_ + ": last group, at event " + std::to_string(seq_of(it->key())));
      head_ = {g->events->last_seq(), g->events->epoch, chain(g->previous, bytes)};
    }
    if (head_.seq < anchored.seq)
      return error(errc::log_corrupt, directory_ + ": acknowledged events are missing: the anchor says " + std::to_string(anchored.seq) + ", the log ends at " +
                                          std::to_string(head_.seq) + "; restore it from a backup");
    if (anchored.seq > 0) TOMNEXT_TRY(check_anchored(anchored));
    return check_contiguous(anchored.seq);
  }

  /// A new epoch: groups from here on carry it, and an anchor of it is newer than any before.
  result<void> begin_epoch(const log_head& anchored) {
    head_.epoch = std::max(head_.epoch, anchored.epoch) + 1;
    return anchor_->store(head_);
  }

  result<log_head> append(std::span<const group_ref> groups) override {
    return guarded(directory_, [&]() -> result<log_head> {
      std::unique_lock lock(mutex_);
      if (!anchor_) return error(errc::invalid_argument, directory_ + ": opened for reading only");
      if (failed_) return error(errc::log_io, directory_ + ": an earlier write failed; what it wrote is unknown until the log is opened again");
      auto head = head_;
      rocksdb::WriteBatch batch(0, 0, 8, 0);
      for (const auto& g : groups) {
        if (g->first_seq() != head.seq + 1)
          return error(errc::log_gap, "the log ends at event " + std::to_string(head.seq) + ", the group begins at " + std::to_string(g->first_seq()));
        encode_group(*g, head.chain_hash, buffer_);
        const auto k = key_of(g->first_seq());
        if (auto s = batch.Put(slice(k), buffer_); !s.ok()) return fail(s);
        head = {g->last_seq(), head_.epoch, chain(head.chain_hash, buffer_)};
      }
      rocksdb::WriteOptions w;
      w.sync = options_.when == durability::sync;
      if (auto s = db_->Write(w, &batch); !s.ok()) return fail(s);
      head_ = head;
      if (options_.anchors == anchoring::before_acknowledgement || ++commits_ % options_.anchor_every == 0) {
        if (auto stored = anchor_->store(head_); !stored) {
          failed_ = true;
          return stored.error();
        }
      }
      for (const auto& g : groups) for (auto& deliver : subscribers_) deliver(g);
      return head_;
    });
  }

  [[nodiscard]] log_head head() const override {
    std::scoped_lock lock(mutex_);
    return head_;
  }

  [[nodiscard]] result<std::unique_ptr<log_scan>> scan(std::uint64_t from_seq) const override {
    return guarded(directory_, [&]() -> result<std::unique_ptr<log_scan>> {
      const auto to = head().seq;
      auto it = std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(reading()));
      const auto k = key_of(from_seq == 0 ? 1 : from_seq);
      std::optional<hash256> previous;
      if (from_seq > to) it->SeekForPrev(slice(key_of(UINT64_MAX))), it->Valid() ? it->Next() : void();
      else it->SeekForPrev(slice(k));
      if (from_seq <= to && !it->Valid() && it->status().ok()) {
        if (to > 0) return error(errc::log_gap, directory_ + ": the log does not begin at event 1");
      }
      if (from_seq <= 1) previous = hash256{};
      return std::unique_ptr<log_scan>(std::make_unique<rocksdb_scan>(std::move(it), from_seq > to ? 0 : to, previous, directory_));
    });
  }

  result<std::unique_ptr<subscription>> subscribe_from(std::uint64_t from_seq, std::function<void(const group_ref&)> deliver) override {
    // The stored part is read without holding up the writer, then once more under the lock what was committed meanwhile.
    std::uint64_t next = from_seq == 0 ? 1 : from_seq;
    auto catch_up = [&]() -> result<void> {
      auto stored = scan(next);
      if (!stored) return stored.error();
      for (;;) {
        auto g = (*stored)->next();
        if (!g) return g.error();
        if (!*g) return {};
        deliver(*g);
        next = (*g)->last_seq() + 1;
      }
    };
    TOMNEXT_TRY(catch_up());
    std::scoped_lock lock(mutex_);
    if (head_.seq >= next) TOMNEXT_TRY(catch_up());
    subscribers_.push_back(std::move(deliver));
    return std::unique_ptr<subscription>(std::make_unique<ended>(*this, std::prev(subscribers_.end())));
  }

 private:
  using deliveries = std::list<std::function<void(const group_ref&)>>;
  struct ended final : subscription {
    ended(rocksdb_log& log, deliveries::iterator at) : log_(log), at_(at) {}
    ~ended() override {
      std::scoped_lock lock(log_.mutex_);
      log_.subscribers_.erase(at_);
    }
    rocksdb_log& log_;
    deliveries::iterator at_;
  };

  static rocksdb::ReadOptions reading() {
    rocksdb::ReadOptions r;
    r.verify_checksums = true;
    r.fill_cache = false;
    r.readahead_size = 1u << 20;
    return r;
  }

  result<void> check_anchored(const log_head& anchored) const {
    auto it = std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(reading()));
    it->SeekForPrev(slice(key_of(anchored.seq)));
    if (!it->Valid()) return it->status().ok() ? error(errc::log_gap, directory_ + ": the anchored event " + std::to_string(anchored.seq) + " is missing") : io_error(directory_, it->status());
    const auto bytes = std::string_view(it->value().data(), it->value().size());
    auto g = decode_group(bytes);
    if (!g) return g.error().within(directory_ + ": group at event " + std::to_string(seq_of(it->key())));
    if (g->events->last_seq() != anchored.seq || chain(g->previous, bytes) != anchored.chain_hash)
      return error(errc::log_corrupt, directory_ + ": the log's history is not the anchored one: they differ at or before event " + std::to_string(anchored.seq));
    return {};
  }

  // From the anchored group on, every group follows the one before it. What lies earlier was checked when it was anchored, and `log verify` checks it all.
  result<void> check_contiguous(std::uint64_t from) const {
    auto it = std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(reading()));
    if (from == 0) it->SeekToFirst(); else it->SeekForPrev(slice(key_of(from)));
    std::optional<hash256> previous;
    if (from == 0) previous = hash256{};
    rocksdb_scan walk(std::move(it), head_.seq, previous, directory_);
    for (;;) {
      auto g = walk.next();
      if (!g) return g.error();
      if (!*g) return {};
    }
  }

  error fail(const rocksdb::Status& s) {
    failed_ = true;
    return {errc::log_io, directory_ + ": writing: " + s.ToString()};
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::optional<anchor> anchor_;
  std::string directory_;
  rocksdb_options options_;
  mutable std::recursive_mutex mutex_;
  log_head head_;
  std::uint64_t commits_ = 0;
  bool failed_ = false;
  std::string buffer_;
  deliveries subscribers_;
};

}  // namespace

std::string rows_folder(const std::string& directory) { return directory + "/rows"; }
std::string anchor_file(const std::string& directory) { return directory + "/anchor"; }

bool log_exists(const std::string& directory) {
  std::error_code ignored;
  return std::filesystem::exists(rows_folder(directory) + "/CURRENT", ignored) || std::filesystem::exists(anchor_file(directory), ignored);
}

result<std::unique_ptr<event_log>> open_log(const std::string& directory, const rocksdb_options& options) {
  return guarded(directory, [&]() -> result<std::unique_ptr<event_log>> {
    const bool exists = log_exists(directory);
    TOMNEXT_TRY(make_folder(directory));
    auto o = database_options();
    std::optional<anchor> a;
    if (!exists) {
      auto made = anchor::create(anchor_file(directory));
      if (!made) return made.error();
      a.emplace(std::move(*made));
      o.create_if_missing = true;
    } else {
      if (!std::filesystem::exists(anchor_file(directory)))
        return error(errc::log_corrupt, directory + ": the file 'anchor' is missing, so nothing tells how much the log must hold; restore it from a backup");
      auto opened = anchor::open(anchor_file(directory));
      if (!opened) return opened.error();
      a.emplace(std::move(*opened));
      // A crash between creating the anchor and creating the rows leaves an anchor of nothing.
      o.create_if_missing = a->newest().seq == 0;
    }
    rocksdb::DB* raw = nullptr;
    if (auto s = rocksdb::DB::Open(o, rows_folder(directory), &raw); !s.ok()) return io_error(directory, s);
    const auto anchored = a->newest();
    auto log = std::make_unique<rocksdb_log>(std::unique_ptr<rocksdb::DB>(raw), std::move(a), directory, options);
    TOMNEXT_TRY(log->recover(anchored));
    TOMNEXT_TRY(log->begin_epoch(anchored));
    return std::unique_ptr<event_log>(std::move(log));
  });
}

result<std::unique_ptr<event_log>> open_log_for_reading(const std::string& directory) {
  return guarded(directory, [&]() -> result<std::unique_ptr<event_log>> {
    if (!log_exists(directory)) return error(errc::file_unreadable, directory + ": there is no log here");
    auto anchored = anchor::read(anchor_file(directory));
    if (!anchored) return anchored.error();
    rocksdb::DB* raw = nullptr;
    auto o = database_options();
    o.max_open_files = -1;
    if (auto s = rocksdb::DB::OpenForReadOnly(o, rows_folder(directory), &raw); !s.ok()) return io_error(directory, s);
    auto log = std::make_unique<rocksdb_log>(std::unique_ptr<rocksdb::DB>(raw), std::nullopt, directory, rocksdb_options{});
    TOMNEXT_TRY(log->recover(*anchored));
    return std::unique_ptr<event_log>(std::move(log));
  });
}

result<void> verify_table_files(const std::string& directory) {
  return guarded(directory, [&]() -> result<void> {
    rocksdb::DB* raw = nullptr;
    auto o = database_options();
    o.max_open_files = -1;
    if (auto s = rocksdb::DB::OpenForReadOnly(o, rows_folder(directory), &raw); !s.ok()) return io_error(directory, s);
    std::unique_ptr<rocksdb::DB> db(raw);
    if (auto s = db->VerifyFileChecksums(rocksdb::ReadOptions()); !s.ok()) return error(errc::log_corrupt, directory + ": " + s.ToString());
    if (auto s = db->VerifyChecksum(); !s.ok()) return error(errc::log_corrupt, directory + ": " + s.ToString());
    return {};
  });
}

result<disk_figures> disk_use(const std::string& directory) {
  disk_figures f;
  std::error_code bad;
  for (auto it = std::filesystem::recursive_directory_iterator(directory, bad); !bad && it != std::filesystem::recursive_directory_iterator(); it.increment(bad)) {
    if (!it->is_regular_file(bad)) continue;
    const auto size = it->file_size(bad);
    if (bad) break;
    ++f.files;
    const auto extension = it->path().extension();
    (extension == ".sst" ? f.table_bytes : extension == ".log" ? f.wal_bytes : f.other_bytes) += size;
  }
  if (bad) return error(errc::file_unreadable, directory + ": " + bad.message());
  return f;
}

}  // namespace tomnext::persistence
