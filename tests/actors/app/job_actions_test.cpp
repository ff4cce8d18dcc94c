// What jobs do: hosts' snapshots in virtual time, and a backup and a scrub of a real log on a thread of the pool.
#include "actors/app/job_actions.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "actors/app/node_tree.hpp"
#include "actors/runtime/worker_pool.hpp"
#include "config/jobs.hpp"
#include "persistence/backup.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/domain/calendar/random_zone.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

config::job_setting setting_of(const std::string& action, const std::string& target = "") {
  auto c = calendar::cron::parse("0 17 * * *");
  if (!c) FAIL(c.error().message);
  calendar::job_settings s{"nightly", calendar::schedule(*c, std::make_shared<const calendar::zone>(calendar::zone::utc()))};
  s.action = action;
  return {s, target, 0};
}

/// Takes what it is told, and answers nobody.
struct mute_host_state {
  host_protocol::pointer self;
  std::vector<promise_guard<std::string>> held = {};
  explicit mute_host_state(host_protocol::pointer self_) : self(self_) {}
  host_protocol::behavior_type behavior() {
    return {[](deliver_atom, const group_ref&) {}, [](tick_atom) {},
            [this](query_atom, const call_ref&, const std::string&, const std::string&) -> answer<std::string> {
              auto promise = promise_answer<std::string>(self);
              held.emplace_back(promise);
              return promise;
            }};
  }
};

/// What came of a run.
struct outcome {
  std::optional<result<void>> told;
  int calls = 0;
  [[nodiscard]] std::string error() const { return told && !*told ? told->error().message : std::string(); }
};
std::shared_ptr<outcome> run(const app::action_parts& parts, const config::job_setting& s) {
  auto box = std::make_shared<outcome>();
  const auto jobs = app::job_definitions({s}, parts);
  jobs.front().act({s.when.name, 7, {}, false}, [box](const result<void>& r) {
    box->told = r;
    ++box->calls;
  });
  return box;
}

/// A small node under the names of a whole one.
struct scene {
  market_folder folder{"job-actions"};
  std::shared_ptr<persistence::memory_log> log = std::make_shared<persistence::memory_log>();
  std::shared_ptr<persistence::snapshot_store> store = std::make_shared<persistence::snapshot_store>(folder.file(""), 2);
  stage s;
  std::optional<small_node> n;
  std::vector<test_host> hosts = small_test_hosts();
  app::action_parts parts;
  std::shared_ptr<work_board> board = std::make_shared<work_board>();

  explicit scene(small_node_options o = {}) {
    o.snapshots = store;
    n.emplace(s, log, hosts, o);
    parts.system = &s.system;
    parts.directory = std::make_shared<directory>();
    parts.log = log;
    for (const auto& h : hosts) {
      parts.hosts.push_back(h.definition.name);
      parts.directory->put(h.definition.name, n->where->find(h.definition.name));
    }
    parts.directory->put(app::name_of::journal, n->where->find("journal"));
    parts.directory->put(app::name_of::feed, n->where->find("feed"));
    worker_pool_settings w;
    w.name = app::name_of::work;
    w.workers = 1;
    w.board = board;
    w.figures = s.figures;
    parts.directory->put(app::name_of::work, pointer_of(spawn_actor<pool_protocol, worker_pool_state>(s.system, s.figures, {w.name, "pool", ""}, w)));
    s.settle();
  }
  ~scene() {
    exit_now(parts.directory->find(app::name_of::work), exit_reason::kill);
    s.settle();
    parts.directory->clear();
  }
  std::size_t marks() const {
    std::size_t count = 0;
    for (const auto& e : n->only<host_progressed>()) count += e.as<host_progressed>().snapshot ? 1 : 0;
    return count;
  }
};

}  // namespace

TEST_CASE("job actions: the configuration takes those that there are, and no others") {
  REQUIRE(app::job_actions().size() == config::job_action_names.size());
  for (std::size_t i = 0; i < app::job_actions().size(); ++i) CHECK(app::job_actions()[i].name == config::job_action_names[i]);
  scene x;
  CHECK(run(x.parts, setting_of("make_tea"))->error() == "'make_tea' is no action of this build");
}

TEST_CASE("job actions: snapshot_hosts ends when each host that had inputs has a snapshot that is kept, and quiet hosts have none more") {
  scene x({.hold_writes = true});
  sim::random_source random(3);
  auto offered = x.n->offer(inputs_of(some_quotes(random, 20)));
  for (int i = 0; i < 200; ++i) {
    x.n->release(x.n->held->held.size());
    x.s.pass(1ms);
  }
  REQUIRE(offered->done());
  REQUIRE(x.marks() == 0);
  const auto first = run(x.parts, setting_of("snapshot_hosts"));
  x.s.pass(20ms);
  CHECK_FALSE(first->told);  // the hosts have said so, and it is not durable
  for (int i = 0; i < 20; ++i) {
    x.n->release(x.n->held->held.size());
    x.s.pass(1ms);
  }
  REQUIRE(first->told);
  CHECK(first->error().empty());
  CHECK(x.marks() >= 1);
  std::size_t kept = 0;
  for (const auto& h : x.hosts) {
    auto found = x.store->newest({h.definition.name, h.definition.version, h.definition.state_version, 0}, *x.log);
    REQUIRE(found);
    kept += found->has_value() ? 1 : 0;
  }
  CHECK(kept == x.marks());
  const auto marks = x.marks();
  const auto second = run(x.parts, setting_of("snapshot_hosts"));
  x.s.pass(20ms);
  REQUIRE(second->told);
  CHECK(second->error().empty());
  CHECK(x.marks() == marks);
}

TEST_CASE("job actions: a host that is not there, or does not answer within the job's time, is named") {
  scene x;
  x.parts.hosts.push_back("risk_management/library");
  const auto absent = run(x.parts, setting_of("snapshot_hosts"));
  x.s.pass(20ms);
  CHECK(absent->error() == "no snapshot of all hosts: risk_management/library has not started yet");
  x.parts.hosts.pop_back();
  auto s = setting_of("snapshot_hosts");
  s.when.deadline_ns = second_ns;
  const auto silent = spawn_actor<host_protocol, mute_host_state>(x.s.system, x.s.figures, {"silent", "host", ""});
  x.parts.directory->put("silent", pointer_of(silent));
  x.parts.hosts.push_back("silent");
  const auto late = run(x.parts, s);
  x.s.pass(1'100ms);
  REQUIRE(late->told);
  CHECK(late->calls == 1);
  CHECK(late->error() == "no snapshot of all hosts: silent: no answer within the deadline");
  exit_now(pointer_of(silent), exit_reason::kill);
}

TEST_CASE("job actions: with a log in memory there is nothing to back up or to scrub, and the run says so") {
  scene x;
  for (const char* action : {"log_backup", "log_scrub"}) {
    const auto told = run(x.parts, setting_of(action, "nowhere"));
    CHECK(told->error() == std::string(action) + ": the log is in memory, and nothing of it lies on a disk");
  }
}

TEST_CASE("job actions: log_backup adds what is new beside the writer, log_scrub reads all of it, and both are told in the pool") {
  scene x;
  persistence::rocksdb_options how;
  how.when = persistence::durability::os;
  how.ballast_bytes = 0;
  auto opened = persistence::open_log(x.folder.file("log"), how);
  if (!opened) FAIL(opened.error().message);
  const std::shared_ptr<persistence::event_log> log = std::move(*opened);
  const auto append = [&](std::uint64_t first) {
    auto g = std::make_shared<persistence::group>();
    g->epoch = log->head().epoch;
    header h;
    h.seq = h.correlation = first;
    h.at = timestamp{static_cast<std::int64_t>(first)};
    h.host = replay::market_ingress;
    g->events.push_back(event(h, quote_accepted{}));
    const persistence::group_ref one = std::move(g);
    auto done = log->append({&one, 1});
    if (!done) FAIL(done.error().message);
  };
  for (std::uint64_t i = 1; i <= 5; ++i) append(i);
  x.parts.log = log;
  x.parts.log_directory = x.folder.file("log");
  const auto target = x.folder.file("backup");
  const auto verified_to = [&]() -> std::uint64_t {
    auto report = persistence::verify_backup(target, [](std::uint64_t) { return true; });
    if (!report) FAIL(report.error().message);
    return report->head.seq;
  };
  const auto first = run(x.parts, setting_of("log_backup", target));
  x.s.settle();
  REQUIRE(first->told);
  CHECK(first->error().empty());
  CHECK(verified_to() == 5);
  append(6);
  const auto second = run(x.parts, setting_of("log_backup", target));
  x.s.settle();
  CHECK(second->error().empty());
  CHECK(verified_to() == 6);
  const auto within = run(x.parts, setting_of("log_backup", x.folder.file("log/backup")));
  x.s.settle();
  REQUIRE(within->told);
  CHECK_FALSE(within->error().empty());

  const auto scrub = run(x.parts, setting_of("log_scrub"));
  x.s.settle();
  REQUIRE(scrub->told);
  CHECK(scrub->error().empty());
  const auto board = x.board->as_json(x.s.system.clock().now());
  CHECK(board["done"] == 3);
  CHECK(board["failed"] == 1);
  CHECK(board["jobs"][0]["name"] == "nightly, run 7");
  CHECK(board["jobs"][0]["owner"] == "calendar");
  CHECK(board["jobs"][0]["progress"]["total"] == 6);
}
