#include "persistence/log_encryption.hpp"

#include "persistence/checksum.hpp"
#include "tests/persistence/given_keys.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::given_keys, tests::key_line, tests::must;

TEST_CASE("how a log is encrypted is read as it was written, or refused") {
  const tests::temporary_folder folder;
  CHECK_FALSE(must(read_encryption(folder.path())));
  const given_keys keys(key_line(1, 1) + key_line(5, 5));
  log_encryption e{42, {}};
  must(note_newest_key(folder.path(), e, *must(process_keys())));
  given_keys::set(key_line(5, 5) + key_line(6, 6));
  must(note_newest_key(folder.path(), e, *must(process_keys())));
  REQUIRE(e.keys.size() == 2);
  CHECK((e.keys[0].id == 5 && e.keys[1].id == 6));
  CHECK(must(read_encryption(folder.path())) == e);
  const auto before = tests::fingerprint(folder.path());
  must(note_newest_key(folder.path(), e, *must(process_keys())));
  CHECK(tests::fingerprint(folder.path()) == before);
  const auto path = folder / "encryption";
  const auto bytes = tests::slurp(path);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 4);
    tests::spill(path, changed);
    auto r = read_encryption(folder.path());
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::log_corrupt);
    tests::spill(path, bytes.substr(0, i));
    REQUIRE_FALSE(read_encryption(folder.path()));
  }
  auto newer = bytes.substr(0, bytes.size() - 4);
  newer[12] = 2;
  const auto crc = crc32c(newer);
  tests::spill(path, newer + std::string(reinterpret_cast<const char*>(&crc), 4));
  CHECK(read_encryption(folder.path()).error().code == errc::log_newer_version);
}

TEST_CASE("keys of another log are told, whichever of them it is, and a first seq that was changed") {
  const given_keys keys(key_line(1, 1) + key_line(2, 2));
  const tests::temporary_folder folder;
  log_encryption e;
  given_keys::set(key_line(1, 1));
  must(note_newest_key(folder.path(), e, *must(process_keys())));
  given_keys::set(key_line(1, 1) + key_line(2, 2));
  must(note_newest_key(folder.path(), e, *must(process_keys())));
  const auto with = [&](const std::string& text) { return check_keys(e, *must(key_ring::parse(text, "k")), "log"); };
  CHECK(with(key_line(1, 1) + key_line(2, 2)));
  CHECK(with(key_line(2, 2) + key_line(9, 9)));
  CHECK(check_keys(e, key_ring{}, "log"));
  for (const auto& [text, id] : {std::pair(key_line(1, 3), "1"), std::pair(key_line(1, 1) + key_line(2, 1), "2")}) {
    const auto r = with(text);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::log_key);
    CHECK(r.error().message.starts_with("log: key " + std::string(id) + " that was given is not the key " + id));
  }
  ++e.first_seq;
  CHECK_FALSE(with(key_line(1, 1)));
}

TEST_CASE("keys to write with are the log's, and not older than it") {
  const tests::temporary_folder folder;
  const given_keys keys(key_line(1, 1) + key_line(2, 2));
  log_encryption e;
  must(note_newest_key(folder.path(), e, *must(process_keys())));
  CHECK(must(keys_for_writing(e, "log"))->newest()->id == 2);
  given_keys::set(key_line(2, 2) + key_line(3, 3));
  CHECK(must(keys_for_writing(e, "log"))->newest()->id == 3);
  const auto refused = [&](const std::string& text) {
    given_keys::set(text);
    auto r = keys_for_writing(e, "log");
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::log_key);
    return r.error().message;
  };
  CHECK(refused("").starts_with("log: the log is written encrypted, and this process has no keys; nothing is written to it in clear: name the file"));
  CHECK(refused(key_line(1, 1)) ==
        "log: the log was last written with key 2, which is not among those that were given: add it to them; a key is "
        "needed as long as anything that it wrote is there");
  CHECK(refused(key_line(3, 3)).find("key 2, which is not among") != std::string::npos);
  CHECK(refused(key_line(2, 3)).find("is not the key 2 that this log was written with") != std::string::npos);
}
