// Jobs over HTTP: how they stand, and commands that are in the log before anything is done about them.
#include "actors/app/job_routes.hpp"

#include <nlohmann/json.hpp>

#include "actors/app/node_routes.hpp"
#include "actors/app/node_tree.hpp"
#include "actors/runtime/job_command.hpp"
#include "actors/runtime/job_events.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/domain/calendar/random_zone.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::calendar;
using nlohmann::json;

namespace {

/// A small node with two hourly jobs whose runs end when a test says so, and its endpoint.
struct life {
  stage s;
  std::shared_ptr<simulated_wall> wall = std::make_shared<simulated_wall>(*parse_timestamp("2024-03-08T12:00:00Z"));
  app::log_boards boards{std::make_shared<scrub_board>(0), std::make_shared<disk_board>(0, false), nullptr, std::make_shared<job_board>()};
  std::shared_ptr<directory> where = std::make_shared<directory>();
  std::vector<std::string> calls;
  std::vector<std::function<void(result<void>)>> open;
  std::optional<small_node> n;
  api::http_handler handler;

  explicit life(const std::shared_ptr<persistence::memory_log>& log, small_node_options o = {}) {
    n.emplace(s, log, small_test_hosts(), o);
    calendar_scheduler_settings settings;
    settings.clock = wall_clock::simulated(wall);
    settings.board = boards.jobs;
    settings.history = std::make_shared<job_history>();
    for (const auto& e : n->events()) settings.history->apply(e);
    settings.log = jobs_in_log([this] { return n->time(); }, [this] { return n->journal(); }, [this] { return n->feed(); });
    for (const char* name : {"backup", "scrub"}) {
      job_settings j{name, schedule(*cron::parse("0 * * * *"), std::make_shared<const zone>(new_york_2024()))};
      j.deadline_ns = hour_ns;
      j.action = "test";
      settings.jobs.push_back({j, [this](const job_run& r, std::function<void(result<void>)> done) {
                                 calls.push_back(r.job + " " + std::to_string(r.number));
                                 open.push_back(std::move(done));
                               }});
    }
    where->put(app::name_of::calendar, pointer_of(spawn_actor<calendar_protocol, calendar_scheduler_state>(
                                           s.system, s.figures, {app::name_of::calendar, "scheduler", "node"}, settings)));
    where->put(app::name_of::time, n->where->find("time"));
    where->put(app::name_of::journal, n->where->find("journal"));
    handler = app::routes_of(s.system, {where, s.figures, boards, {"risk_management"}});
    s.settle();
  }
  ~life() {
    open.clear();
    exit_now(where->find(app::name_of::calendar), exit_reason::kill);
    s.settle();
    where->clear();
  }
  life(const life&) = delete;
  life& operator=(const life&) = delete;

  std::shared_ptr<std::optional<api::http_response>> begin(const std::string& method, const std::string& path, const std::string& body = "") {
    auto box = std::make_shared<std::optional<api::http_response>>();
    handler({method, path, "", body, "http-42"}, [box](api::http_response r) { *box = std::move(r); });
    s.settle();
    return box;
  }
  /// Its answer, which comes within two seconds.
  api::http_response ask(const std::string& method, const std::string& path, const std::string& body = "") {
    const auto box = begin(method, path, body);
    for (int i = 0; i < 2'000 && !*box; ++i) s.pass(1ms);
    if (!*box) FAIL(method << " " << path << ": no answer");
    return **box;
  }
  json good(const std::string& method, const std::string& path, const std::string& body = "") {
    const auto r = ask(method, path, body);
    INFO(path << ": " << r.body);
    REQUIRE(r.status == 200);
    return json::parse(r.body);
  }
  unsigned status(const std::string& method, const std::string& path, const std::string& body = "") { return ask(method, path, body).status; }
};

std::string by_ann(const std::string& key = "") {
  json j{{"who", "ann"}, {"why", "news"}};
  if (!key.empty()) j["idempotency_key"] = key;
  return j.dump();
}
std::shared_ptr<persistence::memory_log> no_events() { return std::make_shared<persistence::memory_log>(); }

}  // namespace

TEST_CASE("job routes: jobs are listed with their next run by both clocks, one by one, and in the metrics") {
  life l(no_events());
  const auto all = l.good("GET", "/api/v1/jobs");
  REQUIRE(all["jobs"].size() == 2);
  CHECK(all["failing"] == "");
  const auto one = l.good("GET", "/api/v1/jobs/backup");
  CHECK(one["name"] == "backup");
  CHECK(one["action"] == "test");
  CHECK(one["next"] == "2024-03-08T13:00:00Z");
  CHECK(one["next_local"] == "2024-03-08 08:00:00");
  CHECK(one["time_zone"] == "America/New_York");
  CHECK(one["state"] == "idle");
  CHECK(l.good("GET", "/api/v1/jobs/").contains("jobs"));
  CHECK(has_text(l.ask("GET", "/metrics").body, "tomnext_job_next_seconds{job=\"backup\"} 1709902800"));
}

TEST_CASE("job routes: what is not there, and what cannot be asked, is said") {
  life l(no_events());
  CHECK(l.status("GET", "/api/v1/jobs/weekly") == 404);
  CHECK(has_text(l.ask("POST", "/api/v1/jobs/weekly/run", by_ann()).body, "there is no job 'weekly'; see /api/v1/jobs"));
  CHECK(l.status("POST", "/api/v1/jobs/weekly/run", by_ann()) == 404);
  CHECK(l.status("POST", "/api/v1/jobs/backup/stop", by_ann()) == 404);
  CHECK(l.status("POST", "/api/v1/jobs/backup/run/now", by_ann()) == 404);
  CHECK(l.status("POST", "/api/v1/jobs", by_ann()) == 405);
  CHECK(l.status("POST", "/api/v1/jobs/backup", by_ann()) == 405);
  CHECK(l.status("GET", "/api/v1/jobs/backup/run") == 405);
  CHECK(l.status("GET", "/api/v1/jobsworth") == 404);
  for (const auto& [body, why] : {std::pair{"", "a command to a job is a JSON object"},
                                  {"[]", "a command to a job is a JSON object"},
                                  {R"({"why":"x"})", "who is missing"},
                                  {R"({"who":""})", "who is missing"},
                                  {R"({"who":7})", "who must be a text"},
                                  {R"({"who":"a","who":"b"})", "the key 'who' stands twice"},
                                  {R"({"who":"a","target":1})", "unknown key 'target'; allowed: who, why, idempotency_key, expected_version"},
                                  {R"({"who":"a\u0007"})", "who holds a control character"},
                                  {R"({"who":"a","expected_version":-1})", "expected_version must be a number"}}) {
    const auto r = l.ask("POST", "/api/v1/jobs/backup/pause", body);
    INFO(body << ": " << r.body);
    CHECK(r.status == 400);
    CHECK(has_text(r.body, why));
  }
  CHECK(has_text(l.ask("POST", "/api/v1/jobs/backup/pause", json{{"who", std::string(64, 'x')}}.dump()).body, "who is longer than 63 bytes"));
  CHECK(l.n->only<operator_commanded>().empty());
  CHECK(l.calls.empty());
}

TEST_CASE("job routes: a command is in the log with who and why before it is carried out, and what it led to names it as its cause") {
  life l(no_events(), {.hold_writes = true});
  const auto release = [&] {
    l.n->release(l.n->held->held.size());
    l.s.pass(1ms);
  };
  release();
  const auto answer = l.begin("POST", "/api/v1/jobs/backup/run", by_ann("k1"));
  l.s.pass(100ms);
  CHECK_FALSE(answer->has_value());
  CHECK(l.boards.jobs->as_json("backup")["state"] == "idle");  // nothing is begun for a command that may be lost
  for (int i = 0; i < 5; ++i) release();
  REQUIRE(answer->has_value());
  CHECK((*answer)->status == 200);
  CHECK(l.calls == lines{"backup 1"});
  const auto commands = l.n->only<operator_commanded>();
  REQUIRE(commands.size() == 1);
  const auto& c = commands[0].as<operator_commanded>();
  CHECK(c.command == operator_command::run_job);
  CHECK(c.target == job_target("backup"));
  CHECK(c.who == text("ann"));
  CHECK(c.why == text("news"));
  const auto told = json::parse((*answer)->body);
  CHECK(told["seq"] == commands[0].head.seq);
  CHECK(told["status"] == json{{"job", "backup"}, {"run", 1}, {"state", "running"}});
  const auto began = l.n->only<job_run_started>();
  REQUIRE(began.size() == 1);
  CHECK(began[0].head.cause == commands[0].head.seq);
  CHECK(began[0].head.correlation == commands[0].head.correlation);
}

TEST_CASE("job routes: the same key is the same command, in the next life of the node too; another that makes no sense is a conflict") {
  const auto log = no_events();
  std::uint64_t seq = 0, run_seq = 0;
  {
    life l(log);
    const auto paused = l.good("POST", "/api/v1/jobs/backup/pause", by_ann("p1"));
    seq = paused["seq"].get<std::uint64_t>();
    CHECK(paused["status"]["state"] == "paused");
    CHECK(l.good("POST", "/api/v1/jobs/backup/pause", by_ann("p1"))["seq"] == seq);
    const auto again = l.ask("POST", "/api/v1/jobs/backup/pause", by_ann("p2"));
    CHECK(again.status == 409);
    CHECK(has_text(again.body, "job 'backup' is paused already"));
    // The key is that of another command: for another job, or for another purpose.
    CHECK(l.status("POST", "/api/v1/jobs/scrub/pause", by_ann("p1")) == 400);
    CHECK(l.status("POST", "/api/v1/jobs/backup/resume", by_ann("p1")) == 400);
    const auto run = l.good("POST", "/api/v1/jobs/backup/run", by_ann("r1"));
    run_seq = run["seq"].get<std::uint64_t>();
    CHECK(run["status"]["run"] == 1);
    CHECK(l.good("POST", "/api/v1/jobs/backup/run", by_ann("r1")) == run);
    CHECK(l.status("POST", "/api/v1/jobs/backup/run", by_ann("r2")) == 409);
    CHECK(l.status("POST", "/api/v1/jobs/scrub/resume", by_ann()) == 409);
    CHECK(l.status("POST", "/api/v1/jobs/scrub/run", json{{"who", "ann"}, {"expected_version", 1}}.dump()) == 409);
    CHECK(l.calls == lines{"backup 1"});
    CHECK(l.n->only<job_paused>().size() == 1);
  }
  life l(log);
  CHECK(l.good("GET", "/api/v1/jobs/backup")["paused"] == true);
  CHECK(l.good("GET", "/api/v1/jobs/backup")["runs"]["lost"] == 1);
  CHECK(l.good("POST", "/api/v1/jobs/backup/pause", by_ann("p1"))["seq"] == seq);
  const auto run = l.good("POST", "/api/v1/jobs/backup/run", by_ann("r1"));
  CHECK(run["seq"] == run_seq);
  CHECK(run["status"] == json{{"job", "backup"}, {"run", 1}, {"state", "ended"}});
  CHECK(l.calls.empty());
  CHECK(l.n->only<job_paused>().size() == 1);
  CHECK(l.n->only<job_run_started>().size() == 1);
  CHECK(l.good("POST", "/api/v1/jobs/backup/resume", by_ann("p3"))["status"]["state"] == "idle");
}

TEST_CASE("job routes: jobs have targets of their own") { CHECK(job_target("backup") != job_target("scrub")); }
