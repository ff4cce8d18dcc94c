// Encryption at rest, as an operator meets it: a key file, a node that is killed, a rotation, and every command with the keys and without.
#include <sys/stat.h>

#include <cstdlib>

#include "tests/e2e/live_node.hpp"
#include "tests/e2e/random_moments.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

/// Keys for the commands that are run while it lives.
class keys_named {
 public:
  explicit keys_named(const std::string& file) { ::setenv("TOMNEXT_LOG_KEYS", file.c_str(), 1); }
  ~keys_named() { ::unsetenv("TOMNEXT_LOG_KEYS"); }
  keys_named(const keys_named&) = delete;
  keys_named& operator=(const keys_named&) = delete;
};

json said(const std::vector<std::string>& words) {
  auto all = words;
  all.emplace_back("--json");
  const auto p = tomnext_tool(all);
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  return json::parse(p.out);
}

std::string refused(const std::vector<std::string>& words, int exit_code = 5) {
  const auto p = tomnext_tool(words);
  INFO(p.err << p.out);
  CHECK(p.exit_code == exit_code);
  return p.err;
}

/// Names of files below the folder in which one of the texts is found.
std::vector<std::string> files_with(const std::string& folder, const std::vector<std::string>& texts) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = file_text(entry.path().string());
    for (const auto& t : texts)
      if (has_text(bytes, t)) found.push_back(entry.path().filename().string() + ": " + t);
  }
  return found;
}

/// What stands in the events and the files of the demo's log; too long to come about by chance. Names of hosts are not among
/// them: snapshots are named by them, and the seal names its files.
const std::vector<std::string> telling{"ema_cross", "GBP/USD", "strategies:"};

}  // namespace

TEST_CASE("a node with a key file is killed, gone on with and rotated; its log is read with the keys, and verified without") {
  scratch_folder f;
  const auto keys = f / "node.keys", log = f / "live";
  const auto wanted = backtest_into(demo_file(), f / "backtest");
  // Each of them is found where nothing is encrypted: in contents, and in tables and write-ahead logs that are not compressed yet.
  CHECK(files_with(f / "backtest", telling).size() >= 2);
  const auto made = said({"log", "keygen", "--out", keys});
  CHECK(made["key"] == 1);
  const std::vector<std::string> encrypted{"--set", "node.storage.key_file=" + keys, "--set", "node.snapshot_every=5000"};
  for (const std::uint64_t growth : {200'000, 600'000}) {
    const auto before = bytes_in(persistence::rows_folder(log));
    live_node n(demo_file(), log, encrypted);
    REQUIRE(eventually([&] { return n.process().ended() || bytes_in(persistence::rows_folder(log)) >= before + growth; }));
    n.process().send(SIGKILL);
    CHECK(n.process().wait().exit_code == 128 + SIGKILL);
    CHECK(files_with(log, telling).empty());
  }
  // Without the keys: what can be said of it, and nothing more.
  const auto unread = refused({"log", "verify", log});
  CHECK(has_text(unread, "checksums and the chain hold; but "));
  CHECK(has_text(unread, "TOMNEXT_LOG_KEYS"));
  const auto without = said({"log", "verify", log, "--without-keys"});
  CHECK(without["encrypted"]["groups_unread"] == without["groups"]);
  CHECK(without["encrypted"]["contents_unread"] == 1);
  CHECK(has_text(without["not_checked"].dump(), "encrypted with keys that are not here"));
  CHECK(has_text(refused({"log", "cat", log}), "encrypted with key 1, and this process has no keys"));
  CHECK(has_text(refused({"run", demo_file(), "--log", log}), "the log is written encrypted, and this process has no keys; nothing is written to it in clear"));
  CHECK(said({"log", "keygen", "--out", keys})["key"] == 2);
  const auto end = run_to_end(demo_file(), log, encrypted);
  CHECK(end["final_balance"] == wanted["final_balance"]);
  CHECK(files_with(log, telling).empty());
  {
    const keys_named given(keys);
    const auto whole = verify(log);
    CHECK(whole["sealed"] == true);
    CHECK(whole["encrypted"]["groups_unread"] == 0);
    CHECK(whole["encrypted"]["groups_by_key"]["1"].get<std::uint64_t>() > 0);
    CHECK(whole["encrypted"]["groups_by_key"]["2"].get<std::uint64_t>() > 0);
    const auto quick = tomnext_tool({"log", "verify", log, "--no-decode"});
    CHECK(quick.exit_code == 0);
    check_identical(f / "backtest", log, 165'000);
    CHECK(has_text(tomnext_tool({"log", "cat", log, "--limit", "50"}).out, "GBP/USD"));
    CHECK(said({"log", "stats", log})["encrypted"]["groups_by_key"] == whole["encrypted"]["groups_by_key"]);
    CHECK(tomnext_tool({"replay", log, "--verify"}).exit_code == 0);
    CHECK(has_text(refused({"log", "project", "run", log}, 2), "the log is written encrypted, and projections lie beside it in clear"));
    CHECK(tomnext_tool({"log", "scrub", log, "--once"}).exit_code == 0);
  }
  // A backup is made by somebody who may not read it.
  CHECK(said({"log", "backup", log, f / "backup"})["head"]["seq"].get<std::uint64_t>() > 165'000);
  CHECK(files_with(f / "backup", telling).empty());
  CHECK(tomnext_tool({"log", "restore", f / "backup", f / "restored"}).exit_code == 0);
  CHECK(files_with(f / "restored", telling).empty());
  CHECK(tomnext_tool({"log", "scrub", log, "--once"}).exit_code == 0);
  const keys_named given(keys);
  check_identical(log, f / "restored", 165'000);
}

TEST_CASE("keys are made, never shown, and refused where others may read them") {
  scratch_folder f;
  const auto keys = f / "k";
  const auto p = tomnext_tool({"log", "keygen", "--out", keys});
  REQUIRE(p.exit_code == 0);
  const auto text = file_text(keys);
  const auto secret = text.substr(text.find("\n1 ") + 3, 64);
  CHECK(secret.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK_FALSE(has_text(p.out + p.err, secret.substr(0, 8)));
  ::chmod(keys.c_str(), 0644);
  const auto config = "node.storage.key_file=" + keys;
  for (const auto& words : {std::vector<std::string>{"run", demo_file(), "--log", f / "log", "--set", config}, {"log", "keygen", "--out", keys}}) {
    const auto why = refused(words);
    CHECK(has_text(why, "others than its owner may read or write the keys; make it `chmod 600`"));
    CHECK_FALSE(has_text(why, secret.substr(0, 8)));
  }
  CHECK_FALSE(std::filesystem::exists(f / "log"));
  CHECK(has_text(refused({"run", demo_file(), "--log", f / "log", "--set", "node.storage.key_file=" + (f / "none")}), "node.storage.key_file: "));
  CHECK(has_text(refused({"run", demo_file(), "--log", f / "log", "--set", "node.storage.key_file="}, 3), "key_file"));
}

TEST_CASE("imports and back-tests are encrypted where it is asked for, with keys from a file or a command") {
  scratch_folder f;
  const auto keys = f / "k";
  REQUIRE(tomnext_tool({"log", "keygen", "--out", keys}).exit_code == 0);
  const std::vector<std::string> words{
      "import", shipped_data("lean/20140505_quote.zip"), "--format", "lean-tick", "--instrument", "EUR/USD", "--encrypt", "--log", f / "ticks"};
  CHECK(has_text(refused(words), "the log is written encrypted, and this process has no keys"));
  CHECK(f.names() == std::vector<std::string>{"k"});
  ::setenv("TOMNEXT_LOG_KEYS_COMMAND", ("cat " + keys).c_str(), 1);
  CHECK(tomnext_tool(words).exit_code == 0);
  const auto lean = lean_configuration();
  const auto configuration = f.write("c.yaml", "data: [{log: " + (f / "ticks") + "}]\ninstruments: {EUR/USD: {}}\n" + lean.substr(lean.find("account:")));
  const auto report = backtest_into(configuration, f / "results", {"--encrypt"});
  CHECK(report["ticks"].get<std::uint64_t>() > 50'000);
  CHECK(said({"log", "stats", f / "results"})["encrypted"]["from_seq"] == 1);
  const auto in_clear = said({"log", "verify", f / "results"});
  CHECK(in_clear["encrypted"]["groups_by_key"]["1"] == in_clear["groups"]);
  ::setenv("TOMNEXT_LOG_KEYS_COMMAND", "exit 7", 1);
  CHECK(has_text(refused({"log", "stats", f / "results"}), "the command for the keys: ended with status 7"));
  ::unsetenv("TOMNEXT_LOG_KEYS_COMMAND");
  CHECK(files_with(f / "results", telling).empty());
  CHECK(has_text(refused({"backtest", configuration}), "is encrypted with key 1, and this process has no keys"));
}
