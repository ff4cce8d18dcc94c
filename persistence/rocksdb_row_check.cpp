#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/group_cipher.hpp"
#include "persistence/group_outline.hpp"
#include "persistence/parallel.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/row_check.hpp"

namespace tomnext::persistence {
namespace {

/// Pieces are small enough that threads end together, and large enough that finding their beginnings costs nothing.
constexpr std::uint64_t piece_events_min = 4096;
constexpr std::uint64_t pieces_per_thread = 32;
constexpr std::uint64_t report_bytes = 1u << 20;

event_type_set declaration_types() {
  event_type_set s;
  for (const auto type : {log_declared::type_number, configuration_set::type_number, model_file_added::type_number}) s.set(type);
  return s;
}

/// Rows whose keys lie in [begin, end).
struct piece {
  std::uint64_t begin = 0, end = 0;
  row_figures figures;
  hash256 previous;  // the hash that its first row names
  bool begins_encrypted = false, ends_encrypted = false;
  std::optional<error> bad;
};

class checker {
 public:
  checker(rocksdb::DB& db, std::string directory, const row_check& what, std::optional<log_encryption> encryption)
      : db_(db), directory_(std::move(directory)), what_(what), encryption_(std::move(encryption)) {}

  result<row_figures> run(const std::function<bool(std::uint64_t)>& progress) {
    TOMNEXT_TRY(divide());
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < std::max(what_.threads, 1u); ++i) threads.emplace_back([this] { work(); });
      watch(progress, threads.size());
    }
    if (cancelled_) return error(errc::cancelled, directory_ + ": cancelled after " + std::to_string(events_) + " events");
    return joined();
  }

 private:
  /// Beginnings of pieces, evenly by seq, at rows that are there.
  result<void> divide() {
    const auto it = std::unique_ptr<rocksdb::Iterator>(db_.NewIterator(rows::reading()));
    it->SeekToLast();
    if (!it->status().ok()) return rows::io_error(directory_, it->status());
    if (!it->Valid()) return {};
    const auto last = rows::seq_of(it->key());
    const auto first = row_before(*it, what_.from_seq);
    if (!first || *first > what_.from_seq) return error(errc::log_gap, directory_ + ": the log does not begin at event " + std::to_string(what_.from_seq));
    const auto count = std::clamp((last - *first) / piece_events_min, std::uint64_t{1}, pieces_per_thread * std::max(what_.threads, 1u));
    std::vector<std::uint64_t> begins{*first};
    for (std::uint64_t i = 1; i < count; ++i) {
      // Where it cannot be read, the piece before goes on to there and tells.
      const auto at = row_before(*it, *first + (last - *first) / count * i);
      if (at && *at > begins.back()) begins.push_back(*at);
    }
    for (std::size_t i = 0; i < begins.size(); ++i)
      pieces_.push_back({.begin = begins[i], .end = i + 1 < begins.size() ? begins[i + 1] : UINT64_MAX, .figures = {}, .previous = {}, .bad = {}});
    return {};
  }

  /// First seq of the row that holds `seq`, or of the first row where all are later.
  std::optional<std::uint64_t> row_before(rocksdb::Iterator& it, std::uint64_t seq) {
    it.SeekForPrev(rows::slice(rows::key_of(seq)));
    if (!it.Valid() && it.status().ok()) it.SeekToFirst();
    if (!it.Valid()) return std::nullopt;
    return rows::seq_of(it.key());
  }

  void work() {
    for (;;) {
      const auto i = next_++;
      // Pieces are taken in their order, so every one before a bad one is taken, and will be finished.
      if (i >= pieces_.size() || i > first_bad_ || cancelled_) break;
      auto& p = pieces_[i];
      auto checked = rows::guarded(directory_, [&] { return check(p); });
      if (checked) continue;
      p.bad = checked.error();
      for (auto known = first_bad_.load(); i < known && !first_bad_.compare_exchange_weak(known, i);) {}
    }
    std::scoped_lock lock(mutex_);
    ++ended_;
    changed_.notify_one();
  }

  result<void> check(piece& p) {
    static const auto wanted = declaration_types();
    const auto it = std::unique_ptr<rocksdb::Iterator>(db_.NewIterator(rows::reading()));
    auto& f = p.figures;
    std::uint64_t unreported_bytes = 0, unreported_events = 0;
    auto next_seq = p.begin;
    for (it->Seek(rows::slice(rows::key_of(p.begin))); it->Valid(); it->Next()) {
      const auto first = rows::seq_of(it->key());
      if (first >= p.end || cancelled_) break;
      if (first != next_seq) return rows::not_next(directory_, first, next_seq);
      const auto bytes = rows::view(it->value());
      auto o = outline(bytes, wanted, f);
      if (!o) return at_group(first, o.error());
      if (o->first_seq != first) return at_group(first, error(errc::log_corrupt, "it says that it begins at " + std::to_string(o->first_seq)));
      if (auto right = rows::check_encrypted(encryption_, *o); !right) return at_group(first, right.error());
      if (p.ends_encrypted && !o->key_id) return at_group(first, rows::clear_behind_encrypted());
      p.ends_encrypted = o->key_id.has_value();
      if (f.groups == 0) {
        p.previous = o->previous;
        p.begins_encrypted = p.ends_encrypted;
        f.first_seq = first;
      } else if (o->previous != f.head.chain_hash) {
        return at_group(first, error(errc::log_corrupt, "the hash chain is broken before it"));
      }
      f.head = {o->last_seq, o->epoch, chain(o->previous, bytes)};
      ++f.groups;
      f.events += o->last_seq - first + 1;
      f.bytes += bytes.size();
      next_seq = o->last_seq + 1;
      unreported_bytes += bytes.size();
      unreported_events += o->last_seq - first + 1;
      if (unreported_bytes >= report_bytes) {
        report(std::exchange(unreported_events, 0));
        unreported_bytes = 0;
      }
    }
    report(unreported_events);
    if (!it->status().ok()) return rows::io_error(directory_, it->status()).within("after event " + std::to_string(next_seq - 1) + " (the last good one)");
    if (!cancelled_ && p.end != UINT64_MAX && next_seq != p.end) return rows::not_next(directory_, p.end, next_seq);
    return {};
  }

  result<group_outline> outline(std::string_view bytes, const event_type_set& wanted, row_figures& f) {
    const auto looked_at = [&](std::string_view packed) {
      return what_.depth == row_depth::envelopes ? outlined(packed, wanted, f) : decoded(packed, wanted, f);
    };
    if (!is_encrypted(bytes)) return looked_at(bytes);
    // Its checksum first: damage is not to be taken for a wrong key.
    auto outer = outline_group(bytes, {});
    if (!outer) return outer;
    ++f.groups_by_key[*outer->key_id];
    auto inner = what_.depth == row_depth::envelopes ? decrypted(bytes, looked_at) : looked_at(bytes);
    if (inner) inner->key_id = outer->key_id;
    if (inner || inner.error().code != errc::log_key) return inner;
    ++f.groups_unread;
    return outer;
  }

  template <class Look> static result<group_outline> decrypted(std::string_view bytes, Look look) {
    thread_local std::string packed;
    TOMNEXT_TRY(decrypt_group(bytes, packed));
    return look(packed);
  }

  static result<group_outline> outlined(std::string_view bytes, const event_type_set& wanted, row_figures& f) {
    auto o = outline_group(bytes, wanted);
    return !o || !o->has_wanted ? o : decoded(bytes, wanted, f);
  }

  static result<group_outline> decoded(std::string_view bytes, const event_type_set& wanted, row_figures& f) {
    auto g = decode_group(bytes);
    if (!g) return g.error();
    for (const auto& e : g->events->events)
      if (e.head.type < event_numbers && wanted[e.head.type]) f.declarations.push_back(e);
    return group_outline{g->events->epoch, g->events->first_seq(), g->events->last_seq(), g->previous, true, std::nullopt};
  }

  error at_group(std::uint64_t first, const error& e) const {
    return e.within(directory_ + ": group at event " + std::to_string(first) + " (last good event " + std::to_string(first - 1) + ")");
  }

  void report(std::uint64_t events) {
    std::scoped_lock lock(mutex_);
    events_ += events;
    changed_.notify_one();
  }

  /// The progress is the caller's, so it is told on his thread.
  void watch(const std::function<bool(std::uint64_t)>& progress, std::size_t threads) {
    std::unique_lock lock(mutex_);
    for (std::uint64_t told = 0; ended_ < threads || told < events_;) {
      changed_.wait(lock, [&] { return ended_ == threads || events_ > told; });
      if (told == events_) continue;
      told = events_;
      lock.unlock();
      if (progress && !cancelled_ && !progress(told)) cancelled_ = true;
      lock.lock();
    }
  }

  /// The pieces one after the other, and whether each goes on where the one before it ended.
  result<row_figures> joined() {
    row_figures all;
    auto before = what_.previous;
    if (what_.from_seq <= 1) before = hash256{};
    bool encrypted = false;
    for (auto& p : pieces_) {
      if (p.figures.groups > 0 && before && p.previous != *before)
        return at_group(p.figures.first_seq, error(errc::log_corrupt, "the hash chain is broken before it"));
      if (p.figures.groups > 0 && encrypted && !p.begins_encrypted) return at_group(p.figures.first_seq, rows::clear_behind_encrypted());
      if (p.bad) return *p.bad;
      if (p.figures.groups == 0) continue;
      encrypted = p.ends_encrypted;
      if (all.groups == 0) all.first_seq = p.figures.first_seq;
      before = p.figures.head.chain_hash;
      all.head = p.figures.head;
      all.groups += p.figures.groups;
      all.events += p.figures.events;
      all.bytes += p.figures.bytes;
      for (const auto& [id, groups] : p.figures.groups_by_key) all.groups_by_key[id] += groups;
      all.groups_unread += p.figures.groups_unread;
      all.declarations.insert(all.declarations.end(), p.figures.declarations.begin(), p.figures.declarations.end());
    }
    return all;
  }

  rocksdb::DB& db_;
  std::string directory_;
  const row_check& what_;
  std::optional<log_encryption> encryption_;
  std::vector<piece> pieces_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> first_bad_{SIZE_MAX};
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t events_ = 0;  // under the mutex
  std::size_t ended_ = 0;     // under the mutex
};

result<void> check_table(const table_file& t, const ask& go_on) {
  constexpr std::size_t part_bytes = 256u << 10;  // stays in the cache of the processor
  std::string part;
  std::uint32_t crc = 0;
  std::uint64_t offset = 0;
  for (;;) {
    TOMNEXT_TRY(read_part(t.path, offset, part_bytes, read_source::memory_or_disk, part));
    crc = crc32c(part, crc);
    offset += part.size();
    if (!go_on()) return error(errc::cancelled, t.path + ": cancelled");
    if (part.size() < part_bytes) break;
  }
  if (offset != t.bytes)
    return error(errc::log_corrupt, t.path + ": offset " + std::to_string(std::min(offset, t.bytes)) + ": the table has " + std::to_string(offset) +
                                        " bytes, and had " + std::to_string(t.bytes) + " when it was written");
  if (t.crc && crc == *t.crc) return {};
  TOMNEXT_TRY(check_table_blocks(t.path));  // names the block
  if (!t.crc) return {};
  return error(errc::log_corrupt, t.path + ": offset 0 to " + std::to_string(t.bytes) + ": the table's checksum does not match, and those of its blocks do");
}

/// A checksum of the whole file leaves no byte out, so blocks are looked at only to name the place.
result<void> check_tables(rocksdb::DB& db, const std::string& directory, const row_check& what, const std::function<bool(std::uint64_t)>& progress) {
  auto tables = rows::tables_of(db, directory);
  if (!tables) return tables.error();
  std::erase_if(*tables, [&](const table_file& t) { return t.last_key + group_events_max < what.from_seq; });
  std::sort(tables->begin(), tables->end(), [](const table_file& a, const table_file& b) { return a.path < b.path; });
  const ask told = [&] { return !progress || progress(0); };
  auto checked = in_parallel(tables->size(), what.threads, told,
                             [&](std::size_t i, const ask& go_on) { return rows::guarded(directory, [&] { return check_table((*tables)[i], go_on); }); });
  if (!checked && checked.error().code == errc::cancelled) return checked.error().within(directory);
  return checked;
}

}  // namespace

result<void> check_tables(const std::string& directory, const std::function<bool(std::uint64_t)>& progress) {
  return rows::guarded(directory, [&]() -> result<void> {
    auto db = rows::open_for_reading(directory);
    if (!db) return db.error();
    return check_tables(**db, directory, row_check{}, progress);
  });
}

result<row_figures> check_rows(const std::string& directory, const row_check& what, const std::function<bool(std::uint64_t)>& progress) {
  return rows::guarded(directory, [&]() -> result<row_figures> {
    auto db = rows::open_for_reading(directory);
    if (!db) return db.error();
    TOMNEXT_TRY(check_tables(**db, directory, what, progress));
    auto encryption = read_encryption(directory);
    if (!encryption) return encryption.error();
    return checker(**db, directory, what, std::move(*encryption)).run(progress);
  });
}

result<std::optional<hash256>> first_chain_hash(const std::string& directory) {
  return rows::guarded(directory, [&]() -> result<std::optional<hash256>> {
    auto db = rows::open_for_reading(directory);
    if (!db) return db.error();
    auto row = rows::row_at(**db, 1, directory);
    if (!row) return row.error();
    if (!*row || (*row)->first_seq != 1) return std::optional<hash256>{};
    return std::optional<hash256>((*row)->head.chain_hash);
  });
}

}  // namespace tomnext::persistence
