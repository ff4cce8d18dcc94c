// Copies of a log by the real binary: backup beside a running node, restore, export and import, checkpoint, repair.
#include <csignal>

#include "tests/e2e/live_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;
namespace fs = std::filesystem;

namespace {

json json_of(const std::vector<std::string>& words, int exit_code = 0) {
  auto all = words;
  all.emplace_back("--json");
  const auto p = tomnext_tool(all);
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == exit_code);
  return json::parse(p.out);
}

std::map<std::string, std::string> bytes_of_all(const std::string& folder) {
  std::map<std::string, std::string> all;
  for (const auto& e : fs::recursive_directory_iterator(folder))
    if (e.is_regular_file()) all[e.path().string()] = file_text(e.path().string());
  return all;
}

void check_refused(const std::vector<std::string>& words, int exit_code, const std::string& says) {
  const auto p = tomnext_tool(words);
  INFO(p.err << p.out);
  CHECK(p.exit_code == exit_code);
  CHECK(p.out.empty());
  CHECK(has_text(p.err, says));
}

}  // namespace

TEST_CASE("backups beside a running node are whole; a restored one verifies, replays, and a node goes on from it to the same end") {
  scratch_folder f;
  const auto wanted = backtest_into(demo_file(), f / "backtest");
  std::uint64_t events = 0;
  {
    live_node n(demo_file(), f / "live", {"--port", "0", "--stay"});
    REQUIRE(eventually([&] { return n.durable() > 5'000; }));
    const auto first = json_of({"log", "backup", f / "live", f / "backup"});
    // Acknowledged before the backup began: in it.
    CHECK(first["head"]["seq"].get<std::uint64_t>() > 5'000);
    const auto acknowledged = n.durable();
    const auto second = json_of({"log", "backup", f / "live", f / "backup"});
    events = second["head"]["seq"];
    CHECK(events >= acknowledged);
    // What was there before was not read again.
    CHECK(second["new_files_verified"] == true);
    CHECK_FALSE(second.contains("verified"));
    CHECK(second["events_new"] == events - first["head"]["seq"].get<std::uint64_t>());
    const auto all = json_of({"log", "backup", "--verify-only", f / "backup"});
    CHECK(all["head"] == second["head"]);
    CHECK(all["verified"] == true);
    CHECK(json_of({"log", "backup", f / "live", f / "backup", "--verify-only"})["head"] == second["head"]);
    check_refused({"log", "checkpoint", f / "live", f / "copy"}, 5, "log backup");
    check_refused({"log", "repair", f / "live", f / "copy"}, 5, "stop it first");
    CHECK_FALSE(fs::exists(f / "copy"));
    n.process().send(SIGKILL);
    (void)n.process().wait();
  }
  CHECK(json_of({"log", "restore", f / "backup", f / "restored"})["head"]["seq"] == events);
  CHECK(verify(f / "restored")["sealed"] == true);
  CHECK(json_of({"replay", f / "restored", "--verify"})["identical"] == true);
  CHECK(json_of({"log", "restore", f / "backup", f / "early", "--to-seq", "3000"})["head"]["seq"].get<std::uint64_t>() <= 3'000);
  for (const auto* log : {"restored", "early"}) {
    const auto end = run_to_end(demo_file(), f / log);
    CHECK(end["final_balance"] == wanted["final_balance"]);
    check_identical(f / "backtest", f / log, 165'000);
    verify(f / log);
  }
  // What the node went on with is another history than what the killed one wrote: its backup is not added to.
  json_of({"log", "backup", f / "live", f / "backup"});
  check_refused({"log", "backup", f / "early", f / "backup"}, 5, "another history");
  json_of({"log", "backup", "--verify-only", f / "backup"});
}

TEST_CASE("what is copied of a log, by whatever command, is the same log") {
  scratch_folder f;
  const auto report = backtest_into(demo_file(), f / "log");
  const auto head = json_of({"log", "stats", f / "log"})["head"];
  const auto before = bytes_of_all(f / "log");
  json_of({"log", "backup", f / "log", f / "backup"});
  json_of({"log", "restore", f / "backup", f / "restored"});
  json_of({"log", "export", f / "log", f / "one", "--to", "80000"});
  // Groups are whole: the two overlap by one, which is passed over.
  json_of({"log", "export", f / "log", f / "two", "--from", "80001"});
  json_of({"log", "import", f / "one", f / "two", f / "imported"});
  const auto repaired = json_of({"log", "repair", f / "log", f / "repaired"});
  CHECK(repaired["nothing_dropped"] == true);
  CHECK(bytes_of_all(f / "log") == before);
  json_of({"log", "checkpoint", f / "log", f / "checkpoint"});
  for (const auto* copy : {"restored", "imported", "repaired", "checkpoint", "log"}) {
    INFO(copy);
    const auto checked = verify(f / copy);
    CHECK(checked["head"]["hash"] == head["hash"]);
    // Exported events come without the configuration; nobody took it away.
    CHECK(checked["contents_missing"] == (std::string_view(copy) == "imported" ? 1 : 0));
    check_identical(f / "log", f / copy, 169'000);
  }
  for (const auto* copy : {"restored", "repaired", "checkpoint"}) CHECK(json_of({"replay", f / copy, "--verify"})["state_hash"] == report["state_hash"]);
  CHECK(json_of({"replay", f / "imported", demo_file(), "--verify"})["state_hash"] == report["state_hash"]);

  SECTION("lines are those of log cat") {
    json_of({"log", "export", f / "log", f / "lines", "--from", "100", "--to", "199", "--format", "jsonl"});
    CHECK(file_text(f / "lines") == tomnext_tool({"log", "cat", f / "log", "--from", "100", "--to", "199", "--json"}).out);
  }
  SECTION("a restore to a time has no event that is later") {
    const std::string noon = "2012-02-15T12:00:00Z";
    const auto seq = json_of({"log", "restore", f / "backup", f / "noon", "--to-time", noon})["head"]["seq"].get<std::uint64_t>();
    CHECK(seq > 10'000);
    CHECK(seq < head["seq"].get<std::uint64_t>());
    std::int64_t latest = 0;
    each_event(f / "noon", [&](const event& e) { latest = std::max(latest, e.head.at.ns); });
    CHECK(latest <= parse_timestamp(noon)->ns);
    CHECK(json_of({"replay", f / "noon", "--verify"})["identical"] == true);
  }
  SECTION("refusals say what to do, and nothing is overwritten") {
    check_refused({"log", "restore", f / "backup", f / "log"}, 2, "not empty");
    check_refused({"log", "import", f / "one", f / "log"}, 2, "not empty");
    check_refused({"log", "export", f / "log", f / "one"}, 2, "exists already");
    check_refused({"log", "export", f / "log", f / "three", "--format", "xml"}, 2, "jsonl");
    check_refused({"log", "checkpoint", f / "log", f / "restored"}, 2, "not empty");
    check_refused({"log", "repair", f / "log", f / "log/copy"}, 2, "apart");
    check_refused({"log", "backup", f / "log"}, 2, "--verify-only");
    check_refused({"log", "backup", f / "log", f / "restored"}, 2, "neither a backup");
    check_refused({"log", "restore", f / "backup", f / "new", "--to-seq", "99999999"}, 2, "is not in it");
    check_refused({"log", "restore", f / "backup", f / "new", "--to-seq", "5", "--to-time", "2012-02-15T12:00:00Z"}, 2, "--to-time");
    check_refused({"log", "restore", f / "backup", f / "new", "--to-time", "noon"}, 2, "--to-time");
    check_refused({"log", "import", f / "two", f / "new"}, 5, "from 1 on");
    check_refused({"log", "import", f / "one", f / "one", f / "new"}, 5, "goes on at event 1");
    CHECK_FALSE(fs::exists(f / "new"));
    CHECK_FALSE(fs::exists(f / "three"));
  }
  SECTION("repair of a damaged log exits with 6, prints what it drops, and changes nothing") {
    for (const auto& e : fs::recursive_directory_iterator(f / "log/rows")) {
      if (e.path().extension() != ".sst") continue;
      // The table is shared with the checkpoint: it is damaged as a file of its own.
      auto bytes = file_text(e.path().string());
      bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
      fs::remove(e.path());
      std::ofstream(e.path(), std::ios::binary) << bytes;
    }
    const auto damaged = bytes_of_all(f / "log");
    const auto r = json_of({"log", "repair", f / "log", f / "prefix"}, 6);
    const auto last = r["head"]["seq"].get<std::uint64_t>();
    CHECK(last > 1'000);
    CHECK(last < head["seq"].get<std::uint64_t>());
    CHECK(r["events_dropped"]["first"] == last + 1);
    CHECK(r["events_dropped"]["last"] == head["seq"]);
    CHECK(bytes_of_all(f / "log") == damaged);
    CHECK(verify(f / "prefix")["head"]["seq"] == last);
    const auto text = tomnext_tool({"log", "repair", f / "log", f / "prefix2"});
    CHECK(text.exit_code == 6);
    CHECK(has_text(text.out, "dropped: events " + std::to_string(last + 1) + " to " + std::to_string(head["seq"].get<std::uint64_t>())));
    check_refused({"log", "backup", f / "log", f / "fresh"}, 5, "");
    CHECK_FALSE(fs::exists(f / "fresh"));
    CHECK(tomnext_tool({"log", "verify", f / "checkpoint"}).exit_code == 0);
  }
}

// When the signal comes is up to the machine; what must hold afterwards is not.
TEST_CASE("a backup that is killed or interrupted is whole up to its manifest or none yet, and the next one finishes it") {
  scratch_folder f;
  backtest_into(demo_file(), f / "log");
  const auto binary = std::string(TOMNEXT_BINARY_DIR) + "/tomnext";
  for (const int signal_number : {SIGKILL, SIGINT, SIGTERM})
    for (const auto* appears : {"", "unfinished", "segments", "content", "manifest.json"}) {
      const auto target = f / "backup";
      fs::remove_all(target);
      background_process backup(binary, {"log", "backup", f / "log", target});
      REQUIRE(eventually([&] { return *appears == '\0' || backup.ended() || fs::exists(target + "/" + appears); }));
      backup.send(signal_number);
      const auto p = backup.wait();
      INFO(signal_number << " when there was '" << appears << "': " << p.exit_code << " " << p.err);
      CHECK((p.exit_code == 0 || p.exit_code == 128 + signal_number || p.exit_code == 130));
      const auto found = tomnext_tool({"log", "backup", "--verify-only", target});
      INFO(found.err << found.out);
      if (p.exit_code == 0) CHECK(found.exit_code == 0);
      else CHECK((found.exit_code == 0 || found.exit_code == 4));
      json_of({"log", "backup", f / "log", target});
      CHECK(json_of({"log", "backup", f / "log", target, "--verify-only"})["head"]["seq"] == 169'771);
    }
}
