// Projections on disk: a RocksDB of their own, a column family each, and the marks in the default one. A batch over both is written whole or not at all.
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <map>

#include "persistence/files.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/projection_store.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence {
namespace {

using rows::guarded, rows::view;

rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }
std::string mark_key(std::string_view projection) { return "mark/" + std::string(projection); }
// No key begins with 0xff.
constexpr std::string_view beyond_all_keys = "\xff";

rocksdb::Options options() {
  auto o = rows::database_options();
  o.create_if_missing = true;
  // Nothing here is synced: what a power cut takes is folded again. Any prefix of the batches is a good state, since each carries its own offset; the
  // families reach the disk together, so that what is left is such a prefix.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  o.track_and_verify_wals_in_manifest = false;
  o.atomic_flush = true;
  o.write_buffer_size = 16u << 20;
  rocksdb::BlockBasedTableOptions t;
  t.block_size = 16u << 10;
  t.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // most keys that are looked up while folding are new
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(t));
  return o;
}

error store_error(const std::string& folder, const rocksdb::Status& s) {
  auto e = rows::io_error(folder, s);
  if (e.code == errc::log_locked) return {errc::log_locked, folder + ": another process writes these projections"};
  if (e.code == errc::log_corrupt)
    return {errc::log_corrupt, e.message + "; the folder can be deleted: the next 'log project run' folds it from the log again"};
  return e;
}

class rocksdb_reader final : public projection_reader {
 public:
  rocksdb_reader(std::string folder, rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) : folder_(std::move(folder)), db_(db), family_(family) {}

  [[nodiscard]] result<std::optional<std::string>> get(std::string_view key) const override {
    return guarded(folder_, [&]() -> result<std::optional<std::string>> {
      if (family_ == nullptr) return std::optional<std::string>{};
      std::string value;
      const auto s = db_.Get(rocksdb::ReadOptions(), family_, slice(key), &value);
      if (s.IsNotFound()) return std::optional<std::string>{};
      if (!s.ok()) return store_error(folder_, s);
      return std::optional<std::string>(std::move(value));
    });
  }
  result<void> walk(std::string_view prefix, std::string_view from, const std::function<bool(std::string_view, std::string_view)>& each) const override {
    return guarded(folder_, [&]() -> result<void> {
      if (family_ == nullptr) return {};
      const auto at = std::unique_ptr<rocksdb::Iterator>(db_.NewIterator(rows::reading(), family_));
      for (at->Seek(slice(from.empty() ? prefix : from)); at->Valid() && view(at->key()).starts_with(prefix); at->Next())
        if (!each(view(at->key()), view(at->value()))) return {};
      return at->status().ok() ? result<void>{} : store_error(folder_, at->status());
    });
  }

 private:
  std::string folder_;
  rocksdb::DB& db_;
  rocksdb::ColumnFamilyHandle* family_;  // none: the projection has never been run
};

class rocksdb_projections final : public projection_store {
 public:
  rocksdb_projections(std::string folder, std::unique_ptr<rocksdb::DB> db, const std::vector<rocksdb::ColumnFamilyHandle*>& families)
      : folder_(std::move(folder)), db_(std::move(db)) {
    for (auto* f : families) families_[f->GetName()] = f;
  }
  ~rocksdb_projections() override {
    for (const auto& [name, family] : families_) db_->DestroyColumnFamilyHandle(family);
  }
  rocksdb_projections(const rocksdb_projections&) = delete;
  rocksdb_projections& operator=(const rocksdb_projections&) = delete;

  [[nodiscard]] result<std::optional<projection_mark>> mark(std::string_view projection) const override {
    auto bytes = rocksdb_reader(folder_, *db_, db_->DefaultColumnFamily()).get(mark_key(projection));
    if (!bytes) return bytes.error();
    if (!*bytes) return std::optional<projection_mark>{};
    auto m = decode_mark(**bytes);
    if (!m) return m.error().within(folder_);
    return std::optional<projection_mark>(std::move(*m));
  }
  [[nodiscard]] result<std::optional<std::string>> get(std::string_view projection, std::string_view key) const override {
    return rocksdb_reader(folder_, *db_, family(projection)).get(key);
  }
  [[nodiscard]] result<std::unique_ptr<projection_reader>> reader(std::string_view projection) const override {
    return std::unique_ptr<projection_reader>(std::make_unique<rocksdb_reader>(folder_, *db_, family(projection)));
  }
  result<void> commit(std::string_view projection, std::span<const row_change> changes, const projection_mark& m) override {
    return write(projection, m, [&](rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* f) {
      rocksdb::Status s;
      for (const auto& c : changes)
        if (s = batch.Put(f, c.key, c.value); !s.ok()) break;
      return s;
    });
  }
  result<void> clear(std::string_view projection, const projection_mark& m) override {
    return write(projection, m, [&](rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* f) { return batch.DeleteRange(f, {}, slice(beyond_all_keys)); });
  }

 private:
  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(std::string_view projection) const {
    const auto found = families_.find(projection);
    return found == families_.end() ? nullptr : found->second;
  }
  /// A family without a mark is one whose first batch was never written: it is empty.
  result<rocksdb::ColumnFamilyHandle*> made_family(std::string_view projection) {
    if (auto* f = family(projection); f != nullptr) return f;
    rocksdb::ColumnFamilyHandle* f = nullptr;
    if (auto s = db_->CreateColumnFamily(options(), std::string(projection), &f); !s.ok()) return store_error(folder_, s);
    families_[std::string(projection)] = f;
    return f;
  }
  template <class Fill> result<void> write(std::string_view projection, const projection_mark& m, Fill fill) {
    return guarded(folder_, [&]() -> result<void> {
      auto f = made_family(projection);
      if (!f) return f.error();
      rocksdb::WriteBatch batch(0, 0, 8, 0);  // a checksum for each key until it is written
      if (auto s = fill(batch, *f); !s.ok()) return store_error(folder_, s);
      if (auto s = batch.Put(db_->DefaultColumnFamily(), mark_key(projection), encode_mark(m)); !s.ok()) return store_error(folder_, s);
      if (auto s = db_->Write(rocksdb::WriteOptions(), &batch); !s.ok()) return store_error(folder_, s);
      return {};
    });
  }

  std::string folder_;
  std::unique_ptr<rocksdb::DB> db_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*, std::less<>> families_;
};

bool there(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder + "/CURRENT", ignored);
}

result<std::vector<rocksdb::ColumnFamilyDescriptor>> families_of(const std::string& folder) {
  std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
  if (there(folder)) {
    if (auto s = rocksdb::DB::ListColumnFamilies(options(), folder, &names); !s.ok()) return store_error(folder, s);
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (const auto& name : names) all.emplace_back(name, options());
  return all;
}

result<std::unique_ptr<projection_store>> read_projections_once(const std::string& folder) {
  auto families = families_of(folder);
  if (!families) return families.error();
  auto o = options();
  o.create_if_missing = false;
  o.max_open_files = -1;  // all at once: a writer beside us may remove files later
  rocksdb::DB* raw = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  if (auto s = rocksdb::DB::OpenForReadOnly(o, folder, *families, &handles, &raw); !s.ok()) return store_error(folder, s);
  return std::unique_ptr<projection_store>(std::make_unique<rocksdb_projections>(folder, std::unique_ptr<rocksdb::DB>(raw), handles));
}

}  // namespace

result<std::unique_ptr<projection_store>> open_projections(const std::string& log_directory) {
  const auto folder = projections_folder(log_directory);
  return guarded(folder, [&]() -> result<std::unique_ptr<projection_store>> {
    if (!log_exists(log_directory)) return error(errc::file_unreadable, log_directory + ": there is no log here");
    auto encryption = read_encryption(log_directory);
    if (!encryption) return encryption.error();
    if (*encryption)
      return error(errc::invalid_argument,
                   log_directory + ": the log is written encrypted, and projections lie beside it in clear: they are not folded from such a log");
    TOMNEXT_TRY(make_folder(folder));
    auto families = families_of(folder);
    if (!families) return families.error();
    rocksdb::DB* raw = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    if (auto s = rocksdb::DB::Open(options(), folder, *families, &handles, &raw); !s.ok()) return store_error(folder, s);
    return std::unique_ptr<projection_store>(std::make_unique<rocksdb_projections>(folder, std::unique_ptr<rocksdb::DB>(raw), handles));
  });
}

result<std::unique_ptr<projection_store>> open_projections_for_reading(const std::string& log_directory) {
  const auto folder = projections_folder(log_directory);
  return guarded(folder, [&]() -> result<std::unique_ptr<projection_store>> {
    if (!there(folder)) return std::unique_ptr<projection_store>{};
    // A writer beside us replaces files while we open them, which looks like damage; damage stays.
    for (int attempt = 1;; ++attempt) {
      auto store = read_projections_once(folder);
      if (store || attempt == 8) return store;
    }
  });
}

}  // namespace tomnext::persistence
