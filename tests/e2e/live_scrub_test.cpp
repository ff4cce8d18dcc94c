// A running node reads its own log again: a byte that has changed on the disk is told over HTTP, and the node trades on.
#include "tests/e2e/live_node.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

std::string first_table(const std::string& directory) {
  for (const auto& file : tests::files_below(directory))
    if (file.ends_with(".sst")) return directory + "/" + file;
  FAIL("no table");
  return {};
}

json scrub_of(live_node& n) {
  const auto log = n.ask("/api/v1/log");
  return log.is_object() ? log["scrub"] : json();
}

bool halts(live_node& n, const std::string& word, const std::string& key) {
  const auto answer = n.post("/api/v1/risk_management/commands", json{{"command", word}, {"who", "ann"}, {"why", "test"}, {"idempotency_key", key}}.dump());
  return answer && answer->status == 200;
}

}  // namespace

TEST_CASE("a byte that flips in a table of a running node's log is shown over HTTP, told once, and the node trades on") {
  scratch_folder f;
  const auto log = f / "log";
  {  // a first life, so that there are tables
    live_node n(demo_file(), log, {"--port", "0", "--stay"});
    REQUIRE(eventually([&] { return n.durable() > 5'000; }));
    n.process().send(SIGTERM);
    CHECK(n.process().wait().exit_code == 130);
  }
  live_node n(demo_file(), log, {"--port", "0", "--stay", "--test-hooks", "--set", "node.storage.scrub_bytes_per_s=50000000"});
  REQUIRE(eventually([&] { return scrub_of(n).is_object() && scrub_of(n)["passes"].get<std::uint64_t>() >= 1; }));
  CHECK(scrub_of(n)["damaged"] == 0);
  CHECK(scrub_of(n)["bytes_per_s"] == 50'000'000);
  const auto table = first_table(log);
  flip_bit(table, std::filesystem::file_size(table) - 300, 2);
  // A new life of the scrubber does not wait for the minute to be over.
  REQUIRE(n.post("/api/v1/actors/kill?name=journal/scrubber", "")->status == 200);
  REQUIRE(eventually([&] { return scrub_of(n)["damaged"].get<std::uint64_t>() == 1; }));
  const auto damage = scrub_of(n)["damage"][0];
  INFO(damage.dump());
  CHECK(damage["file"] == table);
  CHECK(damage["offset"].is_number_unsigned());
  CHECK(has_text(damage["what"].get<std::string>(), "restore the log from a backup"));
  const auto metrics = n.get("/metrics");
  REQUIRE(metrics);
  CHECK(has_text(metrics->body, "\ntomnext_scrub_damaged 1\n"));
  CHECK(has_text(metrics->body, "# TYPE tomnext_scrub_passes_total counter\n"));
  // However often it fails, that ends nobody else: the node itself gives up at the sixth failure within ten seconds.
  // A life that has just begun may not be found by its name yet, so each look kills again.
  REQUIRE(eventually([&] {
    (void)n.post("/api/v1/actors/kill?name=journal/scrubber", "");
    return n.actor("journal/scrubber")["restarts"].get<std::uint64_t>() >= 8;
  }));
  REQUIRE(eventually([&] { return n.actor("journal/scrubber")["state"] == "running"; }));
  // Commands are taken and durable, and the market goes on to its end.
  CHECK(halts(n, "halt", "k1"));
  CHECK(halts(n, "resume", "k2"));
  CHECK(eventually([&] { return n.actor("data_pipeline/ingress")["state"] == "stopped"; }));
  // The last of those kills may have come after a life was seen running: it too is followed by another.
  CHECK(eventually([&] { return n.actor("journal/scrubber")["state"] == "running"; }));
  n.process().send(SIGTERM);
  const auto p = n.process().wait();
  CHECK(p.exit_code == 130);
  const auto first = p.err.find("the log is damaged: ");
  REQUIRE(first != std::string::npos);
  CHECK(p.err.find("the log is damaged: ", first + 1) == std::string::npos);
  CHECK_FALSE(has_text(p.err, "not everything stopped in order"));
  CHECK(std::filesystem::exists(log + "/scrub"));
}

TEST_CASE("a node that is told not to scrub does not") {
  scratch_folder f;
  live_node n(demo_file(), f / "log", {"--port", "0", "--stay", "--set", "node.storage.scrub_bytes_per_s=0"});
  REQUIRE(eventually([&] { return n.durable() > 100; }));
  CHECK(scrub_of(n)["bytes_per_s"] == 0);
  CHECK(n.actor("journal/scrubber").is_null());
  CHECK_FALSE(has_text(n.get("/metrics")->body, "tomnext_scrub_"));
  n.process().send(SIGTERM);
  CHECK(n.process().wait().exit_code == 130);
  CHECK_FALSE(std::filesystem::exists(f / "log/scrub"));
}
