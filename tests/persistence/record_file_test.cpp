#include "persistence/record_file.hpp"

#include "persistence/rocksdb_log.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

/// A file of RocksDB's that ends like this, of a log of twelve commits.
std::string one_of(const tests::temporary_folder& folder, std::string_view part) {
  if (!tests::fs::exists(folder / "log")) tests::extend(*tests::must(open_log(folder / "log", {})), 12, 900);
  for (const auto& file : tests::files_below(folder / "log"))
    if (file.find(part) != std::string::npos && tests::fs::file_size(folder / ("log/" + file)) > 0) return folder / ("log/" + file);
  FAIL("no " << part);
  return {};
}

}  // namespace

TEST_CASE("the records of a write-ahead log and of a manifest are found whole") {
  tests::temporary_folder folder;
  const auto wal = tests::must(check_record_file(one_of(folder, ".log")));
  CHECK(wal.records > 12);  // a commit of more than 32 KiB is several records
  CHECK(wal.bytes == tests::fs::file_size(one_of(folder, ".log")));
  CHECK(wal.torn_bytes == 0);
  CHECK(tests::must(check_record_file(one_of(folder, "MANIFEST-"))).torn_bytes == 0);
}

TEST_CASE("a flipped bit is refused at the offset of its record; only a length can pass for a torn end") {
  tests::temporary_folder folder;
  for (const std::string part : {".log", "MANIFEST-"}) {
    const auto path = one_of(folder, part);
    const auto size = tests::fs::file_size(path);
    std::size_t named = 0, torn = 0;
    for (std::uintmax_t at = 0; at < size; at += size / 400 + 1) {
      tests::flip_bit(path, at, static_cast<unsigned>(at % 8));
      const auto r = check_record_file(path);
      tests::flip_bit(path, at, static_cast<unsigned>(at % 8));
      if (r) {
        if (r->torn_bytes == 0) FAIL(part << ": not noticed at " << at);
        ++torn;
        continue;
      }
      REQUIRE(r.error().code == errc::log_corrupt);
      const auto place = r.error().message.find(path + ": offset ");
      REQUIRE(place == 0);
      REQUIRE(std::stoull(r.error().message.substr(path.size() + 9)) <= at);
      ++named;
    }
    CHECK(named > 0);
    CHECK(torn <= 4);
  }
}

TEST_CASE("what a crash cuts short is counted as torn, at every length") {
  tests::temporary_folder folder;
  const auto path = one_of(folder, "MANIFEST-");
  const auto whole = tests::slurp(path);
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    tests::spill(path, whole.substr(0, n));
    const auto r = tests::must(check_record_file(path));
    REQUIRE(r.bytes == n);
    REQUIRE(r.torn_bytes <= n);
  }
  // Reserved space behind the last record is no record; anything in it is.
  tests::spill(path, whole + std::string(5'000, '\0'));
  CHECK(check_record_file(path));
  tests::spill(path, whole + std::string(5'000, '\0') + "x");
  CHECK_FALSE(check_record_file(path));
  CHECK(check_record_file(folder / "none").error().code == errc::file_unreadable);
}
