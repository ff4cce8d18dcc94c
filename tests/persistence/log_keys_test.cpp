#include "persistence/log_keys.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "persistence/checksum.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::key_line, tests::must;

namespace {

std::string reason(const result<key_ring_ref>& r) {
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::log_key);
  return r.error().message;
}
std::string parsed(const std::string& text) { return reason(key_ring::parse(text, "k")); }

class variable {
 public:
  variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("a key ring is what its lines say") {
  const auto ring = must(key_ring::parse("# of the test\n\n" + key_line(7, 1) + "  " + key_line(2, 2) + "4294967295\t" + std::string(64, 'A') + "\r\n", "k"));
  CHECK(ring->size() == 3);
  CHECK(ring->newest()->id == 4294967295);
  CHECK(ring->newest()->secret[31] == 0xaa);
  REQUIRE(ring->find(2) != nullptr);
  CHECK(ring->find(2)->secret[0] == 74);
  CHECK(ring->find(2)->secret[1] == 85);
  CHECK(ring->find(3) == nullptr);
  CHECK(key_ring{}.newest() == nullptr);
}

TEST_CASE("a line that is no key is refused by its number, and not shown") {
  const std::string secret(64, '7');
  CHECK(parsed("").starts_with("k: there is no key in it; a line is `ID HEX`"));
  CHECK(parsed("# only this\n").find("tomnext log keygen") != std::string::npos);
  for (const auto& bad : {"0 " + secret, "1 " + secret.substr(1), "1 " + secret + "7", "1 " + secret.substr(1) + "g", "1" + secret, "-1 " + secret,
                          "4294967296 " + secret, "x " + secret, secret, "1 " + secret + " 1", std::string("1")}) {
    const auto why = parsed(key_line(9, 1) + bad + "\n");
    CHECK(why.starts_with("k: line 2: is no key; a line is `ID HEX`, with an ID from 1 to 4294967295 and 64 hexadecimal digits"));
    CHECK(why.find("7777") == std::string::npos);
  }
  CHECK(parsed(key_line(3, 1) + key_line(3, 2)) == "k: line 2: key 3 is there twice; each id is given once");
}

TEST_CASE("a key ring has bounds") {
  std::string most;
  for (unsigned i = 1; i <= 900; ++i) most += key_line(i, i);
  CHECK(most.size() < log_keys_text_max);
  CHECK(must(key_ring::parse(most, "k"))->size() == 900);
  CHECK(parsed(most + std::string(log_keys_text_max - most.size(), '\n') + "\n") == "k: keys have at most 65536 bytes");
}

TEST_CASE("a file with keys is its owner's alone") {
  const tests::temporary_folder folder;
  const auto path = folder / "keys";
  CHECK(reason(key_ring::of_file(path)) == path + ": the file with the keys cannot be read: No such file or directory");
  tests::spill(path, key_line(1, 1));
  for (const unsigned mode : {0640u, 0604u, 0620u, 0602u, 0610u, 0666u}) {
    ::chmod(path.c_str(), mode);
    CHECK(reason(key_ring::of_file(path)).starts_with(path + ": others than its owner may read or write the keys; make it `chmod 600`"));
  }
  ::chmod(path.c_str(), 0600);
  CHECK(must(key_ring::of_file(path))->size() == 1);
  ::chmod(path.c_str(), 0400);
  CHECK(must(key_ring::of_file(path))->size() == 1);
  CHECK(reason(key_ring::of_file(folder.path())) == folder.path() + ": keys lie in a regular file, and this is none");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(reason(key_ring::of_file(folder / "pipe")).ends_with("keys lie in a regular file, and this is none"));
  ::chmod(path.c_str(), 0600);
  tests::spill(path, std::string(log_keys_text_max + 1, '\n'));
  CHECK(reason(key_ring::of_file(path)) == path + ": has 65537 bytes; keys have at most 65536");
  if (::geteuid() == 0) {
    tests::spill(path, key_line(1, 1));
    REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
    CHECK(reason(key_ring::of_file(path)).find("belongs to another user") != std::string::npos);
  }
}

TEST_CASE("keys come from what the environment names, when they are first needed, or are set") {
  const tests::temporary_folder folder;
  const auto path = folder / "keys";
  tests::spill(path, key_line(5, 1));
  ::chmod(path.c_str(), 0600);
  const tests::given_keys afterwards("");
  use_keys(nullptr);
  CHECK(must(process_keys())->empty());
  {
    const variable file(keys_file_variable, path);
    CHECK(must(process_keys())->empty());  // it has been read
    use_keys(nullptr);
    CHECK(must(process_keys())->newest()->id == 5);
    const variable command(keys_command_variable, "cat " + path);
    CHECK(must(process_keys())->newest()->id == 5);
    use_keys(nullptr);
    CHECK(reason(process_keys()) == "TOMNEXT_LOG_KEYS and TOMNEXT_LOG_KEYS_COMMAND are both set; keys come from one of them");
  }
  const auto before = keys_generation();
  use_keys(nullptr);
  CHECK(keys_generation() != before);
  const variable command(keys_command_variable, "cat " + path);
  CHECK(must(process_keys())->newest()->id == 5);
  for (const auto* bad : {"0", "601", "ten", "5s", "-1"}) {
    const variable limit(keys_timeout_variable, bad);
    use_keys(nullptr);
    CHECK(reason(process_keys()) == "TOMNEXT_LOG_KEYS_TIMEOUT_S: '" + std::string(bad) + "' is no number of seconds from 1 to 600");
  }
}

TEST_CASE("a key is made, and others are added, without a moment in which there is none") {
  const tests::temporary_folder folder;
  const auto path = folder / "keys";
  CHECK(must(add_key(path)) == 1);
  struct stat s {};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  CHECK((s.st_mode & 07777) == 0600);
  const auto first = tests::slurp(path);
  CHECK(must(add_key(path)) == 2);
  REQUIRE(::stat(path.c_str(), &s) == 0);
  CHECK((s.st_mode & 07777) == 0600);
  CHECK(tests::slurp(path).starts_with(first));
  const auto ring = must(key_ring::of_file(path));
  CHECK(ring->size() == 2);
  CHECK(ring->find(1)->secret != ring->find(2)->secret);
  CHECK(tests::files_below(folder.path()) == std::vector<std::string>{"keys"});
  // What a call that was killed has left goes with the next, and two at once do not overwrite each other's key.
  tests::spill(path + ".77-1.new", first);
  tests::spill(folder / "keys.new", "somebody else's");
  CHECK(must(add_key(path)) == 3);
  CHECK(tests::files_below(folder.path()) == std::vector<std::string>{"keys", "keys.new"});
  {
    const int other = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    REQUIRE(::fcntl(other, F_OFD_SETLK, &whole) == 0);
    CHECK(add_key(path).error().code == errc::log_locked);
    ::close(other);
  }
  CHECK(must(key_ring::of_file(path))->size() == 3);
  // What is no key file is left as it is, and so is one that others may read.
  tests::spill(folder / "other", "some text\n");
  ::chmod((folder / "other").c_str(), 0600);
  REQUIRE_FALSE(add_key(folder / "other"));
  CHECK(tests::slurp(folder / "other") == "some text\n");
  ::chmod(path.c_str(), 0644);
  REQUIRE_FALSE(add_key(path));
  ::chmod(path.c_str(), 0600);
  // A link stays one: what it leads to has the new key.
  tests::fs::create_symlink(path, folder / "link");
  CHECK(must(add_key(folder / "link")) == 4);
  CHECK(tests::fs::is_symlink(folder / "link"));
  CHECK(must(key_ring::of_file(path))->size() == 4);
  tests::spill(path, key_line(4294967295, 1));
  CHECK_FALSE(add_key(path));
}
