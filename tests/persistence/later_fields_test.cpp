// A later build of the same versions added fields. This build reads its log, writes on, and copies it, and the fields that it does not know are still there.
#include <rocksdb/db.h>

#include "persistence/checksum.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/verifier.hpp"
#include "persistence/wire.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

const std::string unknown_text = "what this build has no field for";

std::string varint(std::uint64_t x) {
  char room[10];
  return {room, static_cast<std::size_t>(wire::put_varint(room, x) - room)};
}

/// Fields 90 (a number) and 400 (text) behind those that we know.
std::string with_later_fields(const std::string& payload) {
  return payload + varint(90 << 3) + varint(42) + varint(400 << 3 | 2) + varint(unknown_text.size()) + unknown_text;
}

/// The quotes of these seqs as the later build writes them: the format is in group_codec.hpp.
std::string later_group(const log_head& before, std::uint64_t count) {
  std::string body = varint(1) + varint(before.epoch) + varint(before.seq + 1) + varint(count) + std::string(bytes_of(before.chain_hash));
  std::int64_t at = 0;
  for (auto seq = before.seq + 1; seq <= before.seq + count; ++seq) {
    const auto quote = tests::quote_at(seq);
    const auto payload = with_later_fields(encode_to_string(quote));
    body += varint(2) + varint(quote_accepted::type_number) + varint(1) + varint(wire::zigzag(quote.head.at.ns - at)) + varint(payload.size()) + payload;
    at = quote.head.at.ns;
  }
  const auto crc = crc32c(body);
  return body.append(reinterpret_cast<const char*>(&crc), 4);
}

std::unique_ptr<rocksdb::DB> raw_rows(const std::string& directory) {
  rocksdb::Options o;
  o.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open(o, rows_folder(directory), &db).ok());
  return std::unique_ptr<rocksdb::DB>(db);
}

std::string key_of(std::uint64_t seq) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(seq >> shift & 0xff);
  return key;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

std::string all_row_bytes(const std::string& directory) {
  std::string all;
  const auto db = raw_rows(directory);
  const auto at = std::unique_ptr<rocksdb::Iterator>(db->NewIterator({}));
  for (at->SeekToFirst(); at->Valid(); at->Next()) all += at->value().ToString();
  return all;
}

}  // namespace

TEST_CASE("fields of a later build survive reading, writing on, and a copy by bytes") {
  tests::temporary_folder folder;
  const auto directory = folder / "log";
  log_head before;
  {
    auto log = tests::must(open_log(directory, {}));
    before = tests::extend(*log, 2, 3);
  }
  // Now the later build writes.
  REQUIRE(raw_rows(directory)->Put({}, key_of(7), later_group(before, 4)).ok());
  CHECK(tests::must(tests::read_quotes(*tests::must(open_log_for_reading(directory)), 1)) == 10);
  log_head end;
  {
    auto log = tests::must(open_log(directory, {}));
    CHECK(log->head().seq == 10);
    end = tests::extend(*log, 2, 3);
  }
  CHECK(tests::must(verify_log(directory, {})).head.seq == 16);
  CHECK(times(all_row_bytes(directory), unknown_text) == 4);
  {
    // By bytes: the same head, and all fields.
    const auto copy = folder / "copy";
    tests::fs::create_directories(copy);
    tests::fs::copy_file(anchor_file(directory), anchor_file(copy));
    {
      const auto from = raw_rows(directory), to = raw_rows(copy);
      const auto at = std::unique_ptr<rocksdb::Iterator>(from->NewIterator({}));
      for (at->SeekToFirst(); at->Valid(); at->Next()) REQUIRE(to->Put({}, at->key(), at->value()).ok());
    }
    auto copied = tests::must(open_log_for_reading(copy));
    CHECK(copied->head() == tests::must(open_log_for_reading(directory))->head());
    CHECK(tests::must(tests::read_quotes(*copied, 1)) == 16);
    copied.reset();
    CHECK(times(all_row_bytes(copy), unknown_text) == 4);
  }
  // By events: another head. That is why copies go by bytes.
  memory_log rewritten;
  const auto log = tests::must(open_log_for_reading(directory));
  auto walk = tests::must(log->scan(1));
  while (auto g = tests::must(walk->next())) tests::must(rewritten.append({&g, 1}));
  CHECK(rewritten.head().seq == end.seq);
  CHECK_FALSE(rewritten.head().chain_hash == end.chain_hash);
}

TEST_CASE("an event of a later type or version in a stored log is refused when it is reached, with its seq, and nothing is changed") {
  tests::temporary_folder folder;
  const auto directory = folder / "log";
  log_head before;
  {
    auto log = tests::must(open_log(directory, {}));
    before = tests::extend(*log, 2, 3);
  }
  auto bytes = later_group(before, 1);
  const bool type = GENERATE(true, false);
  // Behind the head of the group: flags, type, version.
  const auto event_at = 4 + 32u;
  bytes[event_at + (type ? 1u : 2u)] = static_cast<char>(type ? 127 : 2);
  bytes.resize(bytes.size() - 4);
  const auto crc = crc32c(bytes);
  bytes.append(reinterpret_cast<const char*>(&crc), 4);
  REQUIRE(raw_rows(directory)->Put({}, key_of(7), bytes).ok());
  const auto untouched = tests::fingerprint(directory);
  for (const auto& refused : {open_log_for_reading(directory), open_log(directory, {})}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::log_newer_version);
    CHECK(refused.error().policy() == error_policy::halt);
    CHECK(refused.error().message.find(type ? "event 7 has type 127, which this build does not know" : "event 7 is quote_accepted of version 2") !=
          std::string::npos);
  }
  CHECK(tests::fingerprint(directory) == untouched);
}
