#include "persistence/backup.hpp"
#include "persistence/checkpoint.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/group_cipher.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/log_export.hpp"
#include "persistence/projection_store.hpp"
#include "persistence/repair.hpp"
#include "persistence/scrubber.hpp"
#include "persistence/signed_head.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/persistence/raw_rows.hpp"
#include "tests/persistence/retained_log.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::given_keys, tests::key_line, tests::must;

namespace {

constexpr std::uint64_t group_events = 10;
const std::string configuration = "strategy: nobody else's business\n";

rocksdb_options encrypting_copies() {
  rocksdb_options o;
  o.encrypt = encryption::from_now_on;
  return o;
}

/// Ten groups in clear, then ten with key 1 and ten with key 2; a content from each time.
log_head make_mixed(const std::string& directory) {
  given_keys::set("");
  must(open_log(directory, {}));
  tests::extend(*must(open_log(directory, {})), 10, group_events);
  must(content_store(directory).put("in clear, as it was"));
  given_keys::set(key_line(1, 1));
  tests::extend(*must(open_log(directory, encrypting_copies())), 10, group_events);
  must(content_store(directory).put(configuration));
  given_keys::set(key_line(1, 1) + key_line(2, 2));
  return tests::extend(*must(open_log(directory, {})), 10, group_events);
}

void is_whole(const std::string& directory, std::uint64_t head, std::uint64_t contents) {
  given_keys::set("");
  verify_options told;
  told.missing_keys = without_keys::told;
  const auto without = must(verify_log(directory, told, {}));
  CHECK(without.head.seq == head);
  CHECK(without.groups_unread == (head - 100) / group_events);
  CHECK(without.contents_unread == contents);
  // Nothing of it is ever written in clear, by whoever opens it.
  const auto refused = open_log(directory, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::log_key);
  given_keys::set(key_line(1, 1) + key_line(2, 2));
  CHECK(must(verify_log(directory, verify_options{}, {})).groups_unread == 0);
  CHECK(must(tests::read_quotes(*must(open_log_for_reading(directory)), 1)) == head);
  for (const auto& file : tests::files_below(directory)) {
    INFO(file);
    CHECK(tests::slurp(directory + "/" + file).find("business") == std::string::npos);
  }
  tests::extend(*must(open_log(directory, {})), 1, group_events);
  CHECK(must(verify_log(directory, verify_options{}, {})).groups_by_key.at(2) >= 1);
}

}  // namespace

TEST_CASE("an encrypted log is backed up and restored without its keys, and needs them to be read") {
  const tests::temporary_folder folder;
  const auto log = folder / "log", backup = folder / "backup";
  const given_keys keys;
  const auto head = make_mixed(log);
  const auto file = must(read_encryption(log));
  for (const auto& text : {std::string(), key_line(1, 1) + key_line(2, 2)}) {
    given_keys::set(text);
    tests::fs::remove_all(backup);
    backup_options o;
    o.segment_bytes = 4096;
    CHECK(must(backup_log(log, backup, o, {})).head == log_head{head.seq, head.epoch, head.chain_hash});
    CHECK(must(backup_log(log, backup, o, {})).segments_new == 0);
    CHECK(must(verify_backup(backup, {})).contents == 2);
    for (const auto& [name, point] : {std::pair("all", restore_point{}), std::pair("seq", restore_point{250, {}})}) {
      given_keys::set(text);
      const auto made = folder / name;
      tests::fs::remove_all(made);
      const auto restored = must(restore_log(backup, made, point, {}));
      CHECK(restored.seq == point.seq.value_or(300));
      CHECK(must(read_encryption(made)) == file);
      is_whole(made, restored.seq, 1);
    }
  }
  // A bit of what the manifest says of keys is a bit of the manifest.
  const auto manifest = backup + "/manifest.json";
  const auto bytes = tests::slurp(manifest);
  const auto at = bytes.find("\"encryption\":\"");
  REQUIRE(at != std::string::npos);
  for (std::size_t i = at; i < bytes.size() - 3; i += 7) {
    tests::flip_bit(manifest, i, 0);
    CHECK_FALSE(verify_backup(backup, {}));
    tests::flip_bit(manifest, i, 0);
  }
  CHECK(verify_backup(backup, {}));
}

TEST_CASE("a time is restored to without keys, unless it lies within an encrypted group") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log", backup = folder / "backup";
  make_mixed(log);
  must(backup_log(log, backup, {}, {}));
  const auto to = [&](const std::string& name, std::int64_t ms) {
    restore_point p;
    p.at = timestamp{ms * 1'000'000};
    return restore_log(backup, folder / name, p, {});
  };
  given_keys::set("");
  // The quote of seq 55 is of 55 ms: its group ends with 60, and lies in clear. That of 251 to 260 is encrypted.
  CHECK(must(to("clear", 55)).seq == 50);
  const auto within = to("within", 255);
  REQUIRE_FALSE(within);
  CHECK(within.error().code == errc::log_key);
  CHECK(within.error().message.find("whether the group at event 251 ends by then is not known without its key; a seq needs none") != std::string::npos);
  given_keys::set(key_line(2, 2));
  CHECK(must(to("with", 255)).seq == 250);
}

TEST_CASE("an encrypted log is archived without its keys, and retained with them") {
  const tests::temporary_folder folder;
  const auto log = folder / "log";
  const given_keys keys;
  make_mixed(log);
  given_keys::set("");
  CHECK(tests::archive_all(log).to_seq == 300);
  // Which hosts there were is in the events.
  const auto refused = tests::retain(log, 201);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::log_key);
  given_keys::set(key_line(1, 1) + key_line(2, 2));
  CHECK(must(tests::retain(log, 201)).base == 201);
  tests::check_reads_as_before(log, 300, group_events);
  is_whole(log, 300, 1);
  given_keys::set("");
  const auto down = must(open_log_for_reading(log));
  CHECK(must(down->scan(1))->next());
}

TEST_CASE("an encrypted log is repaired and checkpointed without its keys") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log";
  make_mixed(log);
  const auto file = must(read_encryption(log));
  given_keys::set("");
  CHECK(must(checkpoint_log(log, folder / "checkpoint", {})).head.seq == 300);
  CHECK(must(read_encryption(folder / "checkpoint")) == file);
  is_whole(folder / "checkpoint", 300, 1);
  given_keys::set("");
  const auto report = must(repair_log(log, folder / "repaired", {}));
  CHECK(report.nothing_dropped());
  CHECK(report.contents == 2);
  CHECK(must(read_encryption(folder / "repaired")) == file);
  is_whole(folder / "repaired", 300, 1);
  // Where the file that says so is damaged, or gone, the copy is encrypted all the same.
  tests::fs::remove(log + "/seal");
  tests::flip_bit(encryption_file(log), 20, 1);
  given_keys::set("");
  const auto damaged = must(repair_log(log, folder / "again", {}));
  REQUIRE(damaged.files.size() == 1);
  CHECK(damaged.files[0].path == "encryption");
  CHECK(must(read_encryption(folder / "again")) == log_encryption{101, {}});
  is_whole(folder / "again", 300, 1);
  tests::fs::remove(encryption_file(log));
  given_keys::set("");
  CHECK(must(repair_log(log, folder / "gone", {})).head.seq == 300);
  is_whole(folder / "gone", 300, 1);
}

TEST_CASE("segments of an encrypted log are a log that is encrypted, by its own keys only") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log", segment = folder / "all.segment";
  make_mixed(log);
  given_keys::set("");
  CHECK(must(export_log(log, segment, export_format::segment, 1, 0, {})).last_seq == 300);
  const auto lines = export_log(log, folder / "all.jsonl", export_format::jsonl, 1, 0, {});
  REQUIRE_FALSE(lines);
  CHECK(lines.error().code == errc::log_key);
  CHECK_FALSE(tests::fs::exists(folder / "all.jsonl"));
  CHECK(must(import_log({segment}, folder / "imported", {})).seq == 300);
  CHECK(must(read_encryption(folder / "imported")) == log_encryption{101, {}});
  // No check value says which keys are right: the last group does.
  given_keys::set(key_line(1, 1) + key_line(2, 3));
  const auto other = open_log(folder / "imported", {});
  REQUIRE_FALSE(other);
  CHECK(other.error().message.find("was not encrypted like this with key 2") != std::string::npos);
  given_keys::set(key_line(1, 1));
  const auto older = open_log(folder / "imported", {});
  REQUIRE_FALSE(older);
  CHECK(older.error().message.find("was last written with key 2, which is not among") != std::string::npos);
  is_whole(folder / "imported", 300, 0);
}

TEST_CASE("an encrypted log is scrubbed with its keys and without, and damage is found either way") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log";
  make_mixed(log);
  for (const auto& text : {std::string(), key_line(1, 1) + key_line(2, 2)})
    for (const bool damage : {false, true}) {
      given_keys::set(text);
      tests::copy_folder(log, folder / "copy");
      if (damage) {
        for (const auto& entry : tests::fs::directory_iterator((folder / "copy") + "/content"))
          if (tests::slurp(entry.path().string()).starts_with("tomnext-encf")) tests::flip_bit(entry.path().string(), 50, 1);
      }
      const auto opened = must(open_log_for_reading(folder / "copy"));
      auto s = must(scrubber::open(folder / "copy", *opened, {scrub_start::anew}));
      std::uint64_t found = 0;
      for (bool over = false; !over;) {
        const auto step = must(s.step(*opened, 1 << 20));
        if (step.damage) ++found;
        over = step.pass_complete;
      }
      CHECK(found == (damage ? 1u : 0u));
    }
}

TEST_CASE("projections, which lie in clear, are not folded from an encrypted log") {
  const tests::temporary_folder folder;
  const given_keys keys;
  const auto log = folder / "log";
  tests::extend(*must(open_log(log, encrypting_copies())), 1, 1);
  const auto store = open_projections(log);
  REQUIRE_FALSE(store);
  CHECK(store.error().message == log + ": the log is written encrypted, and projections lie beside it in clear: they are not folded from such a log");
  CHECK_FALSE(tests::fs::exists(log + "/projections"));
}
