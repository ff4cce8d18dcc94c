#include "persistence/files.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/seal.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

TEST_CASE("a file is written whole, replaces its predecessor, and leaves nothing behind") {
  tests::temporary_folder folder;
  tests::must(write_durably(folder / "f", "first"));
  tests::must(write_durably(folder / "f", std::string(200'000, 'x')));
  CHECK(tests::must(read_file(folder / "f", 1'000'000)) == std::string(200'000, 'x'));
  CHECK(tests::files_below(folder.path()) == std::vector<std::string>{"f"});
  CHECK(read_file(folder / "f", 199'999).error().code == errc::file_unreadable);
  CHECK(read_file(folder / "none", 10).error().code == errc::file_unreadable);
  CHECK(write_durably(folder / "no/such/folder/f", "x").error().code == errc::log_io);
}

TEST_CASE("a durable write replaces a file and what a link points to, and nothing else") {
  tests::temporary_folder folder;
  tests::must(write_durably(folder / "file", "first"));
  std::filesystem::create_symlink(folder / "file", folder / "link");
  tests::must(write_durably(folder / "link", "second"));
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(tests::must(read_file(folder / "file", 100)) == "second");
  std::filesystem::create_directory(folder / "folder");
  REQUIRE(::mkfifo(std::string(folder / "pipe").c_str(), 0600) == 0);
  for (const char* name : {"folder", "pipe"}) {
    const auto refused = write_durably(folder / name, "x");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
  }
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
}

TEST_CASE("two writers of one file leave one of the two, whole") {
  tests::temporary_folder folder;
  const std::string a(100'000, 'a'), b(100'000, 'b');
  auto write = [&](const std::string& s) {
    for (int i = 0; i < 50; ++i)
      if (!write_durably(folder / "f", s)) std::abort();
  };
  std::thread other([&] { write(a); });
  write(b);
  other.join();
  const auto left = tests::slurp(folder / "f");
  CHECK((left == a || left == b));
}

TEST_CASE("folders are made with those above them, and unfinished writes removed") {
  tests::temporary_folder folder;
  tests::must(make_folder(folder / "a/b/c"));
  tests::must(make_folder(folder / "a/b/c"));
  CHECK(tests::fs::is_directory(folder / "a/b/c"));
  tests::spill(folder / "a/file", "x");
  CHECK_FALSE(make_folder(folder / "a/file/b"));
  for (const auto* name : {"a/x.1-1.new", "a/y.1-2.new", "a/x.snapshot"}) tests::spill(folder / name, "x");
  tests::must(remove_temporaries(folder / "a", "x"));
  CHECK(tests::files_below(folder.path()) == std::vector<std::string>{"a/file", "a/x.snapshot", "a/y.1-2.new"});
  tests::must(remove_temporaries(folder / "a"));
  CHECK(tests::files_below(folder.path()) == std::vector<std::string>{"a/file", "a/x.snapshot"});
  tests::must(remove_temporaries(folder / "none"));
  tests::must(remove_durably(folder / "a/file"));
  tests::must(remove_durably(folder / "a/file"));
}

TEST_CASE("a folder has one writer at a time, and asking does not disturb it") {
  tests::temporary_folder folder;
  CHECK_FALSE(folder_lock::held(folder.path()));
  {
    auto first = tests::must(folder_lock::take(folder.path()));
    CHECK(folder_lock::held(folder.path()));
    CHECK(folder_lock::take(folder.path()).error().code == errc::log_locked);
  }
  CHECK_FALSE(folder_lock::held(folder.path()));
  std::atomic<bool> done{false};
  std::thread asker([&] {
    while (!done) (void)folder_lock::held(folder.path());
  });
  int taken = 0;
  for (int i = 0; i < 2'000; ++i)
    if (folder_lock::take(folder.path())) ++taken;
  done = true;
  asker.join();
  CHECK(taken == 2'000);
}

TEST_CASE("contents are found by their hash, kept once, and checked") {
  tests::temporary_folder folder;
  const content_store store(folder.path());
  CHECK(store.verify());
  const std::string model(100'000, 'm');
  const auto h = tests::must(store.put(model));
  CHECK(h == sha256({model}));
  CHECK(tests::must(store.put(model)) == h);
  const auto empty = tests::must(store.put(""));
  CHECK(tests::files_below(folder / "content").size() == 2);
  CHECK(tests::must(store.get(h)) == model);
  CHECK(tests::must(store.get(empty)).empty());
  CHECK(store.get(sha256({"other"})).error().code == errc::file_unreadable);
  CHECK(store.verify());
  tests::flip_bit(folder / ("content/" + to_hex(h)), 50'000, 3);
  CHECK(store.get(h).error().code == errc::log_corrupt);
  const auto refused = store.verify();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find(to_hex(h)) != std::string::npos);
  // Putting it again mends it.
  CHECK(tests::must(store.put(model)) == h);
  CHECK(tests::must(store.get(h)) == model);
  CHECK(store.put(std::string(content_bytes_max + 1, 'x')).error().code == errc::invalid_argument);
  // An unfinished write is nothing; any other name is a stranger.
  tests::spill(folder / "content/x.1-1.new", "half");
  CHECK(store.verify());
  tests::spill(folder / "content/readme", "x");
  CHECK(store.verify().error().code == errc::log_corrupt);
}

TEST_CASE("new contents break the seal, the same contents again do not") {
  tests::temporary_folder folder;
  const content_store store(folder.path());
  (void)tests::must(store.put("one"));
  tests::must(write_seal(folder.path(), {}, std::nullopt));
  (void)tests::must(store.put("one"));
  CHECK(tests::fs::exists(seal_file(folder.path())));
  (void)tests::must(store.put("two"));
  CHECK_FALSE(tests::fs::exists(seal_file(folder.path())));
}

namespace {
/// The folder that names without one are in, for as long as it lives.
struct within {
  std::string before = tests::fs::current_path().string();
  explicit within(const std::string& folder) { tests::fs::current_path(folder); }
  ~within() { tests::fs::current_path(before); }
};
}  // namespace

TEST_CASE("a file that is named without a folder is as durable") {
  tests::temporary_folder folder;
  const within here(folder.path());
  tests::must(write_durably("f", "first"));
  tests::must(write_new_durably("g", "second", 0600));
  CHECK(tests::must(read_file("f", 100)) == "first");
  tests::must(remove_durably("f"));
  CHECK(tests::files_below(folder.path()) == std::vector<std::string>{"g"});
}

TEST_CASE("a new file replaces none, and has the permissions asked for") {
  tests::temporary_folder folder;
  tests::must(write_new_durably(folder / "f", "first", 0600));
  CHECK((tests::fs::status(folder / "f").permissions() == (tests::fs::perms::owner_read | tests::fs::perms::owner_write)));
  auto again = write_new_durably(folder / "f", "second", 0600);
  CHECK(again.error().code == errc::invalid_argument);
  CHECK(again.error().message.find("exists already") != std::string::npos);
  CHECK(tests::slurp(folder / "f") == "first");
  CHECK(write_new_durably(folder / "none/f", "x", 0600).error().code == errc::file_unreadable);
  // A link is a file that is there, wherever it leads.
  tests::fs::create_symlink(folder / "nowhere", folder / "link");
  CHECK_FALSE(write_new_durably(folder / "link", "x", 0600));
  CHECK_FALSE(tests::fs::exists(folder / "nowhere"));
}

TEST_CASE("a seal that lists what may change beside a closed log does not ask for it") {
  tests::temporary_folder folder;
  tests::spill(folder / "anchor", "anchor");
  tests::must(write_seal(folder.path(), {}, std::nullopt));
  auto s = *tests::must(read_seal(folder.path()));
  REQUIRE(s.files.contains("anchor"));
  for (const auto* name : {"scrub", "ballast"}) s.files[name] = s.files["anchor"];  // as a build writes it that does not know them
  tests::must(check_seal(folder.path(), s));
  tests::spill(folder / "scrub", "another");
  tests::must(check_seal(folder.path(), s));
  s.files["content/x"] = s.files["anchor"];
  CHECK(check_seal(folder.path(), s).error().message.find("the file is missing") != std::string::npos);
}
