// PostgreSQL: one table with a primary key, through libpq and its Unix socket, everything in binary and prepared where it can be.
#include <endian.h>
#include <libpq-fe.h>

#include <array>
#include <cstring>

#include "bench/peers/store.hpp"

namespace tomnext::bench::peers {
namespace {

constexpr Oid int8_oid = 20, bytea_oid = 17, int8_array_oid = 1016, bytea_array_oid = 1001;

template <class T> void put(std::string& to, T big_endian) { to.append(reinterpret_cast<const char*>(&big_endian), sizeof big_endian); }
void put16(std::string& to, std::uint16_t x) { put(to, htobe16(x)); }
void put32(std::string& to, std::uint32_t x) { put(to, htobe32(x)); }
void put64(std::string& to, std::uint64_t x) { put(to, htobe64(x)); }

struct closes {
  void operator()(PGconn* c) const { PQfinish(c); }
  void operator()(PGresult* r) const { PQclear(r); }
};
using answer = std::unique_ptr<PGresult, closes>;

class connection {
 public:
  explicit connection(const std::string& where) : c_(PQconnectdb(where.c_str())) {
    if (PQstatus(c_.get()) != CONNECTION_OK) fail();
  }
  [[nodiscard]] PGconn* get() const { return c_.get(); }
  [[noreturn]] void fail() const { refuse("PostgreSQL", PQerrorMessage(c_.get())); }
  answer expect(PGresult* r, ExecStatusType wanted) const {
    answer a(r);
    if (PQresultStatus(a.get()) != wanted) fail();
    return a;
  }
  void run(const std::string& sql) const { expect(PQexec(get(), sql.c_str()), PGRES_COMMAND_OK); }
  [[nodiscard]] std::string value(const std::string& sql) const {
    const auto a = expect(PQexec(get(), sql.c_str()), PGRES_TUPLES_OK);
    return PQntuples(a.get()) == 1 ? PQgetvalue(a.get(), 0, 0) : "";
  }
  void prepare(const char* name, const char* sql, std::initializer_list<Oid> types) const {
    expect(PQprepare(get(), name, sql, static_cast<int>(types.size()), types.begin()), PGRES_COMMAND_OK);
  }

 private:
  std::unique_ptr<PGconn, closes> c_;
};

/// The table, whatever the way of writing to it.
class table : public store {
 public:
  table(const std::string& where, std::string name, const std::string& key) : db(where), name_(std::move(name)) {
    db.run("SET client_min_messages = warning");
    db.run("DROP TABLE IF EXISTS " + name_);
    db.run("CREATE TABLE " + name_ + " (seq bigint NOT NULL " + key + ", payload bytea NOT NULL)");
    db.run("ALTER TABLE " + name_ + " ALTER payload SET STORAGE PLAIN");  // 200 bytes are not worth a try at compression
  }
  void clear() override {
    db.run("TRUNCATE " + name_);
    db.run("CHECKPOINT");  // the write-ahead log's files are there to be used again
  }
  std::uint64_t size() override { return std::stoull(db.value("SELECT count(*) FROM " + name_)); }
  std::string record(std::uint64_t number) override {
    const auto hex = db.value("SELECT encode(payload, 'hex') FROM " + name_ + " WHERE seq = " + std::to_string(number));
    std::string s;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) s += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return s;
  }

 protected:
  connection db;
  std::string name_;
};

class copied final : public table {
 public:
  using table::table;
  void commit(const batch& b) override {
    data_.assign("PGCOPY\n\377\r\n\0", 11);
    put32(data_, 0);  // no flags
    put32(data_, 0);  // no extension of the header
    auto seq = b.first;
    for (const auto& r : b.records) {
      put16(data_, 2);
      put32(data_, 8);
      put64(data_, seq++);
      put32(data_, static_cast<std::uint32_t>(r.size()));
      data_ += r;
    }
    put16(data_, 0xffff);
    db.expect(PQexec(db.get(), ("COPY " + name_ + " FROM STDIN (FORMAT binary)").c_str()), PGRES_COPY_IN);
    if (PQputCopyData(db.get(), data_.data(), static_cast<int>(data_.size())) != 1 || PQputCopyEnd(db.get(), nullptr) != 1) db.fail();
    db.expect(PQgetResult(db.get()), PGRES_COMMAND_OK);
    if (answer(PQgetResult(db.get()))) db.fail();
  }

 private:
  std::string data_;
};

/// One prepared INSERT of all rows, which come as two arrays: one message there and one back.
class multi_row final : public table {
 public:
  multi_row(const std::string& where, std::string name, const std::string& key) : table(where, std::move(name), key) {
    db.prepare("rows", ("INSERT INTO " + name_ + " SELECT * FROM unnest($1, $2)").c_str(), {int8_array_oid, bytea_array_oid});
  }
  void commit(const batch& b) override {
    begin(seqs_, int8_oid, b.records.size());
    begin(payloads_, bytea_oid, b.records.size());
    auto seq = b.first;
    for (const auto& r : b.records) {
      put32(seqs_, 8);
      put64(seqs_, seq++);
      put32(payloads_, static_cast<std::uint32_t>(r.size()));
      payloads_ += r;
    }
    const std::array values{seqs_.data(), payloads_.data()};
    const std::array lengths{static_cast<int>(seqs_.size()), static_cast<int>(payloads_.size())};
    const std::array formats{1, 1};
    db.expect(PQexecPrepared(db.get(), "rows", 2, values.data(), lengths.data(), formats.data(), 1), PGRES_COMMAND_OK);
  }

 private:
  // An array in binary: one dimension, no nulls, its elements' type, how many, from 1.
  static void begin(std::string& array, Oid type, std::size_t count) {
    array.clear();
    put32(array, 1);
    put32(array, 0);
    put32(array, type);
    put32(array, static_cast<std::uint32_t>(count));
    put32(array, 1);
  }
  std::string seqs_, payloads_;
};

/// Prepared single-row INSERTs that are all sent before the first answer is read; up to the sync they are one transaction.
class single_rows final : public table {
 public:
  single_rows(const std::string& where, std::string name, const std::string& key) : table(where, std::move(name), key) {
    db.prepare("row", ("INSERT INTO " + name_ + " VALUES ($1, $2)").c_str(), {int8_oid, bytea_oid});
  }
  void commit(const batch& b) override {
    if (PQenterPipelineMode(db.get()) != 1) db.fail();
    auto seq = b.first;
    for (const auto& r : b.records) send(seq++, r);
    if (PQpipelineSync(db.get()) != 1) db.fail();
    for (std::size_t i = 0; i < b.records.size(); ++i) {
      db.expect(PQgetResult(db.get()), PGRES_COMMAND_OK);
      if (answer(PQgetResult(db.get()))) db.fail();  // the end of this statement's answer
    }
    db.expect(PQgetResult(db.get()), PGRES_PIPELINE_SYNC);
    if (PQexitPipelineMode(db.get()) != 1) db.fail();
  }

 private:
  void send(std::uint64_t seq, const std::string& payload) const {
    const auto number = htobe64(seq);
    const std::array values{reinterpret_cast<const char*>(&number), payload.data()};
    const std::array lengths{8, static_cast<int>(payload.size())};
    const std::array formats{1, 1};
    if (PQsendQueryPrepared(db.get(), "row", 2, values.data(), lengths.data(), formats.data(), 1) != 1) db.fail();
  }
};

std::vector<contender> connect(const std::string& where) {
  std::string settings;
  {
    const connection c(where);
    if (c.value("SHOW fsync") != "on" || c.value("SHOW synchronous_commit") != "on")
      refuse("PostgreSQL", "fsync and synchronous_commit must be on: a commit that is not synced is not what is compared here");
    settings = "PostgreSQL " + c.value("SHOW server_version") + ": " +
               c.value(
                   "SELECT string_agg(name || '=' || current_setting(name), ' ' ORDER BY name) FROM pg_settings WHERE name IN ('fsync','synchronous_commit',"
                   "'wal_sync_method','full_page_writes','wal_level','shared_buffers','wal_buffers','max_wal_size','min_wal_size','checkpoint_timeout',"
                   "'autovacuum','data_checksums','wal_segment_size')") +
               "; table (seq bigint, payload bytea); Unix socket, libpq, binary, prepared";
  }
  const std::string key = "PRIMARY KEY";
  std::vector<contender> all;
  const auto add = [&](const char* name, use for_what, std::unique_ptr<store> keeps) {
    all.push_back({name, settings, acknowledgement::synced, for_what, std::move(keeps)});
  };
  add("PostgreSQL, COPY", use::groups, std::make_unique<copied>(where, "copied", key));
  add("PostgreSQL, COPY into a table without an index", use::groups, std::make_unique<copied>(where, "heap", ""));
  add("PostgreSQL, one INSERT of all rows", use::groups, std::make_unique<multi_row>(where, "multi_row", key));
  add("PostgreSQL, single INSERTs, pipelined", use::both, std::make_unique<single_rows>(where, "single_rows", key));
  return all;
}

const listed here({"postgres", "a libpq connection string", connect});

}  // namespace
}  // namespace tomnext::bench::peers
