// Jobs of a running node: they run by the clock, are paused and run by operators, and know after kill -9 what they knew before.
#include <set>

#include "tests/e2e/live_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

json job_of(live_node& n, const std::string& name) { return n.ask("/api/v1/jobs/" + name); }
std::uint64_t succeeded(live_node& n, const std::string& name) {
  const auto j = job_of(n, name);
  return j.is_object() ? j["runs"]["succeeded"].get<std::uint64_t>() : 0;
}

/// `tomnext jobs …` against the node; its JSON.
json jobs_tool(live_node& n, std::vector<std::string> words) {
  words.insert(words.begin(), "jobs");
  words.insert(words.end(), {"--node", n.url(), "--json"});
  const auto p = tomnext_tool(words);
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  return json::parse(p.out);
}
finished_process refused_tool(live_node& n, std::vector<std::string> words) {
  words.insert(words.begin(), "jobs");
  words.insert(words.end(), {"--node", n.url()});
  return tomnext_tool(words);
}

}  // namespace

TEST_CASE("jobs run by the second, are paused and run by hand, and a node that was killed remembers all of it and what it has missed") {
  scratch_folder f;
  const auto log = f / "log", backup = f / "backup";
  const auto jobs =
      "node.jobs=[{name: often, schedule: '* * * * * *', grace_s: 1, missed: run_once, action: snapshot_hosts},"
      " {name: paused, schedule: '* * * * * *', grace_s: 1, action: snapshot_hosts},"
      " {name: backup, schedule: '0 3 1 1 *', zone: Europe/London, action: log_backup, target: '" +
      backup + "'}]";
  const std::vector<std::string> how{"--port", "0", "--stay", "--set", jobs};
  json paused, run;
  std::uint64_t last_number = 0, decided = 0;
  {
    live_node n(demo_file(), log, how);
    REQUIRE(eventually([&] { return succeeded(n, "often") >= 2 && succeeded(n, "paused") >= 1; }));
    const auto listed = jobs_tool(n, {"list"});
    CHECK(listed["jobs"].size() == 3);
    const auto shown = jobs_tool(n, {"show", "backup"});
    CHECK(shown["next"].get<std::string>().ends_with("-01-01T03:00:00Z"));  // London keeps UTC in winter
    CHECK(shown["next_local"].get<std::string>().ends_with("-01-01 03:00:00"));
    CHECK(has_text(refused_tool(n, {"list"}).out, "Europe/London"));

    paused = jobs_tool(n, {"pause", "paused", "--who", "ann", "--why", "test", "--key", "p1"});
    CHECK(paused["status"]["state"].is_string());
    CHECK(paused["status"]["paused"] == true);
    run = jobs_tool(n, {"run", "backup", "--who", "ann", "--key", "r1"});
    CHECK(run["status"]["run"] == 1);
    REQUIRE(eventually([&] { return succeeded(n, "backup") == 1; }));

    const auto unknown = refused_tool(n, {"run", "library", "--who", "ann"});
    CHECK(unknown.exit_code == 2);
    CHECK(has_text(unknown.err, "there is no job 'library'"));
    const auto again = refused_tool(n, {"pause", "paused", "--who", "ann"});
    CHECK(again.exit_code == 8);
    CHECK(has_text(again.err, "answers 409: job 'paused' is paused already"));
    CHECK(refused_tool(n, {"pause", "paused"}).exit_code == 2);  // whose command is it?
    CHECK(has_text(n.get("/metrics")->body, "tomnext_job_runs_total{job=\"backup\",outcome=\"succeeded\"} 1"));

    REQUIRE(eventually([&] { return job_of(n, "paused")["state"] == "paused"; }));  // a run that went on has ended
    last_number = job_of(n, "paused")["history"][0]["run"].get<std::uint64_t>();
    decided = job_of(n, "often")["history"][0]["run"].get<std::uint64_t>();
    n.process().send(SIGKILL);
    CHECK(n.process().wait().exit_code == 128 + SIGKILL);
  }
  CHECK(tomnext_tool({"log", "backup", "--verify-only", backup}).exit_code == 0);
  // The node is down for three scheduled times and more.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(4'500);
  REQUIRE(eventually([&] { return std::chrono::steady_clock::now() > until; }));
  {
    live_node n(demo_file(), log, how);
    REQUIRE(eventually([&] {
      const auto j = job_of(n, "often");
      return j.is_object() && !j["history"].empty() && j["history"][0]["run"].get<std::uint64_t>() > decided;
    }));
    const auto often = job_of(n, "often");
    INFO(often.dump());
    CHECK(often["skipped"]["missed"].get<std::uint64_t>() >= 2);
    const auto still = job_of(n, "paused");
    CHECK(still["paused"] == true);
    CHECK(still["next"].is_null());
    CHECK(still["history"][0]["run"] == last_number);
    // What was commanded before the crash is answered as it was then, and done once.
    CHECK(jobs_tool(n, {"pause", "paused", "--who", "ann", "--why", "test", "--key", "p1"})["seq"] == paused["seq"]);
    const auto repeated = jobs_tool(n, {"run", "backup", "--who", "ann", "--key", "r1"});
    CHECK(repeated["seq"] == run["seq"]);
    CHECK(repeated["status"]["run"] == 1);
    CHECK(repeated["status"]["state"] == "ended");
    CHECK(jobs_tool(n, {"resume", "paused", "--who", "ann"})["status"]["skipped"]["paused"].get<std::uint64_t>() >= 3);
    REQUIRE(eventually([&] { return job_of(n, "paused")["history"][0]["run"].get<std::uint64_t>() > last_number; }));
    n.process().send(SIGTERM);
    CHECK(n.process().wait().exit_code == 130);
  }
  CHECK(verify(log)["valid"] == true);
  std::set<std::pair<std::string, timestamp>> scheduled;
  std::map<std::uint64_t, std::string> operators;
  std::size_t backups = 0;
  each_event(log, [&](const event& e) {
    if (const auto* c = e.get_if<operator_commanded>()) operators[e.head.seq] = c->who.view();
    const auto* b = e.get_if<job_run_started>();
    if (b == nullptr) return;
    INFO(b->job.view() << " " << to_string(b->scheduled));
    if (!b->by_hand) CHECK(scheduled.insert({std::string(b->job.view()), b->scheduled}).second);
    if (b->by_hand) CHECK(operators.at(e.head.cause) == "ann");
    backups += b->job == text("backup") ? 1 : 0;
  });
  CHECK(backups == 1);
  CHECK(scheduled.size() > 4);
}

TEST_CASE("a job that cannot be is refused before the node starts, with its place") {
  scratch_folder f;
  const auto refused = [&](const std::string& job) {
    const auto p = tomnext_tool({"run", demo_file(), "--log", f / "log", "--set", "node.jobs=[{" + job + "}]"});
    CHECK(p.exit_code == 3);
    return p.err;
  };
  CHECK(has_text(refused("name: n, schedule: '0 17 * * *', action: make_tea"),
                 "node.jobs[0].action: 'make_tea' is none of: snapshot_hosts, log_backup, log_scrub"));
  CHECK(has_text(refused("name: n, schedule: '0 17 * *', action: log_scrub"), "node.jobs[0].schedule"));
  CHECK(has_text(refused("name: n, schedule: '0 17 * * *', zone: Mars/Olympus, action: log_scrub"), "node.jobs[0].zone: 'Mars/Olympus' is no time zone"));
  CHECK_FALSE(std::filesystem::exists(f / "log"));
}
