// Jobs and the log: a scheduler beside a journal, its events, and the next life that folds them.
#include "actors/runtime/job_events.hpp"

#include <nlohmann/json.hpp>

#include "tests/actors/small_node.hpp"
#include "tests/domain/calendar/random_zone.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::calendar;

namespace {

/// One life of a node with an hourly job whose runs end when a test says so.
struct life {
  stage s;
  std::shared_ptr<simulated_wall> wall;
  std::shared_ptr<job_board> board = std::make_shared<job_board>();
  std::vector<std::string> calls;
  std::vector<std::function<void(result<void>)>> open;
  std::optional<small_node> n;
  calendar_scheduler_settings settings;
  calendar_protocol who;

  life(const std::string& begin, const std::shared_ptr<persistence::memory_log>& log, small_node_options options = {})
      : wall(std::make_shared<simulated_wall>(*parse_timestamp(begin + ":00Z"))) {
    n.emplace(s, log, small_test_hosts(), options);
    settings.clock = wall_clock::simulated(wall);
    settings.board = board;
    settings.history = std::make_shared<job_history>();
    for (const auto& e : n->events()) settings.history->apply(e);
    settings.log = jobs_in_log([this] { return n->time(); }, [this] { return n->journal(); }, [this] { return n->feed(); });
    job_settings hourly{"hourly", schedule(*cron::parse("0 * * * *"), std::make_shared<const zone>(new_york_2024()))};
    hourly.deadline_ns = hour_ns;
    settings.jobs.push_back({hourly, [this](const job_run& r, std::function<void(result<void>)> done) {
                               calls.push_back(to_string(r.scheduled).substr(11, 5));
                               open.push_back(std::move(done));
                             }});
    begin_scheduler();
  }
  ~life() {
    open.clear();
    exit_now(pointer_of(who), exit_reason::kill);
    s.settle();
  }
  void begin_scheduler() {
    who = spawn_actor<calendar_protocol, calendar_scheduler_state>(s.system, s.figures, {"runtime/calendar", "scheduler", "node"}, settings);
    s.settle();
  }
  /// Whatever is under way at this moment.
  void kill_scheduler() {
    exit_now(pointer_of(who), exit_reason::kill);
    s.settle();
    begin_scheduler();
  }
  /// The disk takes what waits for it, and what comes then.
  void let_write() {
    for (int i = 0; i < 40; ++i) {
      n->release(n->held->held.size());
      pass(1s);
    }
  }
  life(const life&) = delete;
  life& operator=(const life&) = delete;
  void pass(std::chrono::seconds time) {
    for (auto t = 0s; t < time; t += 1s) {
      s.scheduler.advance_time(1s);
      s.settle();
    }
  }
  void end(const result<void>& r = {}) {
    open.back()(r);
    open.pop_back();
    s.settle();
  }
};

}  // namespace

TEST_CASE("job events: each change of a job is an event, and comes back as it was") {
  const timestamp t = start_of(date_of({2024, 5, 1}));
  const std::vector<job_change> all{schedule_given{"backup", "0 17 * * MON-FRI", "America/New_York", t},
                                    run_began{{"backup", 7, t, true}, t + 1, 41},
                                    run_ended{"backup", 7, t + 2, job_outcome::timed_out, "no answer within 600 s"},
                                    skipped_runs{"backup", t + 3, 12, skip_reason::overlapped},
                                    pause_began{"backup", t + 4, "ann", "news", 42},
                                    pause_ended{"backup", t + 5, "bob", "", 43}};
  for (const auto& c : all) {
    const auto e = event_of(c);
    CHECK(e.head.host == replay::supervision_ingress);
    CHECK(is_runtime_event(e.head.type));
    CHECK(change_of(e) == c);
  }
  CHECK_FALSE(change_of(event(header{}, actor_restarted{})));
  const auto cut = change_of(event_of(run_ended{"backup", 1, t, job_outcome::failed, std::string(300, 'x')}));
  CHECK(std::get<run_ended>(*cut).error.size() == 127);
}

TEST_CASE("job events: a run is called once its beginning is durable, and what the next life of the node will know is in the log") {
  auto log = std::make_shared<persistence::memory_log>();
  job_records folded;
  {
    life l("2024-03-08T12:00", log);
    l.pass(1h);
    CHECK(l.calls == lines{"13:00"});
    REQUIRE(l.n->only<job_run_started>().size() == 1);
    const auto late_ns = l.n->only<job_run_started>()[0].as<job_run_started>().started - *parse_timestamp("2024-03-08T13:00:00Z");
    CHECK((late_ns >= 0 && late_ns < second_ns));  // of the wall clock: the market's has not moved
    CHECK(l.n->only<job_run_started>()[0].head.at.ns == 0);
    l.pass(1min);
    l.end(error(errc::log_io, "no room"));
    REQUIRE(l.n->only<job_run_ended>().size() == 1);
    CHECK(l.n->only<job_run_ended>()[0].as<job_run_ended>().outcome == job_outcome::failed);
    CHECK(l.n->only<job_run_ended>()[0].as<job_run_ended>().reason == long_text("no room"));
    l.pass(59min);
    CHECK(l.calls == lines{"13:00", "14:00"});
    REQUIRE(ask_from_outside<std::string>(l.s.system, l.who, pause_job_v, std::string("hourly"), std::string("ann"), std::string("news"), std::uint64_t{0}));
    l.pass(1s);
    for (const auto& e : l.n->events())
      if (const auto c = change_of(e)) folded.apply(*c);
  }
  REQUIRE(folded.find("hourly"));
  const auto& known = folded.find("hourly")->memory;
  CHECK(known.paused);
  REQUIRE(known.running);
  CHECK(known.running->number == 2);
  CHECK(known.counts.failed == 1);
  CHECK(known.decided_to == *parse_timestamp("2024-03-08T14:00:00Z"));
}

TEST_CASE("job events: a second life of the node knows the run that was left behind, and what it has missed since") {
  auto log = std::make_shared<persistence::memory_log>();
  {
    life l("2024-03-08T12:00", log);
    l.pass(61min);
    CHECK(l.calls == lines{"13:00"});
  }
  life l("2024-03-08T18:30", log);
  l.pass(2s);
  CHECK(l.board->as_json()["failing"] == "");
  CHECK(l.board->as_json("hourly")["runs"]["lost"] == 1);
  CHECK(l.calls == lines{"18:00"});  // five were missed, and are made up for once
  CHECK(l.n->only<job_defined>().size() == 1);
  REQUIRE(l.n->only<job_run_ended>().size() == 1);
  CHECK(l.n->only<job_run_ended>()[0].as<job_run_ended>().outcome == job_outcome::lost);
  REQUIRE(l.n->only<job_runs_skipped>().size() == 1);
  CHECK(l.n->only<job_runs_skipped>()[0].as<job_runs_skipped>().count == 4);
  CHECK(l.n->only<job_run_started>().back().as<job_run_started>().run == 2);
}

TEST_CASE("job events: while the disk takes nothing no run is called, and each begins once when it does again") {
  auto log = std::make_shared<persistence::memory_log>();
  life l("2024-03-08T12:00", log, {.hold_writes = true});
  l.pass(1h);
  CHECK(l.calls.empty());
  CHECK(l.board->as_json("hourly")["state"] == "running");
  // Longer than the scheduler waits for an answer: it has offered the same again.
  l.pass(11min);
  CHECK(l.calls.empty());
  CHECK_THAT(l.board->as_json()["failing"].get<std::string>(), has_part("recording what jobs do"));
  for (int i = 0; i < 2; ++i) l.let_write();
  CHECK(l.calls == lines{"13:00"});
  CHECK(l.board->as_json()["failing"] == "");
  job_records folded;
  for (const auto& e : l.n->events())
    if (const auto c = change_of(e)) folded.apply(*c);
  REQUIRE(folded.find("hourly"));
  CHECK(folded.find("hourly")->memory.last_number == 1);
  CHECK(folded.find("hourly")->memory.running.has_value());
}

TEST_CASE("job events: a time authority that is killed, or takes nothing, delays what jobs do") {
  auto log = std::make_shared<persistence::memory_log>();
  life l("2024-03-08T12:00", log);
  auto halted = ask_from_outside<bool>(l.s.system, l.n->time(), halt_v);
  l.s.settle();
  l.pass(1h + 5s);
  CHECK(l.calls.empty());
  CHECK_FALSE(l.board->as_json()["failing"] == "");
  l.n->kill("time");
  l.pass(3s);
  CHECK(l.calls == lines{"13:00"});
  CHECK(l.n->only<job_run_started>().size() == 1);
}

TEST_CASE("job events: a scheduler killed before it heard that a run's end was recorded does not tell it again") {
  auto log = std::make_shared<persistence::memory_log>();
  life l("2024-03-08T12:00", log, {.hold_writes = true});
  l.let_write();
  l.pass(1h);
  l.let_write();
  REQUIRE(l.calls == lines{"13:00"});
  l.end();
  REQUIRE_FALSE(l.n->held->held.empty());  // on its way to the disk
  l.kill_scheduler();
  l.pass(1h);
  CHECK(l.board->as_json("hourly")["runs"]["lost"] == 0);
  CHECK_THAT(l.board->as_json()["failing"].get<std::string>(), has_part("waiting for what was recorded of jobs"));
  CHECK(l.calls == lines{"13:00"});  // nothing is begun before the log is read
  auto early = ask_from_outside<std::string>(l.s.system, l.who, run_job_v, std::string("hourly"), std::uint64_t{0});
  l.s.settle();
  REQUIRE(early->failure);
  CHECK(early->failure->code == errc::not_ready);
  CHECK_THAT(early->failure->message, has_part("job 'hourly': what was recorded of jobs is still being read"));
  l.let_write();
  CHECK(l.board->as_json("hourly")["runs"]["succeeded"] == 1);
  CHECK(l.board->as_json("hourly")["runs"]["lost"] == 0);
  REQUIRE(l.n->only<job_run_ended>().size() == 1);
  CHECK(l.n->only<job_run_ended>()[0].as<job_run_ended>().outcome == job_outcome::succeeded);
  CHECK(l.n->only<job_defined>().size() == 1);
  CHECK(l.calls == lines{"13:00", "14:00"});
  CHECK(l.n->only<job_run_started>().back().as<job_run_started>().run == 2);
}

TEST_CASE("job events: one killed before it heard that a beginning was recorded loses that run, and begins no other of its number") {
  auto log = std::make_shared<persistence::memory_log>();
  life l("2024-03-08T12:00", log, {.hold_writes = true});
  l.let_write();
  l.pass(1h);
  REQUIRE_FALSE(l.n->held->held.empty());
  l.kill_scheduler();
  l.let_write();
  CHECK(l.calls.empty());
  CHECK(l.board->as_json("hourly")["runs"]["lost"] == 1);
  l.pass(1h);
  l.let_write();
  CHECK(l.calls == lines{"14:00"});
  REQUIRE(l.n->only<job_run_started>().size() == 2);
  CHECK(l.n->only<job_run_started>()[1].as<job_run_started>().run == 2);
}

TEST_CASE("job events: what was left out is counted once, however often its scheduler is killed and the feed gives it again") {
  auto log = std::make_shared<persistence::memory_log>();
  life l("2024-03-08T12:00", log);
  l.pass(30min);
  l.wall->jump(5 * hour_ns);
  l.pass(61s);
  CHECK(l.board->as_json("hourly")["skipped"]["missed"] == 4);
  for (int i = 0; i < 3; ++i) {
    l.n->kill("feed");
    l.kill_scheduler();
    l.pass(5s);
  }
  CHECK(l.board->as_json("hourly")["skipped"]["missed"] == 4);
  CHECK(l.settings.history->records().find("hourly")->memory.counts.missed == 4);
  CHECK(l.n->only<job_runs_skipped>().size() == 1);
}
