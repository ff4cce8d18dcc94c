// What the rocksdb_*.cpp share, and nobody else includes: keys, options, errors, and the walk over rows.
#pragma once
#include <rocksdb/db.h>

#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "persistence/base.hpp"
#include "persistence/event_log.hpp"
#include "persistence/group_outline.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/rocksdb_tables.hpp"

namespace tomnext::persistence::rows {

/// Big-endian first seq of the group, so that rows lie in order.
using key = std::array<char, 8>;
key key_of(std::uint64_t seq);
std::uint64_t seq_of(const rocksdb::Slice& s);
inline rocksdb::Slice slice(const key& k) { return {k.data(), k.size()}; }
inline std::string_view view(const rocksdb::Slice& s) { return {s.data(), s.size()}; }

/// Where all logs of this process opened from here on have their rows, for tests. nullptr: the operating system's files.
void use_environment(rocksdb::Env* other);
rocksdb::Options database_options();
/// Whether a log's directory has the files that rows and anchor begin with.
bool rows_exist(const std::string& directory);
bool anchor_exists(const std::string& directory);
rocksdb::ReadOptions reading();
/// Opens without writing anything to the folder.
result<std::unique_ptr<rocksdb::DB>> open_for_reading(const std::string& directory);
/// The live tables, with the checksums that the manifest has of them.
result<std::vector<table_file>> tables_of(rocksdb::DB& db, const std::string& directory);
error io_error(const std::string& where, const rocksdb::Status& s);
/// What is wrong where a group begins at `first` and the one before it ends before `expected`: events are missing, or are there twice.
error not_next(const std::string& where, std::uint64_t first, std::uint64_t expected);

/// A RocksDB call that throws (no memory, a bug) becomes an error too.
template <class Call> auto guarded(const std::string& where, Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& e) { return error(errc::log_io, where + ": " + e.what()); }
}

/// Decoded groups from where the iterator stands up to the one that ends at `to`.
class scan final : public log_scan {
 public:
  /// `previous`: the chain hash before the first row, where it is known. `from`: the first row must hold this event, and begin at it where nothing is before it.
  scan(std::unique_ptr<rocksdb::Iterator> at, std::uint64_t from, std::uint64_t to, std::optional<hash256> previous, std::string where);
  result<group_ref> next() override;
  /// The same checks, where nobody wants the events: encrypted groups without their key are checked as far as that goes. False at the end.
  result<bool> pass(const std::optional<log_encryption>& encryption);
  /// The last event so far; 0: none.
  [[nodiscard]] std::uint64_t last() const { return last_; }

 private:
  result<void> check(std::string_view bytes, std::uint64_t first, const group_outline& o);
  result<std::optional<std::uint64_t>> here() const;
  error at_group(std::uint64_t first, const error& e) const;

  std::unique_ptr<rocksdb::Iterator> at_;
  std::uint64_t from_, to_;
  std::uint64_t last_ = 0;
  bool encrypted_ = false;  // the row before was
  std::optional<hash256> previous_;
  std::string where_;
};

/// Rows from where the iterator stands down to the base. Each row's hash must be the one that the later row names as its predecessor's.
class backward_rows final : public row_source {
 public:
  backward_rows(std::unique_ptr<rocksdb::Iterator> at, const log_base& base, std::string where) : at_(std::move(at)), base_(base), where_(std::move(where)) {}
  result<std::optional<stored_row>> next() override;

 private:
  std::unique_ptr<rocksdb::Iterator> at_;
  log_base base_;
  std::uint64_t later_ = 0;  // first seq of the row that was read last; 0: none yet
  hash256 expected_;
  bool later_in_clear_ = false;
  std::string where_;
};

/// The same rows, decoded.
class backward_scan final : public log_scan {
 public:
  backward_scan(std::unique_ptr<row_source> rows, std::string where) : rows_(std::move(rows)), where_(std::move(where)) {}
  result<group_ref> next() override;

 private:
  std::unique_ptr<row_source> rows_;
  std::string where_;
};

/// A row as it stands, with the head of a log that ends with it.
struct row {
  log_head head;
  std::uint64_t first_seq{};
  hash256 previous;
  std::optional<std::uint32_t> key_id{};  ///< where it is encrypted: then its events were not looked at
};
/// The row that holds `seq`, or the last one before it; nothing where there is none.
result<std::optional<row>> row_at(rocksdb::DB& db, std::uint64_t seq, const std::string& where);
/// From the event on that the file `encryption` names, no group may lie in clear: somebody without the key would have written it. errc::log_corrupt.
/// And none is encrypted before it.
result<void> check_encrypted(const std::optional<log_encryption>& encryption, const group_outline& o);
/// Whatever that file says, or where it is gone: a group in clear behind an encrypted one.
error clear_behind_encrypted();
/// A row begins at the base, and goes on from what came before it. Older rows that a crash left may be there; nobody looks at them.
result<void> check_base(rocksdb::DB& db, const log_base& base, const std::string& where);

}  // namespace tomnext::persistence::rows
