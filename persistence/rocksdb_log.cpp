#include "persistence/rocksdb_log.hpp"

#include <rocksdb/write_batch.h>

#include <chrono>
#include <filesystem>
#include <mutex>

#include "persistence/anchor.hpp"
#include "persistence/archive.hpp"
#include "persistence/ballast.hpp"
#include "persistence/background_chain.hpp"
#include "persistence/encrypted_writing.hpp"
#include "persistence/files.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/seal.hpp"
#include "persistence/subscribers.hpp"

namespace tomnext::persistence {
namespace {

using rows::guarded, rows::io_error, rows::key_of, rows::slice;

/// Beyond this a reader that joins does not hold up the writer.
constexpr std::uint64_t catch_up_events = 4096;

/// What only a writer has. Members are destroyed from the last: the lock goes when all else is done.
struct writing {
  folder_lock lock;
  anchor anchored;
  rocksdb_options options;
  std::optional<seal> last_seal;
  std::optional<group_encryptor> encryptor{};  // where the log is written encrypted
};

// What a batch grew to is kept for the next one, unless it was out of the ordinary.
constexpr std::size_t kept_bytes_max = 4u << 20;
// With a checksum on its way into memory, beside the one of the group.
rocksdb::WriteBatch empty_batch() { return rocksdb::WriteBatch(0, 0, 8, 0); }

class rocksdb_log final : public event_log, public table_list {
 public:
  rocksdb_log(std::string directory, std::unique_ptr<rocksdb::DB> db, std::optional<writing> w)
      : directory_(std::move(directory)), writer_(std::move(w)), db_(std::move(db)) {}

  ~rocksdb_log() override { close(); }

  /// Finds the end of the log and holds it against the anchor.
  result<void> recover(const log_head& anchored) {
    auto base = read_base(directory_);
    if (!base) return base.error();
    base_ = *base;
    auto last = rows::row_at(*db_, UINT64_MAX, directory_);
    if (!last) return last.error().within("the last group");
    if (*last) head_ = (*last)->head;
    if (*last) last_key_ = (*last)->key_id;
    auto encrypted = checked_encryption(directory_, last_key_);
    if (!encrypted) return encrypted.error();
    encryption_ = std::move(*encrypted);
    TOMNEXT_TRY(rows::check_base(*db_, base_, directory_));
    if (head_.seq < anchored.seq)
      return error(errc::log_corrupt, directory_ + ": acknowledged events are missing: the anchor says " + std::to_string(anchored.seq) +
                                          ", the last good event is " + std::to_string(head_.seq) + "; restore it from a backup");
    auto held = holds(anchored);
    if (!held) return held.error();
    if (!*held)
      return error(errc::log_corrupt,
                   directory_ + ": the log's history is not the anchored one: they differ at or before event " + std::to_string(anchored.seq));
    return check_contiguous(anchored.seq);
  }

  /// The last group has been decrypted, where its key is here.
  result<void> last_key_is_here() const { return persistence::last_key_is_here(directory_, last_key_); }

  /// From here on what is appended is encrypted, where the log is, or is to be. What is on the disk of it comes before the first group.
  result<void> begin_encryption() {
    if (!encryption_ && writer_->options.encrypt == encryption::as_it_is) return {};
    // It begins here; also of a log that was restored to before its first encrypted group.
    if (!encryption_ || encryption_->first_seq > head_.seq + 1) encryption_ = log_encryption{head_.seq + 1, {}};
    auto made = persistence::begin_encryption(directory_, *encryption_);
    if (!made) return made.error();
    writer_->encryptor = std::move(*made);
    opened_encrypted(directory_);
    return {};
  }

  /// A new epoch: groups from here on carry it, and an anchor of it is newer than any before.
  result<void> begin_epoch() {
    head_.epoch = std::max(head_.epoch, writer_->anchored.newest().epoch) + 1;
    return writer_->anchored.store(head_);
  }
  /// What is closed from here on is sealed.
  void opened() { opened_ = true; }

  result<log_head> append(std::span<const group_ref> groups) override {
    return guarded(directory_, [&]() -> result<log_head> {
      std::unique_lock lock(mutex_);
      TOMNEXT_TRY(may_append(groups));
      auto head = head_;
      batch_.Clear();
      for (const auto& g : groups) {
        encode_group(*g, head.chain_hash, buffer_);
        if (writer_->encryptor) {
          std::swap(buffer_, packed_);
          TOMNEXT_TRY(writer_->encryptor->encrypt(packed_, buffer_));
        }
        const auto k = key_of(g->first_seq());
        if (auto s = batch_.Put(slice(k), buffer_); !s.ok()) return fail(s);
        // The next group names this hash; that of the last one is not needed before the disk has answered.
        const bool last = &g == &groups.back();
        if (last) chain_.start(head.chain_hash, buffer_);
        head = {g->last_seq(), head.epoch, last ? hash256{} : chain(head.chain_hash, buffer_)};
      }
      rocksdb::WriteOptions w;
      w.sync = writer_->options.when == durability::sync;
      w.disableWAL = writer_->options.when == durability::at_sync;
      if (auto s = db_->Write(w, &batch_); !s.ok()) return fail(s);
      if (!groups.empty()) head.chain_hash = chain_.finish();
      if (batch_.Data().capacity() > kept_bytes_max) batch_ = empty_batch();
      head_ = head;
      if (anchor_due()) TOMNEXT_TRY(store_anchor());
      for (const auto& g : groups) subscribers_.deliver(g);
      return head_;
    });
  }

  [[nodiscard]] log_head head() const override {
    std::scoped_lock lock(mutex_);
    return head_;
  }

  result<void> sync() override {
    return guarded(directory_, [&]() -> result<void> {
      std::scoped_lock lock(mutex_);
      TOMNEXT_TRY(may_write());
      return store_anchor();
    });
  }

  using event_log::scan;
  [[nodiscard]] result<std::unique_ptr<log_scan>> scan(std::uint64_t from_seq, direction where_to) const override {
    return guarded(directory_, [&]() -> result<std::unique_ptr<log_scan>> {
      if (where_to == direction::backward) return scan_backward(from_seq);
      const auto to = head().seq;
      const auto from = std::max(from_seq, base_.first_seq);
      // Nothing is read for what does not exist yet.
      if (from > to) return std::unique_ptr<log_scan>(std::make_unique<rows::scan>(nullptr, from, 0, std::nullopt, directory_));
      auto it = std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(rows::reading()));
      it->SeekForPrev(slice(key_of(from)));
      if (!it->Valid() && it->status().ok()) return error(errc::log_gap, directory_ + ": the log does not begin at event 1");
      std::optional<hash256> previous;
      if (from == base_.first_seq) previous = base_.previous;
      auto stored = std::unique_ptr<log_scan>(std::make_unique<rows::scan>(std::move(it), from, to, previous, directory_));
      if (from_seq >= base_.first_seq || base_.first_seq == 1) return stored;
      auto archived = archived_rows(archive_folder(directory_), base_, from_seq, direction::forward);
      if (!archived) return archived.error().within(directory_);
      return joined(decoded(std::move(*archived), directory_), std::move(stored));
    });
  }

  [[nodiscard]] std::uint64_t first_seq() const override { return archived_from(archive_folder(directory_), base_).value_or(base_.first_seq); }

  [[nodiscard]] result<bool> holds(const log_head& h) const override {
    return guarded(directory_, [&]() -> result<bool> {
      if (h.seq == 0) return true;
      if (h.seq > head().seq) return false;
      if (h.seq + 1 == base_.first_seq) return h.chain_hash == base_.previous;
      if (h.seq < base_.first_seq) {
        auto archived = archived_chain_at(archive_folder(directory_), h.seq);
        if (!archived) return archived.error().within(directory_);
        return *archived == h.chain_hash;
      }
      auto row = rows::row_at(*db_, h.seq, directory_);
      if (!row) return row.error();
      return *row && (*row)->head.seq == h.seq && (*row)->head.chain_hash == h.chain_hash;
    });
  }

  [[nodiscard]] result<std::vector<table_file>> tables() const override {
    return guarded(directory_, [&] { return rows::tables_of(*db_, directory_); });
  }
  [[nodiscard]] bool is_current() const override { return writer_.has_value(); }

  result<std::unique_ptr<subscription>> subscribe_from(std::uint64_t from_seq, std::function<void(const group_ref&)> deliver) override {
    std::uint64_t next = std::max<std::uint64_t>(from_seq, 1);
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
    // The stored part is read without holding up the writer, until little is left; that is read under the lock, where nothing can come in between.
    for (std::uint64_t ahead = head().seq; ahead >= next && ahead - next >= catch_up_events; ahead = head().seq) TOMNEXT_TRY(catch_up());
    std::scoped_lock lock(mutex_);
    TOMNEXT_TRY(catch_up());
    return subscribers_.add(std::move(deliver));
  }

  [[nodiscard]] result<std::unique_ptr<row_source>> rows_down(std::uint64_t from_seq) const override {
    return guarded(directory_, [&]() -> result<std::unique_ptr<row_source>> {
      if (base_.first_seq == 1) return stored_rows_down(from_seq);
      auto archived = archived_rows(archive_folder(directory_), base_, from_seq, direction::backward);
      if (!archived) return archived.error().within(directory_);
      if (from_seq < base_.first_seq) return archived;
      return joined(stored_rows_down(from_seq), std::move(*archived));
    });
  }

 private:
  std::unique_ptr<row_source> stored_rows_down(std::uint64_t from_seq) const {
    auto it = std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(rows::reading()));
    it->SeekForPrev(slice(key_of(std::min(from_seq, head().seq))));
    return std::make_unique<rows::backward_rows>(std::move(it), base_, directory_);
  }

  result<std::unique_ptr<log_scan>> scan_backward(std::uint64_t from_seq) const {
    std::unique_ptr<log_scan> archived;
    if (base_.first_seq > 1) {
      auto before = archived_rows(archive_folder(directory_), base_, from_seq, direction::backward);
      if (!before) return before.error().within(directory_);
      archived = decoded(std::move(*before), directory_);
      if (from_seq < base_.first_seq) return archived;
    }
    std::unique_ptr<log_scan> stored = std::make_unique<rows::backward_scan>(stored_rows_down(from_seq), directory_);
    return archived ? joined(std::move(stored), std::move(archived)) : std::move(stored);
  }

  [[nodiscard]] result<void> may_write() const {
    if (!writer_) return error(errc::invalid_argument, directory_ + ": opened for reading only");
    if (failed_) return error(errc::log_io, directory_ + ": an earlier write failed; what it wrote is unknown until the log is opened again");
    return {};
  }

  /// Everything that can be refused is refused before the first byte is written.
  result<void> may_append(std::span<const group_ref> groups) const {
    TOMNEXT_TRY(may_write());
    auto next = head_.seq + 1;
    for (const auto& g : groups) {
      TOMNEXT_TRY(check_group(*g, next));
      if (g->epoch != head_.epoch)
        return error(errc::stale_incarnation,
                     directory_ + ": the group is of epoch " + std::to_string(g->epoch) + ", this writer's is " + std::to_string(head_.epoch));
      next = g->last_seq() + 1;
    }
    std::error_code bad;
    const auto room = std::filesystem::space(directory_, bad);
    if (!bad && room.available < writer_->options.free_bytes_min) return full(room.available);
    return {};
  }

  error full(std::uint64_t available) const {
    const auto needed = writer_->options.free_bytes_min;
    const auto ballast = reserved_ballast(directory_);
    std::string hint;
    if (ballast != 0 && available + ballast >= needed) hint = "; `tomnext log release-ballast` makes room at once";
    else if (ballast != 0) hint = "; the ballast of " + std::to_string(ballast) + " bytes alone is not enough: make room first";
    return {errc::log_full, directory_ + ": " + std::to_string(available) + " bytes are free on the disk, at least " + std::to_string(needed) +
                                " must be; nothing was written" + hint};
  }

  // The first commit is anchored too: a log that has just begun is no less a log.
  bool anchor_due() {
    if (writer_->options.when == durability::at_sync) return false;
    const bool first = commits_++ == 0;
    return first || writer_->options.anchors == anchoring::before_acknowledgement || commits_ % std::max(writer_->options.anchor_every, 1u) == 0;
  }

  result<void> store_anchor() {
    // Without a sync of its own the log may lag behind what the operating system was given: an anchor must never be ahead of the disk.
    if (writer_->options.when == durability::os)
      if (auto s = db_->SyncWAL(); !s.ok()) return fail(s);
    if (writer_->options.when == durability::at_sync)
      if (auto s = db_->Flush(rocksdb::FlushOptions()); !s.ok()) return fail(s);
    auto stored = writer_->anchored.store(head_);
    if (!stored) failed_ = true;
    return stored;
  }

  // From the anchored group on, every group follows the one before it. What lies earlier was checked when it was anchored, and `log verify` checks it all.
  result<void> check_contiguous(std::uint64_t anchored) const {
    const auto from = std::max(anchored, base_.first_seq);
    if (from > head_.seq) return {};
    auto it = std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(rows::reading()));
    it->SeekForPrev(slice(key_of(from)));
    if (!it->Valid() && it->status().ok()) return error(errc::log_gap, directory_ + ": the log does not begin at event 1");
    rows::scan walk(std::move(it), from, head_.seq, from == base_.first_seq ? std::optional(base_.previous) : std::nullopt, directory_);
    for (;;) {
      auto more = walk.pass(encryption_);
      if (!more) return more.error();
      if (!*more) return {};
    }
  }

  error fail(const rocksdb::Status& s) {
    failed_ = true;
    return {errc::log_io, directory_ + ": writing: " + s.ToString()};
  }

  // Whatever fails here leaves the log without its newest anchor or without a seal: the next opening and `log verify` tell.
  void close() {
    if (!writer_) return;
    if (writer_->encryptor) closed_encrypted(directory_);
    if (!failed_ && head_.seq > writer_->anchored.newest().seq) (void)store_anchor();
    const bool closed = db_->Close().ok();
    db_.reset();
    if (opened_ && !failed_ && closed) (void)write_seal(directory_, head_, writer_->last_seal);
  }

  std::string directory_;
  std::optional<writing> writer_;
  std::unique_ptr<rocksdb::DB> db_;
  mutable std::recursive_mutex mutex_;
  log_base base_;
  std::optional<log_encryption> encryption_;
  std::optional<std::uint32_t> last_key_;  // of the last group when it was opened
  log_head head_;
  std::uint64_t commits_ = 0;
  bool failed_ = false;
  bool opened_ = false;  // a log that was refused at opening is not sealed when it goes
  // Kept between appends for their memory.
  std::string buffer_, packed_;
  rocksdb::WriteBatch batch_ = empty_batch();
  background_chain chain_;  // reads buffer_ while a commit is written
  subscribers subscribers_;
};

result<std::unique_ptr<rocksdb_log>> read_once(const std::string& directory) {
  auto anchored = anchor::read(anchor_file(directory));
  if (!anchored) return anchored.error();
  auto db = rows::open_for_reading(directory);
  if (!db) return db.error();
  auto log = std::make_unique<rocksdb_log>(directory, std::move(*db), std::nullopt);
  TOMNEXT_TRY(log->recover(*anchored));
  return log;
}

/// The anchor of a log that exists, or of one that begins. Changes nothing where it refuses.
result<anchor> open_anchor(const std::string& directory) {
  if (!log_exists(directory)) return anchor::create(anchor_file(directory));
  if (!rows::anchor_exists(directory))
    return error(errc::log_corrupt, directory + ": the file 'anchor' is missing, so nothing tells how much the log must hold; restore it from a backup");
  auto a = anchor::open(anchor_file(directory));
  if (!a) return a.error();
  if (rows::rows_exist(directory)) {
    auto readable = read_once(directory);
    if (!readable) return readable.error();
    TOMNEXT_TRY((*readable)->last_key_is_here());
  } else if (a->newest().epoch > 0) {  // a writer has been here
    return error(errc::log_corrupt, directory + ": the log's rows are missing: the anchor says that there are " + std::to_string(a->newest().seq) +
                                        " events; restore it from a backup");
  }
  return a;
}

/// Room for bad times, where there is some. That there is none is told, and stops nobody.
result<void> take_ballast(const std::string& directory, const rocksdb_options& o) {
  auto state = keep_ballast(directory, o.ballast_bytes, o.free_bytes_min);
  if (!state) return state.error();
  if (!o.tell) return {};
  if (*state == ballast_state::no_room)
    o.tell(directory + ": no room for a ballast of " + std::to_string(o.ballast_bytes) + " bytes above the " + std::to_string(o.free_bytes_min) +
           " that must stay free; it is made at the next opening with room");
  if (*state == ballast_state::impossible) o.tell(directory + ": this file system cannot reserve room, so there is no ballast to give up on a full disk");
  return {};
}

}  // namespace

result<std::unique_ptr<event_log>> open_log(const std::string& directory, const rocksdb_options& options) {
  return guarded(directory, [&]() -> result<std::unique_ptr<event_log>> {
    if (auto e = read_encryption(directory); !e || *e || options.encrypt == encryption::from_now_on) TOMNEXT_TRY(must_have_keys(directory, e));
    TOMNEXT_TRY(make_folder(directory));
    auto lock = folder_lock::take(directory);
    if (!lock) return lock.error();
    auto a = open_anchor(directory);
    if (!a) return a.error();
    // A damaged seal stops nobody: the log has been read without it, and is sealed anew.
    auto last_seal = read_seal(directory).value_or(std::nullopt);
    TOMNEXT_TRY(break_seal(directory));
    for (const auto* folder : {"", "/content", "/snapshots"}) TOMNEXT_TRY(remove_temporaries(directory + folder));
    auto o = rows::database_options();
    o.write_buffer_size = options.write_buffer_bytes;
    o.max_total_wal_size = options.wal_bytes_max;
    // A crash between creating the anchor and creating the rows leaves an anchor of nothing, of no writer.
    o.create_if_missing = a->newest().epoch == 0;
    // RocksDB makes its folder, and syncs what is in it, but not the entry of the folder itself: after a power cut all rows would be gone.
    TOMNEXT_TRY(make_folder(rows_folder(directory)));
    rocksdb::DB* raw = nullptr;
    if (auto s = rocksdb::DB::Open(o, rows_folder(directory), &raw); !s.ok()) return io_error(directory, s);
    const auto anchored = a->newest();
    auto log =
        std::make_unique<rocksdb_log>(directory, std::unique_ptr<rocksdb::DB>(raw), writing{std::move(*lock), std::move(*a), options, std::move(last_seal)});
    TOMNEXT_TRY(log->recover(anchored));
    TOMNEXT_TRY(log->begin_encryption());
    TOMNEXT_TRY(log->begin_epoch());
    TOMNEXT_TRY(take_ballast(directory, options));
    log->opened();
    return std::unique_ptr<event_log>(std::move(log));
  });
}

result<std::unique_ptr<event_log>> open_log_for_reading(const std::string& directory) {
  return guarded(directory, [&]() -> result<std::unique_ptr<event_log>> {
    if (!log_exists(directory)) return error(errc::file_unreadable, directory + ": there is no log here");
    // A writer beside us replaces files while we open them, which looks like damage; without one it is damage. On a busy machine he can be faster many times.
    constexpr auto patience = std::chrono::seconds(5);
    const auto began = std::chrono::steady_clock::now();
    for (int attempt = 1;; ++attempt) {
      const bool written = folder_lock::held(directory);
      auto log = read_once(directory);
      if (log) return std::unique_ptr<event_log>(std::move(*log));
      if (!written || (attempt >= 8 && std::chrono::steady_clock::now() - began > patience)) return log.error();
    }
  });
}

}  // namespace tomnext::persistence
