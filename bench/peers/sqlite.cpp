// SQLite in this process: one table, write-ahead log, synchronous = full.
#include <sqlite3.h>

#include <filesystem>

#include "bench/peers/store.hpp"

namespace tomnext::bench::peers {
namespace {

struct closes {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using statement = std::unique_ptr<sqlite3_stmt, closes>;

// As much of the write-ahead log as the log's own write buffer holds, before its pages go to their places: fewer of those than by default.
constexpr const char* checkpoint_pages = "16384";

class sqlite_table final : public store {
 public:
  explicit sqlite_table(std::string file) : file_(std::move(file)) { open(); }

  void clear() override {
    close();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_ + suffix);
    open();
  }

  void commit(const batch& b) override {
    // A single INSERT is a transaction of its own.
    if (b.records.size() > 1) step(begin_);
    auto seq = static_cast<sqlite3_int64>(b.first);
    for (const auto& r : b.records) {
      sqlite3_bind_int64(insert_.get(), 1, seq++);
      sqlite3_bind_blob(insert_.get(), 2, r.data(), static_cast<int>(r.size()), SQLITE_STATIC);
      step(insert_);
    }
    if (b.records.size() > 1) step(commit_);
  }

  std::uint64_t size() override { return std::stoull(value("SELECT count(*) FROM events")); }
  std::string record(std::uint64_t number) override { return value("SELECT payload FROM events WHERE seq = " + std::to_string(number)); }

  /// The first column of the first row.
  std::string value(const std::string& sql) {
    const auto s = prepare(sql);
    if (sqlite3_step(s.get()) != SQLITE_ROW) fail();
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(s.get(), 0));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(s.get(), 0))};
  }

 private:
  void open() {
    sqlite3* raw = nullptr;
    const bool good = sqlite3_open(file_.c_str(), &raw) == SQLITE_OK;
    db_.reset(raw);
    if (!good) fail();
    for (const auto& sql : {std::string("PRAGMA journal_mode = WAL"), std::string("PRAGMA synchronous = FULL"), std::string("PRAGMA locking_mode = EXCLUSIVE"),
                            std::string("PRAGMA cache_size = -65536"), std::string("PRAGMA wal_autocheckpoint = ") + checkpoint_pages,
                            std::string("CREATE TABLE events (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL)")})
      if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
    begin_ = prepare("BEGIN IMMEDIATE");
    insert_ = prepare("INSERT INTO events VALUES (?, ?)");
    commit_ = prepare("COMMIT");
  }
  void close() {
    for (auto* s : {&begin_, &insert_, &commit_}) s->reset();
    db_.reset();
  }
  statement prepare(const std::string& sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) fail();
    return statement(raw);
  }
  void step(const statement& s) {
    if (sqlite3_step(s.get()) != SQLITE_DONE) fail();
    sqlite3_reset(s.get());
  }
  [[noreturn]] void fail() const { refuse("SQLite", sqlite3_errmsg(db_.get())); }

  std::string file_;
  std::unique_ptr<sqlite3, closes> db_;
  statement begin_, insert_, commit_;
};

std::vector<contender> connect(const std::string& where) {
  auto table = std::make_unique<sqlite_table>(where);
  if (table->value("PRAGMA journal_mode") != "wal" || table->value("PRAGMA synchronous") != "2")
    refuse("SQLite", "journal_mode must be wal and synchronous 2 (full): a commit that is not synced is not what is compared here");
  auto settings = std::string("SQLite ") + sqlite3_libversion();
  for (const char* name : {"journal_mode", "synchronous", "locking_mode", "page_size", "cache_size", "wal_autocheckpoint"})
    settings += std::string(settings.back() == ' ' ? "" : " ") + name + "=" + table->value(std::string("PRAGMA ") + name);
  settings += "; table (seq INTEGER PRIMARY KEY, payload BLOB); in this process, prepared";
  std::vector<contender> all;
  all.push_back({"SQLite, single INSERTs", settings, acknowledgement::synced, use::both, std::move(table)});
  return all;
}

const listed here({"sqlite", "a file", connect});

}  // namespace
}  // namespace tomnext::bench::peers
