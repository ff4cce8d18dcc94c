// What each kind of error does to a log: one test for each row of the table in persistence/README.md that tells of a fault.
#include "persistence/checksum.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "persistence/wire.hpp"
#include "tests/persistence/raw_rows.hpp"
#include "tests/persistence/small_disk.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

void build(const std::string& directory) { tests::extend(*tests::must(open_log(directory, {})), 20, 10); }

/// Neither a writer nor a reader gets it, each with this code, and it stays as it is.
void refused_and_untouched(const std::string& directory, errc code, const std::string& said) {
  const auto before = tests::fingerprint(directory);
  for (const bool writing : {true, false}) {
    auto opened = writing ? open_log(directory, {}) : open_log_for_reading(directory);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == code);
    CHECK(opened.error().message.find(said) != std::string::npos);
  }
  CHECK(verify_log(directory, {}).error().code == code);
  CHECK(tests::fingerprint(directory) == before);
}

/// Replaces the last group by these bytes.
void replace_last_row(const std::string& directory, const std::string& bytes) {
  const auto db = tests::open_rows(directory);
  REQUIRE(db->Put({}, tests::row_key(191), bytes).ok());
  REQUIRE(db->Flush({}).ok());
  tests::fs::remove(seal_file(directory));  // it would tell first
}
std::string last_row(const std::string& directory) {
  const auto db = tests::open_rows(directory);
  std::string bytes;
  REQUIRE(db->Get({}, tests::row_key(191), &bytes).ok());
  return bytes;
}

}  // namespace

TEST_CASE("policy: the disk fails, so the log halts: log_io, and nothing more is accepted in this life") {
  CHECK(policy_of(errc::log_io) == error_policy::halt);
  const tests::small_disk disk(8u << 20);
  if (!disk.mounted()) return;
  rocksdb_options o;
  o.free_bytes_min = 0;
  auto log = tests::must(open_log(disk / "log", o));
  tests::extend(*log, 1, 10);
  disk.fill_up_to(0);
  int refused = 0;
  for (int i = 0; i < 1'000 && refused < 3; ++i) {
    const group_ref g = tests::group_of(log->head().seq + 1, 500, log->head().epoch);
    auto r = log->append({&g, 1});
    if (!r) CHECK(r.error().code == errc::log_io);
    if (r) CHECK(refused == 0);  // after the first refusal there is no acceptance
    else if (++refused == 1) tests::fs::remove(disk / "somebody_else");
  }
  CHECK(refused == 3);
}

TEST_CASE("policy: a hash does not match, so the log is refused as it stands; a snapshot is set aside") {
  CHECK(policy_of(errc::log_corrupt) == error_policy::quarantine);
  CHECK(policy_of(errc::snapshot_invalid) == error_policy::quarantine);
  tests::temporary_folder folder;
  build(folder / "log");
  const auto whole = last_row(folder / "log");
  std::string other;
  encode_group(*tests::must(decode_group(whole)).events, sha256({"another history"}), other);
  replace_last_row(folder / "log", other);
  refused_and_untouched(folder / "log", errc::log_corrupt, "history");
  replace_last_row(folder / "log", whole.substr(0, whole.size() - 1) + "x");
  refused_and_untouched(folder / "log", errc::log_corrupt, "checksum");
  replace_last_row(folder / "log", whole);
  auto log = tests::must(open_log(folder / "log", {}));
  const snapshot_store store(folder / "log");
  tests::must(store.put({{"host", 1, 1, 1}, 10, 11, log->head(), "older"}));
  tests::must(store.put({{"host", 1, 1, 1}, 20, 21, log->head(), "newer"}));
  const auto newest = folder / ("log/snapshots/" + tests::files_below(folder / "log/snapshots").back());
  tests::flip_bit(newest, 60, 2);
  const auto found = tests::must(store.newest({"host", 1, 1, 1}, *log));
  REQUIRE(found);
  CHECK(found->state == "older");
  CHECK(tests::fs::exists(newest + ".quarantined"));
}

TEST_CASE("policy: rows are missing, so the log is refused; a group that leaves a gap is not taken") {
  CHECK(policy_of(errc::log_gap) == error_policy::halt);
  tests::temporary_folder folder;
  build(folder / "log");
  {
    auto log = tests::must(open_log(folder / "log", {}));
    for (const std::uint64_t first : {200ull, 202ull, 1ull, 0ull}) {
      const group_ref g = tests::group_of(first, 3, log->head().epoch);
      CHECK(log->append({&g, 1}).error().code == errc::log_gap);
    }
    CHECK(log->head().seq == 200);
    CHECK(tests::extend(*log, 1, 1).seq == 201);
  }
  build(folder / "gap");
  {
    const auto db = tests::open_rows(folder / "gap");
    REQUIRE(db->Delete({}, tests::row_key(101)).ok());
    REQUIRE(db->Flush({}).ok());
  }
  // It lies before the anchored group, so that opening does not read it: whoever reads or verifies it meets it.
  auto log = tests::must(open_log_for_reading(folder / "gap"));
  const auto read = tests::read_quotes(*log, 1);
  CHECK(read.error().code == errc::log_gap);
  CHECK(read.error().message.find("events 101 to 110 are missing") != std::string::npos);
  tests::fs::remove(seal_file(folder / "gap"));
  CHECK(verify_log(folder / "gap", {}).error().code == errc::log_gap);
}

TEST_CASE("policy: a newer version wrote it, so the log is refused with type and event") {
  CHECK(policy_of(errc::log_newer_version) == error_policy::halt);
  tests::temporary_folder folder;
  build(folder / "log");
  auto bytes = last_row(folder / "log");
  auto signed_again = [](std::string body) {
    const auto crc = crc32c(body);
    return body.append(reinterpret_cast<const char*>(&crc), 4);
  };
  // The format of the row.
  auto newer = bytes.substr(0, bytes.size() - 4);
  newer[0] = 99;
  replace_last_row(folder / "log", signed_again(newer));
  refused_and_untouched(folder / "log", errc::log_newer_version, "newer than this build");
  // The version of an event: behind the row's head come its flags and its type.
  newer[0] = bytes[0];
  const auto head_bytes = 1 + 1 + 2 + 1 + sizeof(hash256);
  newer[head_bytes + 2] = 99;
  replace_last_row(folder / "log", signed_again(newer));
  refused_and_untouched(folder / "log", errc::log_newer_version, "event 191 is quote_accepted of version 99");
}
