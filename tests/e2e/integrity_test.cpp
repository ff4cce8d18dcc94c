// log scrub, log verify on several threads and from an event on, signed heads, ballast: as an operator uses them.
#include <sys/stat.h>

#include "persistence/rocksdb_log.hpp"
#include "persistence/scrubber.hpp"
#include "persistence/snapshots.hpp"
#include "tests/e2e/tool.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using nlohmann::json;

namespace {

/// Tables, and a write-ahead log.
std::unique_ptr<persistence::event_log> open_long_log(const std::string& directory, std::uint64_t groups = 200) {
  extend(*must(persistence::open_log(directory, {.when = persistence::durability::os})), groups, 100);
  auto log = must(persistence::open_log(directory, {.when = persistence::durability::os}));
  extend(*log, 5, 100);
  return log;
}

std::string first_table(const std::string& directory) {
  for (const auto& file : tests::files_below(directory))
    if (file.ends_with(".sst")) return directory + "/" + file;
  FAIL("no table");
  return {};
}

}  // namespace

TEST_CASE("log scrub beside the writer: one pass, exit 0; damage, exit 5 with the place") {
  scratch_folder f;
  auto log = open_long_log(f / "log");
  auto p = tomnext_tool({"log", "scrub", f / "log", "--once", "--json"});
  INFO(p.err);
  REQUIRE(p.exit_code == 0);
  auto j = json::parse(p.out);
  CHECK(j["events"] == 20'500);
  CHECK(j["pass"] == 1);
  CHECK(j["bytes"].get<std::uint64_t>() > 500'000);
  extend(*log, 1, 100);
  p = tomnext_tool({"log", "scrub", f / "log", "--once"});
  CHECK(p.exit_code == 0);
  CHECK(has_text(p.out, "pass 2 complete: 20,600 events"));
  const auto table = first_table(f / "log");
  flip_bit(table, std::filesystem::file_size(table) / 2, 0);
  p = tomnext_tool({"log", "scrub", f / "log", "--once"});
  CHECK(p.exit_code == 5);
  CHECK(p.out.empty());
  CHECK(has_text(p.err, table));
  CHECK(has_text(p.err, "offset"));
  CHECK(tomnext_tool({"log", "scrub", f / "none"}).exit_code == 4);
  CHECK(tomnext_tool({"log", "scrub", f / "log", "--rate", "0"}).exit_code == 2);
}

TEST_CASE("a cancelled scrub goes on where it was") {
  scratch_folder f;
  auto log = open_long_log(f / "log", 2'000);
  log.reset();
  const auto once = json::parse(tomnext_tool({"log", "scrub", f / "log", "--once", "--json"}).out);
  std::filesystem::remove(f / "log/scrub");
  // Slow enough that it cannot end by itself: some seconds of work, and the first step waits for longer than the signal takes.
  const auto p = tomnext_tool({"log", "scrub", f / "log", "--rate", "300000", "--once", "--json"}, [&](pid_t child) {
    // It has begun when it has opened the log; it writes its progress when it is told to end.
    CHECK(eventually([&] {
      return !std::filesystem::is_empty("/proc/" + std::to_string(child) + "/fd") &&
             has_text(file_text("/proc/" + std::to_string(child) + "/maps"), "librocksdb");
    }));
    CHECK(eventually([&] {
      for (const auto& e : std::filesystem::directory_iterator("/proc/" + std::to_string(child) + "/fd")) {
        std::error_code gone;
        if (has_text(std::filesystem::read_symlink(e.path(), gone).string(), ".sst")) return true;
      }
      return false;
    }));
    kill(child, SIGINT);
  });
  INFO(p.err);
  CHECK(p.exit_code == 130);
  CHECK(has_text(p.err, "a scrub without --once goes on here"));
  REQUIRE(std::filesystem::exists(f / "log/scrub"));
  background_process rest(std::string(TOMNEXT_BINARY_DIR) + "/tomnext", {"log", "scrub", f / "log", "--json"});
  CHECK(eventually([&] { return has_text(rest.out(), "\n") || rest.ended(); }));
  rest.send(SIGINT);
  const auto ended = rest.wait();
  INFO(ended.err);
  CHECK(ended.exit_code == 130);
  const auto j = json::parse(ended.out.substr(0, ended.out.find('\n')));
  CHECK(j["pass"] == 1);
  CHECK(j["events"] == once["events"]);
  CHECK(j["bytes_by_earlier_runs"].get<std::uint64_t>() > 0);
  CHECK(tomnext_tool({"log", "verify", f / "log"}).exit_code == 0);
}

// Part of the pass is of an earlier run, which read the table while it was whole.
TEST_CASE("log scrub --once reads everything now, and all damage is told with its own advice") {
  scratch_folder f;
  auto log = open_long_log(f / "log");
  {
    auto earlier = must(persistence::scrubber::open(f / "log", *log));
    while (earlier.progress().part <= persistence::scrub_part::tables) (void)must(earlier.step(*log, 1 << 20));
    must(earlier.save());
  }
  must(persistence::snapshot_store(f / "log").put({{"host", 1, 1, 1}, log->head().seq - 2, log->head().seq - 1, log->head(), "state"}));
  const auto table = first_table(f / "log");
  flip_bit(table, std::filesystem::file_size(table) / 2, 0);  // not in its index, without which nobody could open the log
  std::string snapshot;
  for (const auto& file : tests::files_below(f / "log"))
    if (file.ends_with(".snapshot")) snapshot = f / "log/" + file;
  REQUIRE_FALSE(snapshot.empty());
  flip_bit(snapshot, std::filesystem::file_size(snapshot) / 2, 0);
  const auto p = tomnext_tool({"log", "scrub", f / "log", "--once"});
  INFO(p.err);
  CHECK(p.exit_code == 5);
  CHECK(p.out.empty());
  CHECK(has_text(p.err, table));
  CHECK(has_text(p.err, snapshot));
  CHECK(has_text(p.err, "nothing is lost: a node sets it aside"));
}

TEST_CASE("counts that are none are refused, whatever a number they could be taken for") {
  scratch_folder f;
  open_long_log(f / "log", 5).reset();
  for (const auto* text : {"-1", "010", "+1", "1e3", "0", "99999999999999999999", " 1", "0x10"}) {
    INFO(text);
    CHECK(tomnext_tool({"log", "verify", f / "log", "--from", text}).exit_code == 2);
    CHECK(tomnext_tool({"log", "verify", f / "log", "--parallel", text}).exit_code == 2);
    CHECK(tomnext_tool({"log", "scrub", f / "log", "--once", "--rate", text}).exit_code == 2);
  }
}

TEST_CASE("log verify from an event on, and on several threads") {
  scratch_folder f;
  open_long_log(f / "log").reset();
  const auto whole = json::parse(tomnext_tool({"log", "verify", f / "log", "--parallel", "1", "--json"}).out);
  CHECK(whole["not_checked"].empty());
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--parallel", "3"}, {"--parallel"}, {}}) {
    std::vector<std::string> line{"log", "verify", f / "log", "--json"};
    line.insert(line.end(), arguments.begin(), arguments.end());
    CHECK(json::parse(tomnext_tool(line).out) == whole);
  }
  const auto part = json::parse(tomnext_tool({"log", "verify", f / "log", "--from", "10050", "--json"}).out);
  CHECK(part["head"] == whole["head"]);
  CHECK(part["first_seq"] == 10'001);
  CHECK(part["events"] == 10'500);
  CHECK(part["not_checked"][0] == "events 1 to 10000");
  CHECK(has_text(tomnext_tool({"log", "verify", f / "log", "--from", "10050", "--no-decode"}).out, "not checked: the payloads of events"));
  CHECK(tomnext_tool({"log", "verify", f / "log", "--from", "20501"}).exit_code == 2);
  CHECK(tomnext_tool({"log", "verify", f / "log", "--from", "0"}).exit_code == 2);
  CHECK(tomnext_tool({"log", "verify", f / "log", "--parallel", "0"}).exit_code == 2);
}

TEST_CASE("a head that was signed is found again, and another log is refused") {
  scratch_folder f;
  open_long_log(f / "log", 20).reset();
  REQUIRE(tomnext_tool({"log", "keypair", f / "key"}).exit_code == 0);
  CHECK(tomnext_tool({"log", "keypair", f / "key"}).exit_code == 2);
  const auto p = tomnext_tool({"log", "sign", f / "log", "--key", f / "key"});
  REQUIRE(p.exit_code == 0);
  CHECK(json::parse(p.out)["seq"] == 2'500);
  REQUIRE(tomnext_tool({"log", "sign", f / "log", "--key", f / "key", "--out", f / "head.json"}).exit_code == 0);
  auto verify = [&](const std::string& log, const std::string& key) {
    return tomnext_tool({"log", "verify", f / log, "--signed-head", f / "head.json", "--public-key", f / key});
  };
  const auto good = verify("log", "key.pub");
  CHECK(good.exit_code == 0);
  CHECK(has_text(good.out, "it holds the signed head"));
  open_long_log(f / "other", 10).reset();
  const auto shorter = verify("other", "key.pub");
  CHECK(shorter.exit_code == 5);
  CHECK(shorter.out.empty());
  // A head witnesses the whole past, so a part of it is not enough.
  const auto part = tomnext_tool({"log", "verify", f / "log", "--from", "2000", "--signed-head", f / "head.json", "--public-key", f / "key.pub"});
  CHECK(part.exit_code == 2);
  CHECK(has_text(part.err, "leave out --from"));
  CHECK_FALSE(has_text(part.out, "it holds the signed head"));
  CHECK(tomnext_tool({"log", "verify", f / "log", "--from", "1", "--signed-head", f / "head.json", "--public-key", f / "key.pub"}).exit_code == 0);
  // Neither an earlier head nor the key itself is overwritten.
  for (const auto* name : {"head.json", "key", "key.pub"}) {
    const auto before = file_text(f / name);
    const auto again = tomnext_tool({"log", "sign", f / "log", "--key", f / "key", "--out", f / name});
    CHECK(again.exit_code == 2);
    CHECK(has_text(again.err, "exists already"));
    CHECK(file_text(f / name) == before);
  }
  REQUIRE(tomnext_tool({"log", "keypair", f / "key2"}).exit_code == 0);
  CHECK(verify("log", "key2.pub").exit_code == 5);
  ::chmod((f / "key").c_str(), 0644);
  const auto open = tomnext_tool({"log", "sign", f / "log", "--key", f / "key"});
  CHECK(open.exit_code == 2);
  CHECK(has_text(open.err, "chmod 600"));
  CHECK(tomnext_tool({"log", "verify", f / "log", "--signed-head", f / "head.json"}).exit_code == 2);
  f.write("head.json", "{}");
  CHECK(verify("log", "key.pub").exit_code == 4);
}

TEST_CASE("keys and heads may be named without a folder, as the help does") {
  scratch_folder f;
  open_long_log(f / "log", 5).reset();
  const auto tool = std::string(TOMNEXT_BINARY_DIR) + "/tomnext";
  for (const auto& words : std::vector<std::vector<std::string>>{{"log", "keypair", "head.pem"},
                                                                 {"log", "sign", "log", "--key", "head.pem", "--out", "head.json"},
                                                                 {"log", "verify", "log", "--signed-head", "head.json", "--public-key", "head.pem.pub"}}) {
    const auto p = run_process(tool, words, f.path());
    INFO(words[1] << ": " << p.err);
    CHECK(p.exit_code == 0);
  }
}

TEST_CASE("the ballast is released beside the writer, and once") {
  scratch_folder f;
  persistence::rocksdb_options o;
  o.ballast_bytes = 1 << 20;
  std::string told;
  o.tell = [&](const std::string& what) { told = what; };
  auto log = must(persistence::open_log(f / "log", o));
  if (!told.empty()) {
    WARN("skipped: " << told);
    return;
  }
  const auto p = tomnext_tool({"log", "release-ballast", f / "log"});
  CHECK(p.exit_code == 0);
  CHECK(has_text(p.out, "released 1,048,576 bytes"));
  CHECK(has_text(p.out, "Next:"));
  CHECK(has_text(p.out, "free_bytes_min"));
  const auto none = tomnext_tool({"log", "release-ballast", f / "log"});
  CHECK(none.exit_code == 2);
  CHECK(has_text(none.err, "there is no ballast here, so no room was made"));
  CHECK_FALSE(has_text(none.out, "goes on by itself"));
  CHECK(extend(*log, 1, 1).seq == 1);
  CHECK(tomnext_tool({"log", "release-ballast", f / "none"}).exit_code == 4);
}
