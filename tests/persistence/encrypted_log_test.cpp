#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "persistence/anchor.hpp"
#include "persistence/backup.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/group_cipher.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "persistence/wire.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/persistence/raw_rows.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::given_keys, tests::key_line, tests::must;

namespace {

rocksdb_options encrypting() {
  rocksdb_options o;
  o.encrypt = encryption::from_now_on;
  return o;
}

/// Groups of ten quotes.
log_head written(const std::string& directory, std::uint64_t groups, const rocksdb_options& o = encrypting()) {
  auto log = must(open_log(directory, o));
  return tests::extend(*log, groups, 10);
}

error refused(const result<std::unique_ptr<event_log>>& r) {
  REQUIRE_FALSE(r);
  return r.error();
}

result<std::uint64_t> last_read(const std::string& directory) { return tests::read_quotes(*must(open_log_for_reading(directory)), 1); }

verify_report verified(const std::string& directory, without_keys missing = without_keys::refused) {
  verify_options o;
  o.missing_keys = missing;
  return must(verify_log(directory, o, {}));
}

}  // namespace

TEST_CASE("an encrypted log is read with its key, and opened, but not read, without") {
  const tests::temporary_folder folder;
  const auto log = folder / "log";
  const given_keys keys;
  const auto head = written(log, 20);
  CHECK(must(last_read(log)) == 200);
  const auto report = verified(log);
  CHECK(report.groups_by_key == std::map<std::uint32_t, std::uint64_t>{{1, 20}});
  CHECK(report.groups_unread == 0);
  const auto before = tests::fingerprint(log);
  given_keys::set("");
  {
    auto opened = must(open_log_for_reading(log));
    CHECK(opened->head().seq == head.seq);
    CHECK(opened->head().chain_hash == head.chain_hash);
    CHECK(must(opened->holds(head)));
    const auto unread = tests::read_quotes(*opened, 1);
    REQUIRE_FALSE(unread);
    CHECK(unread.error().code == errc::log_key);
    const std::string said = "group at event 1 (last good event 0): the group is encrypted with key 1, and this process has no keys";
    CHECK(unread.error().message.find(said) != std::string::npos);
    auto down = must(opened->scan(200, direction::backward));
    CHECK(down->next().error().code == errc::log_key);
  }
  const auto strict = verify_log(log, verify_options{}, {});
  REQUIRE_FALSE(strict);
  CHECK(strict.error().code == errc::log_key);
  const std::string figures = "checksums and the chain hold; but 20 of 20 groups, 0 contents and 0 snapshots are encrypted with keys that are not here";
  CHECK(strict.error().message.starts_with(log + ": " + figures));
  CHECK(verified(log, without_keys::told).groups_unread == 20);
  verify_options envelopes;
  envelopes.depth = row_depth::envelopes;
  envelopes.missing_keys = without_keys::told;
  CHECK(must(verify_log(log, envelopes, {})).groups_unread == 20);
  // Nothing lands in it in clear, whatever its writer asks for, and what is refused stays as it is.
  for (const auto& o : {rocksdb_options{}, encrypting()}) {
    CHECK(refused(open_log(log, o)).code == errc::log_key);
    CHECK(tests::fingerprint(log) == before);
  }
  // Another key of the same id is told when the log is opened, for writing and for reading.
  given_keys::set(key_line(1, 2));
  CHECK(refused(open_log(log, {})).message.find("key 1 that was given is not the key 1 that this log was written with") != std::string::npos);
  CHECK(refused(open_log_for_reading(log)).code == errc::log_key);
  CHECK(tests::fingerprint(log) == before);
  // A writer that does not ask for it encrypts all the same.
  given_keys::set(key_line(1, 1));
  written(log, 1, {});
  CHECK(verified(log).groups_by_key == std::map<std::uint32_t, std::uint64_t>{{1, 21}});
}

TEST_CASE("a new log that is to be encrypted and has no keys is not made") {
  const tests::temporary_folder folder;
  const given_keys none("");
  const auto why = refused(open_log(folder / "log", encrypting()));
  CHECK(why.code == errc::log_key);
  CHECK(why.message.starts_with((folder / "log") + ": the log is written encrypted, and this process has no keys"));
  CHECK(tests::files_below(folder.path()).empty());
}

TEST_CASE("keys are rotated, and all of a log is read, clear groups first") {
  const tests::temporary_folder folder;
  const auto log = folder / "log";
  const given_keys none("");
  written(log, 3, {});
  given_keys::set(key_line(1, 1));
  written(log, 4);
  given_keys::set(key_line(1, 1) + key_line(2, 2));
  written(log, 5);
  written(log, 6);
  const auto file = must(read_encryption(log));
  REQUIRE(file);
  CHECK(file->first_seq == 31);
  REQUIRE(file->keys.size() == 2);
  CHECK(must(last_read(log)) == 180);
  CHECK(verified(log).groups_by_key == std::map<std::uint32_t, std::uint64_t>{{1, 4}, {2, 11}});
  // A process that was not given the new key goes on with nothing.
  given_keys::set(key_line(1, 1));
  CHECK(refused(open_log(log, {})).message.find("was last written with key 2") != std::string::npos);
  CHECK(verified(log, without_keys::told).groups_unread == 11);
  // The old one is needed for what it wrote, and for nothing else.
  given_keys::set(key_line(2, 2));
  written(log, 1);
  CHECK(verified(log, without_keys::told).groups_unread == 4);
  const auto opened = must(open_log_for_reading(log));
  CHECK(must(tests::read_quotes(*opened, 71)) == 190);
  CHECK(tests::read_quotes(*opened, 61).error().message.find("encrypted with key 1, and it is not among the 1 that were given") != std::string::npos);
}

TEST_CASE("a log that loses the file that says that it is encrypted is refused, and one that gets a clear group") {
  const tests::temporary_folder folder;
  const auto log = folder / "log";
  const given_keys keys;
  written(log, 5);
  tests::copy_folder(log, folder / "copy");
  tests::fs::remove(encryption_file(folder / "copy"));
  tests::fs::remove((folder / "copy") + "/seal");
  for (const auto& o : {rocksdb_options{}, encrypting()}) {
    const auto why = refused(open_log(folder / "copy", o));
    CHECK(why.code == errc::log_corrupt);
    CHECK(why.message.find("/encryption: is missing, and the last group is encrypted") != std::string::npos);
  }
  REQUIRE_FALSE(open_log_for_reading(folder / "copy"));
  // Somebody without the key writes an event of his own, and chain, checksums and anchor to match.
  tests::forge(log, 21, [](event& e) {
    if (e.head.seq == 21) e.head.ordinal = 9;
  });
  const auto why = verify_log(log, verify_options{}, {});
  REQUIRE_FALSE(why);
  CHECK(why.error().code == errc::log_corrupt);
  CHECK(why.error().message.find("it lies in clear, and the log is encrypted from event 1 on") != std::string::npos);
}

TEST_CASE("a group in clear behind encrypted ones is refused, whatever became of the file that says that the log is encrypted") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log", copy = folder / "copy";
  const auto head = written(log, 5);
  given_keys::set("");
  for (const std::uint64_t claimed : {std::uint64_t{0}, std::uint64_t{1'000'000}}) {
    tests::copy_folder(log, copy);
    log_head forged = head;
    {
      const auto db = tests::open_rows(copy);
      std::string bytes;
      const auto g = tests::group_of(head.seq + 1, 10, head.epoch);
      encode_group(*g, head.chain_hash, bytes);
      REQUIRE(db->Put({}, tests::row_key(head.seq + 1), bytes).ok());
      forged = {g->last_seq(), head.epoch, chain(head.chain_hash, bytes)};
    }
    if (claimed == 0) tests::fs::remove(encryption_file(copy));
    else must(write_encryption(copy, {claimed, {}}));
    tests::forge_witnesses(copy, forged);
    verify_options o;
    o.missing_keys = without_keys::told;
    const auto why = verify_log(copy, o, {});
    REQUIRE_FALSE(why);
    CHECK(why.error().code == errc::log_corrupt);
    given_keys::set(key_line(1, 1));
    const auto opened = open_log_for_reading(copy);
    if (opened) CHECK(tests::read_quotes(**opened, 1).error().code == errc::log_corrupt);
    if (opened) {
      auto back = must((*opened)->scan(forged.seq, direction::backward));
      (void)must(back->next());
      CHECK(back->next().error().code == errc::log_corrupt);
    }
    given_keys::set("");
  }
}

TEST_CASE("beside a log that is open and encrypted nothing is stored in clear, whatever became of the file that says so") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log";
  auto open = must(open_log(log, encrypting()));
  const auto head = tests::extend(*open, 2, 10);
  tests::fs::remove(encryption_file(log));
  CHECK(content_store(log).put("a secret").error().code == errc::log_corrupt);
  CHECK(snapshot_store(log).put({{"risk/book", 1, 1, 7}, 10, 15, head, "a secret"}).error().code == errc::log_corrupt);
  for (const auto& file : tests::files_below(log)) CHECK(tests::slurp(log + "/" + file).find("a secret") == std::string::npos);
}

TEST_CASE("a snapshot in clear of when the log was encrypted already is not believed") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log", other = folder / "other";
  const auto head = written(log, 5);
  const snapshot s{{"risk/book", 1, 1, 7}, 40, 45, head, "positions of somebody else"};
  written(other, 1, {});
  must(snapshot_store(other).put(s));
  const std::string name = "/snapshots/risk%2Fbook.000000000001.snapshot";
  must(snapshot_store(log).put(s));
  tests::spill(log + name, tests::slurp(other + name));
  CHECK(snapshot_store(log).verify().error().code == errc::snapshot_invalid);
  CHECK(snapshot_store(log).verify().error().message.find("lies in clear, and the log is encrypted from event 1 on") != std::string::npos);
  CHECK_FALSE(must(snapshot_store(log).newest(s.key, *must(open_log_for_reading(log)))));
  CHECK(tests::fs::exists(log + name + ".quarantined"));
}

TEST_CASE("a log restored to before its first encrypted group goes on encrypted from there") {
  const tests::temporary_folder folder;
  const given_keys keys;
  written(folder / "log", 5, {});
  written(folder / "log", 5);
  must(backup_log(folder / "log", folder / "backup", {}, {}));
  const auto restored = folder / "restored";
  must(restore_log(folder / "backup", restored, {.seq = 30, .at = {}}, {}));
  CHECK(must(last_read(restored)) == 30);
  written(restored, 2, {});
  CHECK(must(last_read(restored)) == 50);
  const auto report = verified(restored);
  CHECK(report.groups_by_key == std::map<std::uint32_t, std::uint64_t>{{1, 2}});
  CHECK(must(read_encryption(restored))->first_seq == 31);
}

TEST_CASE("a content that is encrypted anew is sealed as it is now") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log";
  written(log, 1);
  const auto h = must(content_store(log).put("a configuration"));
  written(log, 1);
  tests::flip_bit(log + "/content/" + to_hex(h), 60, 1);
  CHECK_FALSE(verify_log(log, verify_options{}, {}));
  {
    const auto open = must(open_log(log, encrypting()));
    CHECK(must(content_store(log).put("a configuration")) == h);
  }
  CHECK(verified(log).sealed);
}

TEST_CASE("whoever has no key cannot change a log so that it is read, though checksums and the chain match") {
  const tests::temporary_folder folder;
  const auto log = folder / "log";
  const given_keys keys;
  written(log, 5);
  for (const bool anywhere : {true, false}) {
    tests::copy_folder(log, folder / "copy");
    // One bit of the ciphertext, or the time in clear; and everything behind it made to match.
    tests::forge_bytes(folder / "copy", [&](std::uint64_t first, std::string& bytes) {
      if (first != 21) return;
      const auto head = must(decode_encrypted_head(bytes.substr(0, bytes.size() - 4)));
      auto& byte = bytes[anywhere ? head.plain_bytes + 10 : 36];
      byte = static_cast<char>(byte ^ 2);
    });
    given_keys::set("");
    CHECK(verified(folder / "copy", without_keys::told).groups_unread == 5);
    given_keys::set(key_line(1, 1));
    const auto why = verify_log(folder / "copy", verify_options{}, {});
    REQUIRE_FALSE(why);
    CHECK(why.error().code == errc::log_corrupt);
    CHECK(why.error().message.find("the group was not encrypted like this with key 1") != std::string::npos);
    CHECK_FALSE(open_log_for_reading(folder / "copy"));  // its last group names another hash than it was encrypted with
  }
}

TEST_CASE("a writer that was killed leaves an encrypted log that goes on") {
  const tests::temporary_folder folder;
  const auto log = folder / "log";
  const given_keys keys;
  for (int life = 0; life < 3; ++life) {
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto opened = open_log(log, encrypting());
      if (!opened) ::_exit(1);
      auto head = (*opened)->head();
      for (int i = 0; i < 5; ++i) {
        const group_ref g = tests::group_of(head.seq + 1, 10, head.epoch);
        auto appended = (*opened)->append({&g, 1});
        if (!appended) ::_exit(2);
        head = *appended;
      }
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  }
  CHECK(must(last_read(log)) == 150);
  CHECK(verified(log).groups_by_key == std::map<std::uint32_t, std::uint64_t>{{1, 15}});
  CHECK_FALSE(tests::fs::exists(log + "/seal"));
  for (const auto& file : tests::files_below(log)) {
    const auto bytes = tests::slurp(log + "/" + file);
    CHECK(bytes.find(encode_to_string(tests::quote_at(7)).substr(4, 12)) == std::string::npos);
  }
  written(log, 1);
  CHECK(verified(log).sealed);
}

TEST_CASE("contents and snapshots of an encrypted log are encrypted, and are what they were") {
  const tests::temporary_folder folder;
  const auto log = folder / "log";
  const std::string configuration = "strategy: nobody else's business\n";
  const given_keys keys;
  const auto head = written(log, 5);
  const content_store contents(log);
  const auto h = must(contents.put(configuration));
  CHECK(must(contents.get(h)) == configuration);
  const snapshot_store snapshots(log);
  const snapshot s{{"risk/book", 1, 1, 7}, 40, 45, head, "positions: nobody else's business"};
  must(snapshots.put(s));
  {
    const auto opened = must(open_log_for_reading(log));
    CHECK(must(snapshots.newest(s.key, *opened)) == s);
    CHECK(must(snapshots.list()).size() == 1);
  }
  for (const auto& file : tests::files_below(log)) CHECK(tests::slurp(log + "/" + file).find("business") == std::string::npos);
  const auto report = verified(log);
  CHECK(report.contents_unread + report.snapshots_unread == 0);
  // The same once more is stored once.
  const auto before = tests::fingerprint(log);
  CHECK(must(contents.put(configuration)) == h);
  CHECK(tests::fingerprint(log) == before);
  given_keys::set("");
  CHECK(contents.get(h).error().code == errc::log_key);
  CHECK(must(contents.verify()) == 1);
  CHECK(must(snapshots.verify()) == 1);
  CHECK_FALSE(must(snapshots.newest(s.key, *must(open_log_for_reading(log)))));
  CHECK(contents.put("anything else").error().code == errc::log_key);
  CHECK(snapshots.put(s).error().code == errc::log_key);
  CHECK(verify_log(log, verify_options{}, {}).error().message.find("5 of 5 groups, 1 contents and 1 snapshots") != std::string::npos);
  // A content of the same key under another's name is not that one.
  given_keys::set(key_line(1, 1));
  const auto other = must(contents.put("another content"));
  const auto other_bytes = tests::slurp(log + "/content/" + to_hex(other));
  tests::spill(log + "/content/" + to_hex(other), tests::slurp(log + "/content/" + to_hex(h)));
  CHECK(contents.get(other).error().code == errc::log_corrupt);
  CHECK_FALSE(contents.verify());
  tests::spill(log + "/content/" + to_hex(other), other_bytes);
  // Every bit of them is watched over, with the key and without.
  for (const auto& text : {key_line(1, 1), std::string()}) {
    given_keys::set(text);
    for (const auto& file : {"content/" + to_hex(h), std::string("snapshots/risk%2Fbook.000000000001.snapshot")}) {
      const auto path = log + "/" + file;
      const auto bytes = tests::slurp(path);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        tests::flip_bit(path, i, i % 8);
        const bool good = file.starts_with("c") ? contents.verify().has_value() : snapshots.verify().has_value();
        INFO(file << " " << i);
        CHECK_FALSE(good);
        tests::flip_bit(path, i, i % 8);
      }
      tests::spill(path, bytes.substr(0, bytes.size() - 1));
      CHECK_FALSE((file.starts_with("c") ? contents.verify().has_value() : snapshots.verify().has_value()));
      tests::spill(path, bytes);
    }
  }
  given_keys::set(key_line(1, 1));
  CHECK(must(snapshots.newest(s.key, *must(open_log_for_reading(log)))) == s);
}

TEST_CASE("a content that looks as if it were encrypted is what it is") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const content_store contents(folder.path());
  const auto h = must(contents.put("tomnext-encf and so on"));
  CHECK(must(contents.get(h)) == "tomnext-encf and so on");
  given_keys::set("");
  CHECK(must(contents.verify()) == 0);
}
