#include "persistence/signed_head.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "persistence/verifier.hpp"
#include "tests/persistence/raw_rows.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

struct signed_log {
  tests::temporary_folder folder;
  std::string directory = folder / "log", key = folder / "key", text;
  log_head head;
  signed_log() {
    head = tests::extend(*tests::must(open_log(directory, {})), 20, 50);
    tests::must(make_key_pair(key));
    text = tests::must(sign_head(tests::must(head_to_sign(directory, {42})), key));
  }
  [[nodiscard]] result<void> check(const std::string& log) const {
    auto h = read_signed_head(text, key + ".pub");
    if (!h) return h.error();
    return check_signed_head(log, *h);
  }
};

mode_t mode_of(const std::string& path) {
  struct stat s {};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  return s.st_mode & 0777;
}

}  // namespace

TEST_CASE("a log holds its signed head, also when it has grown since") {
  const signed_log s;
  const auto h = tests::must(read_signed_head(s.text, s.key + ".pub"));
  CHECK((h.head.seq == 1000 && h.head.chain_hash == s.head.chain_hash && h.head.epoch == 1));
  CHECK(h.at == tests::quote_at(1000).head.at);
  CHECK(h.signed_at == timestamp{42});
  CHECK(h.log_id != hash256{});
  tests::must(s.check(s.directory));
  tests::extend(*tests::must(open_log(s.directory, {})), 5, 7);
  tests::must(s.check(s.directory));
  CHECK(tests::must(head_to_sign(s.directory, {42})).log_id == h.log_id);
}

TEST_CASE("a rewritten log with a new chain, anchor and seal verifies, and its signed head tells all the same") {
  const signed_log s;
  const auto forged = tests::forge(s.directory, 500, [](event& e) {
    if (e.head.seq != 500) return;
    auto q = e.as<quote_accepted>();
    q.bid.value += 1;
    e.set(q);
  });
  CHECK(forged.seq == s.head.seq);
  CHECK(forged.chain_hash != s.head.chain_hash);
  const auto report = tests::must(verify_log(s.directory, {}));
  CHECK((report.sealed && report.head.chain_hash == forged.chain_hash));
  auto checked = s.check(s.directory);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == errc::signature_invalid);
  CHECK(checked.error().message.find("rewritten at or before event 1000") != std::string::npos);
}

TEST_CASE("a shorter log and another log are not the signed one") {
  const signed_log s;
  tests::extend(*tests::must(open_log(s.folder / "shorter", {})), 19, 50);
  auto r = s.check(s.folder / "shorter");
  CHECK(r.error().code == errc::signature_invalid);
  CHECK(r.error().message.find("ends at event 950") != std::string::npos);
  tests::extend(*tests::must(open_log(s.folder / "other", {})), 30, 49);
  r = s.check(s.folder / "other");
  CHECK(r.error().code == errc::signature_invalid);
  CHECK(r.error().message.find("another log") != std::string::npos);
  // The same first group, and the same length.
  {
    auto log = tests::must(open_log(s.folder / "fork", {}));
    tests::extend(*log, 1, 50);
    tests::extend(*log, 95, 10);
  }
  r = s.check(s.folder / "fork");
  CHECK(r.error().code == errc::signature_invalid);
  CHECK(r.error().message.find("rewritten") != std::string::npos);
  (void)tests::must(open_log(s.folder / "empty", {}));
  CHECK(head_to_sign(s.folder / "empty", {}).error().code == errc::invalid_argument);
}

TEST_CASE("a signed head that was changed in any value, or by another key, is refused") {
  const signed_log s;
  const auto j = nlohmann::ordered_json::parse(s.text);
  for (const auto& [name, value] : j.items()) {
    auto changed = j;
    if (value.is_number()) changed[name] = value.get<std::int64_t>() + 1;
    else {
      auto text = value.get<std::string>();
      text[0] = text[0] == '0' ? '1' : '0';
      changed[name] = text;
    }
    INFO(name);
    auto r = read_signed_head(changed.dump(), s.key + ".pub");
    REQUIRE_FALSE(r);
    CHECK(r.error().code == (name == "format" || name == "version" ? errc::malformed_line : errc::signature_invalid));
    changed.erase(name);
    CHECK(read_signed_head(changed.dump(), s.key + ".pub").error().code == errc::malformed_line);
    for (const auto& wrong : {nlohmann::ordered_json(nullptr), nlohmann::ordered_json(1.5), nlohmann::ordered_json("x"), nlohmann::ordered_json::array()}) {
      changed[name] = wrong;
      CHECK(read_signed_head(changed.dump(), s.key + ".pub").error().code == errc::malformed_line);
    }
  }
  for (std::size_t cut = 0; cut + 2 < s.text.size(); ++cut) CHECK_FALSE(read_signed_head(s.text.substr(0, cut), s.key + ".pub"));
  for (const auto* text : {"", "[]", "{}", "null", "\"tomnext-signed-head\"", "{\"format\":\"tomnext-signed-head\",\"version\":1}", "\xff\xfe"})
    CHECK(read_signed_head(text, s.key + ".pub").error().code == errc::malformed_line);
  tests::must(make_key_pair(s.folder / "another"));
  CHECK(read_signed_head(s.text, s.folder / "another.pub").error().code == errc::signature_invalid);
}

TEST_CASE("a private key that others can read does not sign, nor does what is no key") {
  const signed_log s;
  CHECK(mode_of(s.key) == 0600);
  CHECK(mode_of(s.key + ".pub") == (0644 & ~[] {
          const auto m = ::umask(0);
          ::umask(m);
          return m;
        }()));
  const auto h = tests::must(head_to_sign(s.directory, {1}));
  for (const mode_t mode : {0640u, 0604u, 0660u, 0644u, 0601u}) {
    ::chmod(s.key.c_str(), mode);
    auto r = sign_head(h, s.key);
    CHECK(r.error().code == errc::invalid_argument);
    CHECK(r.error().message.find("chmod 600") != std::string::npos);
  }
  ::chmod(s.key.c_str(), 0400);
  CHECK(sign_head(h, s.key));
  ::chmod(s.key.c_str(), 0600);
  // Neither half is overwritten, and half a pair is not left.
  CHECK(make_key_pair(s.key).error().code == errc::invalid_argument);
  tests::spill(s.folder / "half.pub", "x");
  CHECK_FALSE(make_key_pair(s.folder / "half"));
  CHECK_FALSE(tests::fs::exists(s.folder / "half"));
  CHECK(sign_head(h, s.folder / "none").error().code == errc::file_unreadable);
  CHECK(sign_head(h, s.folder.path()).error().code == errc::invalid_argument);
  for (const auto& text : {std::string(), std::string("x"), tests::slurp(s.key + ".pub"), tests::slurp(s.key).substr(0, 60)}) {
    tests::spill(s.folder / "bad", text);
    ::chmod((s.folder / "bad").c_str(), 0600);
    CHECK(sign_head(h, s.folder / "bad").error().code == errc::invalid_argument);
  }
  // What is looked at is what is read: a link is as open as the file it leads to, and a pipe, which would keep us waiting, is none.
  tests::fs::create_symlink(s.key, s.folder / "link");
  CHECK(sign_head(h, s.folder / "link"));
  ::chmod(s.key.c_str(), 0644);
  CHECK(sign_head(h, s.folder / "link").error().code == errc::invalid_argument);
  ::chmod(s.key.c_str(), 0600);
  REQUIRE(::mkfifo((s.folder / "pipe").c_str(), 0600) == 0);
  CHECK(sign_head(h, s.folder / "pipe").error().code == errc::invalid_argument);
  tests::spill(s.folder / "large", std::string(70'000, 'x'));
  ::chmod((s.folder / "large").c_str(), 0600);
  CHECK(sign_head(h, s.folder / "large").error().code == errc::invalid_argument);
  CHECK(read_signed_head(s.text, s.key).error().code == errc::invalid_argument);  // the private key is not the public one
}

TEST_CASE("keys that openssl makes, as documented, serve as well") {
  if (std::system("openssl version >/dev/null 2>&1") != 0) {
    WARN("skipped: no openssl command here");
    return;
  }
  const signed_log s;
  const auto key = s.folder / "made", open = s.folder / "made.pub";
  REQUIRE(std::system(("openssl genpkey -algorithm ed25519 -out " + key + " && openssl pkey -in " + key + " -pubout -out " + open).c_str()) == 0);
  const auto h = tests::must(head_to_sign(s.directory, {1}));
  const auto text = tests::must(sign_head(h, key));
  CHECK(tests::must(read_signed_head(text, open)) == h);
  CHECK(read_signed_head(text, s.key + ".pub").error().code == errc::signature_invalid);
  // Another kind of key, and one with a passphrase: refused, and nobody is asked anything.
  REQUIRE(std::system(("openssl genpkey -algorithm X25519 -out " + (s.folder / "x") + " 2>/dev/null").c_str()) == 0);
  CHECK(sign_head(h, s.folder / "x").error().code == errc::invalid_argument);
  REQUIRE(std::system(("openssl genpkey -algorithm ed25519 -aes256 -pass pass:secret -out " + (s.folder / "locked")).c_str()) == 0);
  CHECK(sign_head(h, s.folder / "locked").error().code == errc::invalid_argument);
}
