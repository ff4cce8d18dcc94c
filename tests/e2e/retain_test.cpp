// A node's log, archived while it runs, retained while it stands, and read on as if nothing had been.
#include <algorithm>

#include "persistence/archive.hpp"
#include "persistence/snapshots.hpp"
#include "tests/e2e/live_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

finished_process tool(const std::vector<std::string>& words, int exit_code) {
  auto p = tomnext_tool(words);
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == exit_code);
  return p;
}

json archive(const std::string& log, const std::vector<std::string>& further = {}) {
  std::vector<std::string> words{"log", "archive", log, "--json"};
  words.insert(words.end(), further.begin(), further.end());
  return json::parse(tool(words, 0).out);
}

/// Runs the demo until `events` are durable, calls `meanwhile`, and stops it in order. The number of events then.
template <class F> std::uint64_t run_until(const std::string& log, std::uint64_t events, F&& meanwhile) {
  live_node n(demo_file(), log, {"--port", "0"});
  REQUIRE(eventually([&] { return n.process().ended() || n.durable() > events; }));
  REQUIRE_FALSE(n.process().ended());
  meanwhile(n);
  n.process().send(SIGTERM);
  const auto p = n.process().wait();
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 130);
  return json::parse(p.out)["events"].get<std::uint64_t>();
}

std::uint64_t last_fill(const std::string& log) {
  std::uint64_t seq = 0;
  each_event(log, [&](const event& e) {
    if (seq == 0 && e.is<venue_order_reported>() && e.head.cause != 0) seq = e.head.seq;
  });
  return seq;
}

}  // namespace

TEST_CASE("a node's log is archived while it runs, retained when it has stopped, and everything goes on as if nothing had been") {
  scratch_folder f;
  const auto log = f / "live";
  backtest_into(demo_file(), f / "backtest");
  std::uint64_t archived = 0;
  const auto stopped_at = run_until(log, 50'000, [&](live_node&) {
    const auto r = archive(log, {"--segment-bytes", "200000"});
    archived = r["archived_to"];
    CHECK(r["segments"].get<std::uint64_t>() > 2);
    CHECK(archived > 40'000);
    // A node has the log: what would be taken from it stays.
    const auto held = tool({"log", "retain", log, "--from", "20000"}, 5);
    CHECK(has_text(held.err, "another process"));
  });
  const auto why_before = tool({"why", log, std::to_string(last_fill(log)), "--json"}, 0).out;
  const auto stats_before = json::parse(tool({"log", "stats", log, "--json"}, 0).out);
  const auto cat_before = tool({"log", "cat", log, "--from", "19000", "--to", "21000"}, 0).out;

  // Not all is archived yet, and the refusal says so.
  const auto early = tool({"log", "retain", log, "--from", std::to_string(stopped_at)}, 5);
  CHECK(has_text(early.err, "tomnext log archive"));
  CHECK(archive(log)["archived_to"] == stopped_at);
  CHECK(archive(log)["segments"] == 0);

  // More than a trading day back: there are hosts that hear of nothing but its end, and their snapshots cover no later input.
  const auto from = std::min<std::uint64_t>(archived, stopped_at - 15'000);
  const auto would = json::parse(tool({"log", "retain", log, "--from", std::to_string(from), "--dry-run", "--json"}, 0).out);
  CHECK(would["dry_run"] == true);
  CHECK_FALSE(std::filesystem::exists(log + "/base"));
  const auto done = json::parse(tool({"log", "retain", log, "--from", std::to_string(from), "--json"}, 0).out);
  CHECK(done["base"] == would["base"]);
  CHECK(done["base"].get<std::uint64_t>() <= from);
  CHECK(done["base"].get<std::uint64_t>() + 70'000 > from);
  CHECK(done["hosts"].size() >= 10);
  CHECK(std::filesystem::exists(log + "/base"));

  CHECK(tool({"why", log, std::to_string(last_fill(log)), "--json"}, 0).out == why_before);
  auto stats = json::parse(tool({"log", "stats", log, "--json"}, 0).out);
  CHECK(stats["types"] == stats_before["types"]);
  CHECK(stats["head"] == stats_before["head"]);
  // What an event takes on the disk is told by those whose rows are there: a forecast is made of it.
  const auto rows_held = static_cast<double>(stopped_at - done["base"].get<std::uint64_t>() + 1);
  const auto row_bytes = stats["bytes"]["table"].get<double>() + stats["bytes"]["write_ahead"].get<double>();
  CHECK(std::abs(stats["bytes_per_event"]["disk"].get<double>() * rows_held / row_bytes - 1) < 1e-9);
  CHECK(stats["hosts"] == stats_before["hosts"]);
  CHECK(tool({"log", "cat", log, "--from", "19000", "--to", "21000"}, 0).out == cat_before);
  const auto replayed = json::parse(tool({"replay", log, "--verify", "--json"}, 0).out);
  CHECK(replayed["identical"] == true);
  CHECK(replayed["events"] == stopped_at);
  const auto checked = verify(log);
  CHECK(checked["sealed"] == true);
  CHECK(checked["first_seq"] == 1);
  CHECK(checked["events"] == stopped_at);
  CHECK(checked["segments"].get<std::uint64_t>() > 3);

  // Its segments elsewhere, it says what it needs; named, it has them.
  std::filesystem::rename(log + "/archive", f / "away");
  for (const auto& words : {std::vector<std::string>{"why", log, "17"}, {"replay", log, "--verify"}, {"log", "cat", log, "--from", "1"}}) {
    const auto p = tool(words, 5);
    INFO(p.err);
    CHECK(has_text(p.err, "TOMNEXT_ARCHIVE"));
  }
  // Figures are of what is here, and say so.
  CHECK(json::parse(tool({"log", "stats", log, "--json"}, 0).out)["first_seq"] == done["base"]);
  CHECK(verify(log)["first_seq"] == done["base"]);
  const auto restart = tool({"run", demo_file(), "--log", log}, 5);
  CHECK(has_text(restart.err, "TOMNEXT_ARCHIVE"));
  setenv("TOMNEXT_ARCHIVE", (f / "away").c_str(), 1);
  CHECK(tool({"why", log, std::to_string(last_fill(log)), "--json"}, 0).out == why_before);
  unsetenv("TOMNEXT_ARCHIVE");
  std::filesystem::rename(f / "away", log + "/archive");

  // The node goes on from its snapshots, and ends as the run that was never interrupted.
  CHECK(run_to_end(demo_file(), log)["final_balance"] == "962062.51");
  check_identical(f / "backtest", log, 165'000);
  CHECK(json::parse(tool({"replay", log, "--verify", "--json"}, 0).out)["identical"] == true);
  verify(log);
}

TEST_CASE("a host without a later snapshot keeps its events") {
  scratch_folder f;
  const auto log = f / "live";
  const auto stopped_at = run_until(log, 20'000, [](live_node&) {});
  archive(log);
  const auto from = std::to_string(stopped_at - 2'000);
  std::size_t removed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(log + "/snapshots"))
    if (has_text(entry.path().filename().string(), "strategy_execution%2Fcross")) removed += std::filesystem::remove(entry.path()) ? 1 : 0;
  REQUIRE(removed > 0);
  const auto p = tool({"log", "retain", log, "--from", from}, 5);
  CHECK(has_text(p.err, "'strategy_execution/cross' (it has no valid one)"));
  CHECK(has_text(p.err, "nothing was changed"));
  CHECK_FALSE(std::filesystem::exists(log + "/base"));
  tool({"log", "retain", log, "--from", from, "--without-snapshot", "strategy_execution/nobody"}, 2);
  // The next ordered stop gives it one.
  const auto later = run_until(log, stopped_at + 2'000, [](live_node&) {});
  REQUIRE(later > stopped_at);
  tool({"log", "retain", log, "--from", from}, 0);
  verify(log);
}

TEST_CASE("archive and retain refuse what makes no sense, with the place") {
  scratch_folder f;
  CHECK(has_text(tool({"log", "archive", f / "none"}, 4).err, "there is no log here"));
  CHECK(has_text(tool({"log", "retain", f / "none", "--from", "2"}, 4).err, "there is no log here"));
  tool({"log", "retain", f / "none"}, 2);
  tool({"log", "archive", f / "none", "--to", "5", "--to-time", "2012-02-01"}, 2);
  tool({"log", "archive", f / "none", "--segment-bytes", "7"}, 2);
  CHECK(has_text(tool({"log", "archive", f / "none", "--to-time", "yesterday"}, 2).err, "--to-time"));
}
