#include "persistence/snapshots.hpp"

#include "persistence/checksum.hpp"
#include "persistence/memory_log.hpp"
#include "persistence/seal.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

const snapshot_key key{"strategy/ema_cross:EUR/USD", 3, 7, 0x1234'5678'9abc'def0};

/// A log of ten groups of ten events, and its head after each.
struct history {
  memory_log log;
  std::vector<log_head> heads;
  explicit history(std::uint64_t epoch = 1) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      const group_ref g = tests::group_of(i * 10 + 1, 10, epoch);
      heads.push_back(tests::must(log.append({&g, 1})));
    }
  }
  [[nodiscard]] snapshot at(std::size_t group, const snapshot_key& k = key) const {
    const auto& h = heads[group];
    return {k, h.seq - 5, h.seq - 2, h, "state at " + std::to_string(h.seq) + std::string("\0\xff", 2)};
  }
};

std::vector<std::string> names(const std::string& folder) { return tests::files_below(folder + "/snapshots"); }

}  // namespace

TEST_CASE("the latest snapshot comes back, two are kept, and each host has its own") {
  tests::temporary_folder folder;
  const history h;
  const snapshot_store store(folder.path());
  CHECK_FALSE(tests::must(store.newest(key, h.log)));
  CHECK(store.verify());
  // Names that a careless mapping would confuse, or that would leave the folder.
  std::vector<snapshot_key> keys;
  for (const std::string name : {"a", "A", "a.", "a/b", "a_b", "a%2Fb", "../a", "..", "a~", "é", "a b", "a\n"}) keys.push_back({name, 1, 1, 1});
  keys.push_back({std::string(255, '/'), 1, 1, 1});
  keys.push_back({std::string(254, '/') + "x", 1, 1, 1});
  for (std::size_t i = 0; i < 5; ++i) {
    tests::must(store.put(h.at(i)));
    for (const auto& k : keys) tests::must(store.put(h.at(i, k)));
  }
  CHECK(*tests::must(store.newest(key, h.log)) == h.at(4));
  for (const auto& k : keys) CHECK(*tests::must(store.newest(k, h.log)) == h.at(4, k));
  CHECK(names(folder.path()).size() == 2 * (keys.size() + 1));
  CHECK(tests::files_below(folder.path()).size() == names(folder.path()).size());
  CHECK(store.verify());
}

TEST_CASE("snapshots are listed by host, and what is damaged is not among them") {
  tests::temporary_folder folder;
  const history h;
  const snapshot_store store(folder.path());
  CHECK(tests::must(store.list()).empty());
  const snapshot_key other{"a/b", 1, 1, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    tests::must(store.put(h.at(i)));
    tests::must(store.put(h.at(i, other)));
  }
  const auto all = tests::must(store.list());
  REQUIRE(all.size() == 4);
  CHECK(all[0].key == other);
  CHECK(all[0].covered == h.at(1).covered);
  CHECK(all[1].covered == h.at(2).covered);
  CHECK(all[2].key == key);
  CHECK(all[3].file_bytes > h.at(2).state.size());
  tests::flip_bit(folder / ("snapshots/" + names(folder.path())[0]), 30, 1);
  CHECK(tests::must(store.list()).size() == 3);
}

TEST_CASE("as many snapshots are kept as the store is told, at least one") {
  for (const std::size_t kept : {0, 1, 3, 5}) {
    tests::temporary_folder folder;
    const history h;
    const snapshot_store store(folder.path(), kept);
    for (std::size_t i = 0; i < 10; ++i) {
      REQUIRE(store.put(h.at(i)));
      CHECK(names(folder.path()).size() == std::min(i + 1, std::max<std::size_t>(kept, 1)));
    }
    CHECK(tests::must(store.newest(key, h.log))->at == h.heads[9]);
  }
}

TEST_CASE("a snapshot of another version, configuration or host is passed over and kept") {
  tests::temporary_folder folder;
  const history h;
  const snapshot_store store(folder.path());
  tests::must(store.put(h.at(3)));
  for (auto change : {+[](snapshot_key& k) { k.service_version++; }, +[](snapshot_key& k) { k.state_version--; },
                      +[](snapshot_key& k) { k.configuration_hash ^= 1; }, +[](snapshot_key& k) { k.host += "x"; }}) {
    auto other = key;
    change(other);
    CHECK_FALSE(tests::must(store.newest(other, h.log)));
  }
  auto upgraded = key;
  upgraded.state_version++;
  tests::must(store.put(h.at(4, upgraded)));
  CHECK(*tests::must(store.newest(key, h.log)) == h.at(3));
  CHECK(*tests::must(store.newest(upgraded, h.log)) == h.at(4, upgraded));
}

TEST_CASE("a snapshot of another history, or of events that are gone, is passed over") {
  tests::temporary_folder folder;
  const history ours, theirs(2);
  const snapshot_store store(folder.path());
  tests::must(store.put(ours.at(2)));
  tests::must(store.put(theirs.at(8)));
  CHECK(*tests::must(store.newest(key, ours.log)) == ours.at(2));
  // The log lost its tail and its snapshots outlived it: the mark is not in the log any more.
  memory_log shorter;
  for (std::uint64_t i = 0; i < 5; ++i) {
    const group_ref g = tests::group_of(i * 10 + 1, 10, 1);
    tests::must(shorter.append({&g, 1}));
  }
  const snapshot_store second(folder / "second");
  tests::must(second.put(ours.at(4)));
  tests::must(second.put(ours.at(5)));
  CHECK(*tests::must(second.newest(key, shorter)) == ours.at(4));
  // Two ghosts of a higher position do not drive out what is put now.
  tests::must(second.put(ours.at(9)));
  tests::must(second.put(ours.at(8)));
  tests::must(second.put(ours.at(3)));
  CHECK(*tests::must(second.newest(key, shorter)) == ours.at(3));
}

TEST_CASE("a snapshot damaged at any byte, or cut short, is quarantined and the older one used") {
  const history h;
  tests::temporary_folder folder;
  {
    const snapshot_store store(folder / "good");
    tests::must(store.put(h.at(3)));
    tests::must(store.put(h.at(6)));
  }
  const auto newest = names(folder / "good").back();
  const auto size = tests::fs::file_size(folder / ("good/snapshots/" + newest));
  for (std::size_t i = 0; i < size * 2; i += 3) {
    tests::copy_folder(folder / "good", folder / "bad");
    const auto path = folder / ("bad/snapshots/" + newest);
    if (i < size) tests::flip_bit(path, i, i % 8);
    else tests::fs::resize_file(path, i - size);
    const snapshot_store store(folder / "bad");
    const auto refused = store.verify();
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == errc::snapshot_invalid);
    REQUIRE(refused.error().message.find(newest) != std::string::npos);
    REQUIRE(*tests::must(store.newest(key, h.log)) == h.at(3));
    REQUIRE(tests::fs::exists(path + ".quarantined"));
    REQUIRE_FALSE(tests::fs::exists(path));
    REQUIRE(store.verify());
  }
  // With both damaged there is none, and the next one put is used.
  for (const auto& name : names(folder / "good")) tests::flip_bit(folder / ("good/snapshots/" + name), 40, 0);
  const snapshot_store store(folder / "good");
  CHECK_FALSE(tests::must(store.newest(key, h.log)));
  tests::must(store.put(h.at(7)));
  CHECK(*tests::must(store.newest(key, h.log)) == h.at(7));
}

TEST_CASE("a crash between writing and renaming leaves the older one, and its remains go") {
  tests::temporary_folder folder;
  const history h;
  const snapshot_store store(folder.path());
  tests::must(store.put(h.at(3)));
  const auto first = names(folder.path()).front();
  auto next = first;
  next[next.find("001.snapshot") + 2] = '2';
  tests::spill(folder / ("snapshots/" + next + ".77-1.new"), tests::slurp(folder / ("snapshots/" + first)));
  CHECK(store.verify());
  CHECK(*tests::must(store.newest(key, h.log)) == h.at(3));
  tests::must(store.put(h.at(4)));
  CHECK(*tests::must(store.newest(key, h.log)) == h.at(4));
  CHECK(names(folder.path()) == std::vector<std::string>{first, next});
}

TEST_CASE("a snapshot before its mark is durable, or without a host, is refused") {
  tests::temporary_folder folder;
  const history h;
  const snapshot_store store(folder.path());
  auto refused = [&](auto change) {
    auto s = h.at(3);
    change(s);
    const auto r = store.put(s);
    return !r && r.error().code == errc::invalid_argument;
  };
  CHECK(refused([](snapshot& s) { s.mark = s.at.seq + 1; }));
  CHECK(refused([](snapshot& s) { s.covered = s.mark + 1; }));
  CHECK(refused([](snapshot& s) { s.key.host.clear(); }));
  CHECK(refused([](snapshot& s) { s.key.host = std::string(256, 'x'); }));
  CHECK_FALSE(tests::fs::exists(folder / "snapshots"));
}

TEST_CASE("putting or quarantining a snapshot breaks the seal") {
  tests::temporary_folder folder;
  const history h;
  const snapshot_store store(folder.path());
  tests::must(store.put(h.at(3)));
  tests::must(write_seal(folder.path(), {}, std::nullopt));
  CHECK(tests::must(store.newest(key, h.log)));
  CHECK(tests::fs::exists(seal_file(folder.path())));
  tests::flip_bit(folder / ("snapshots/" + names(folder.path()).front()), 50, 1);
  CHECK_FALSE(tests::must(store.newest(key, h.log)));
  CHECK_FALSE(tests::fs::exists(seal_file(folder.path())));
}
