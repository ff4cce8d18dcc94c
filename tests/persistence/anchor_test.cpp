#include "persistence/anchor.hpp"

#include "persistence/checksum.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {
log_head head_at(std::uint64_t seq, std::uint64_t epoch = 1) { return {seq, epoch, sha256({std::to_string(seq)})}; }
}  // namespace

TEST_CASE("the newest of what was stored counts, also after opening again") {
  tests::temporary_folder folder;
  const auto path = folder / "anchor";
  {
    auto a = tests::must(anchor::create(path));
    CHECK(a.newest() == log_head{});
    for (std::uint64_t seq : {3, 9, 9, 12}) {
      tests::must(a.store(head_at(seq)));
      CHECK(a.newest() == head_at(seq));
      CHECK(tests::must(anchor::read(path)) == head_at(seq));
    }
  }
  auto again = tests::must(anchor::open(path));
  CHECK(again.newest() == head_at(12));
  // A new epoch counts as newer at the same event, and it overwrites the older slot, not the newest.
  tests::must(again.store(head_at(12, 2)));
  CHECK(tests::must(anchor::read(path)).epoch == 2);
  CHECK(tests::slurp(path).size() == 8192);
}

TEST_CASE("a write torn at any byte leaves the one before it") {
  tests::temporary_folder folder;
  const auto path = folder / "anchor";
  {
    auto a = tests::must(anchor::create(path));
    tests::must(a.store(head_at(5)));
    tests::must(a.store(head_at(6)));
  }
  const auto before = tests::slurp(path);
  {
    auto a = tests::must(anchor::open(path));
    tests::must(a.store(head_at(7)));
  }
  const auto after = tests::slurp(path);
  std::size_t old = 0, fresh = 0;
  for (std::size_t n = 0; n <= after.size(); n += n < 72 ? 5 : 1024) {
    tests::spill(path, after.substr(0, n) + before.substr(n));
    auto a = anchor::open(path);
    REQUIRE(a);
    REQUIRE((a->newest() == head_at(6) || a->newest() == head_at(7)));
    ++(a->newest() == head_at(6) ? old : fresh);
    // It goes on from either.
    tests::must(a->store(head_at(8)));
    REQUIRE(tests::must(anchor::verify(path)) == head_at(8));
  }
  CHECK(old > 0);
  CHECK(fresh > 0);
}

TEST_CASE("every flipped bit is found, and the offset of its slot named") {
  tests::temporary_folder folder;
  const auto path = folder / "anchor";
  {
    auto a = tests::must(anchor::create(path));
    tests::must(a.store(head_at(5)));
    tests::must(a.store(head_at(6)));
  }
  REQUIRE(anchor::verify(path));
  for (std::size_t offset = 0; offset < 8192; offset += offset % 4096 < 80 ? 1 : 37) {
    tests::flip_bit(path, offset, offset % 8);
    auto checked = anchor::verify(path);
    REQUIRE_FALSE(checked);
    REQUIRE(checked.error().code == errc::log_corrupt);
    REQUIRE(checked.error().message.find("anchor: offset " + std::to_string(offset / 4096 * 4096)) != std::string::npos);
    // A writer goes on with the other slot: the older one at worst.
    auto a = tests::must(anchor::open(path));
    REQUIRE((a.newest() == head_at(5) || a.newest() == head_at(6)));
    tests::flip_bit(path, offset, offset % 8);
  }
  tests::flip_bit(path, 3, 1);
  tests::flip_bit(path, 4096 + 3, 1);
  for (const auto& r : {anchor::read(path), anchor::verify(path)}) {
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::log_corrupt);
  }
  CHECK_FALSE(anchor::open(path));
}

TEST_CASE("a file of another size, or none, is no anchor") {
  tests::temporary_folder folder;
  CHECK(anchor::read(folder / "none").error().code == errc::file_unreadable);
  for (std::size_t size : {0, 1, 4096, 8191, 8193}) {
    tests::spill(folder / "anchor", std::string(size, '\0'));
    CHECK(anchor::open(folder / "anchor").error().code == errc::log_corrupt);
  }
}
