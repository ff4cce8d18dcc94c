// The scheduler of a node's jobs, on virtual time: days pass in moments, clocks are set, the log takes things late or not at all.
#include "actors/runtime/calendar_scheduler.hpp"

#include <nlohmann/json.hpp>

#include "actors/runtime/job_events.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/domain/calendar/random_zone.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::calendar;

namespace {

job_settings job_by(const std::string& name, const std::string& cron_text) {
  static const auto new_york = std::make_shared<const zone>(new_york_2024());
  auto c = cron::parse(cron_text);
  if (!c) FAIL(c.error().message);
  return {name, schedule(*c, new_york)};
}

std::string utc_minute(timestamp t) { return to_string(t).substr(5, 11); }

constexpr std::uint64_t no_command = 0;

TOMNEXT_ATOM(keep, "tKeep");
TOMNEXT_ATOM(release, "tRelease");
using slow_log = typed<answer<bool>(keep_atom), answer<void>(release_atom, bool)>;

/// Says that something is durable when it is told to.
struct slow_log_state {
  slow_log::pointer self;
  std::deque<promise_guard<bool>> held = {};
  explicit slow_log_state(slow_log::pointer self_) : self(self_) {}
  slow_log::behavior_type behavior() {
    return {[this](keep_atom) -> answer<bool> {
              auto promise = promise_answer<bool>(self);
              held.emplace_back(promise);
              return promise;
            },
            [this](release_atom, bool taken) {
              if (taken) held.front().deliver(true);
              else held.front().deliver(to_caf({errc::log_full, "no room"}));
              held.pop_front();
            }};
  }
};

/// A scheduler whose jobs note when they are called, and the log that it is recorded in.
struct office {
  stage s;
  std::shared_ptr<simulated_wall> wall;
  std::shared_ptr<job_board> board = std::make_shared<job_board>();
  std::shared_ptr<job_history> history = std::make_shared<job_history>();
  calendar_scheduler_settings settings;
  calendar_protocol who;

  std::vector<std::string> calls;                                 // "backup 03-10T21:00 at 03-10T21:00"
  std::map<std::string, std::function<void(result<void>)>> open;  // answers that are not given yet, of jobs whose name begins with "slow"
  std::vector<job_change> log;
  bool log_full = false;
  slow_log keeper = spawn_actor<slow_log, slow_log_state>(s.system, s.figures, {"log", "test", ""});
  bool hold = false;
  std::size_t offers = 0;

  explicit office(const std::string& begin) : wall(std::make_shared<simulated_wall>(*parse_timestamp(begin + ":00Z"))) {
    settings.clock = wall_clock::simulated(wall);
    settings.board = board;
    settings.history = history;
    settings.log.record = [this](calendar_protocol::pointer self, const std::vector<job_change>& changes, const std::function<void(result<void>)>& done) {
      ++offers;
      if (log_full) return done(error(errc::log_full, "no room"));
      const auto take = [this, changes, done] {
        for (const auto& c : changes) write(c);
        done({});
      };
      if (!hold) return take();
      ask(self, keeper, 24h, keep_v).then([take](bool) { take(); }, [done](const actor_error& e) { done(from_caf(e)); });
    };
  }
  ~office() {
    stop();
    exit_now(pointer_of(keeper), exit_reason::kill);
    s.settle();
  }
  office(const office&) = delete;
  office& operator=(const office&) = delete;

  /// As the feed of a log would tell it.
  void know(const job_change& c, std::uint64_t seq) {
    auto e = event_of(c);
    e.head.seq = seq;
    history->apply(e);
  }
  void write(const job_change& c) {
    log.push_back(c);
    know(c, known_before + log.size());
  }
  /// This node was here before.
  void know_all(const std::vector<job_change>& of_earlier) {
    for (const auto& c : of_earlier) know(c, ++known_before);
  }
  std::uint64_t known_before = 0;

  [[nodiscard]] timestamp now() const { return wall->at(s.scheduler.clock().now()); }
  office& with(job_settings job, job_action act = {}) {
    if (!act)
      act = [this](const job_run& r, std::function<void(result<void>)> done) {
        calls.push_back(r.job + " " + utc_minute(r.scheduled) + (r.by_hand ? "!" : "") + " at " + utc_minute(now()));
        if (r.job.starts_with("slow")) open[r.job] = std::move(done);
        else done({});
      };
    settings.jobs.push_back({std::move(job), std::move(act)});
    return *this;
  }
  office& start() {
    who = spawn_actor<calendar_protocol, calendar_scheduler_state>(s.system, s.figures, {"runtime/calendar", "scheduler", "node"}, settings);
    s.settle();
    return *this;
  }
  void stop() {
    open.clear();
    exit_now(pointer_of(std::exchange(who, {})), exit_reason::kill);
    s.settle();
  }
  /// Lets time pass in steps of a second.
  void pass(std::chrono::seconds time) {
    for (auto t = 0s; t < time; t += 1s) {
      s.scheduler.advance_time(1s);
      s.settle();
    }
  }
  void answer(const std::string& job, const result<void>& r) {
    auto done = std::exchange(open.at(job), nullptr);
    open.erase(job);
    done(r);
    done(r);  // nobody hears it
    done = nullptr;
    s.settle();
  }
  void let_through(bool taken = true) {
    tell_from_outside(keeper, release_v, taken);
    s.settle();
  }
  std::vector<std::string> news() { return std::exchange(calls, {}); }
  [[nodiscard]] nlohmann::json job(const std::string& name) const { return board->as_json(name); }
  [[nodiscard]] nlohmann::json latest(const std::string& name) const { return board->as_json(name)["history"][0]; }
  template <class Atom, class... T> std::shared_ptr<asked<std::string>> ask_it(Atom question, const T&... about) {
    auto box = ask_from_outside<std::string>(s.system, who, question, about...);
    s.settle();
    return box;
  }
  template <class C> [[nodiscard]] std::vector<C> recorded() const {
    std::vector<C> all;
    for (const auto& c : log)
      if (const auto* one = std::get_if<C>(&c)) all.push_back(*one);
    return all;
  }
};

}  // namespace

TEST_CASE("calendar: a job at 17:00 New York runs at 17:00 New York, over the change of its clocks, once a day") {
  office o("2024-03-08T12:00");
  o.with(job_by("roll", "0 17 * * *")).start();
  CHECK(o.job("roll")["next"] == "2024-03-08T22:00:00Z");
  CHECK(o.job("roll")["next_local"] == "2024-03-08 17:00:00");
  o.pass(72h);
  CHECK(o.news() == lines{"roll 03-08T22:00 at 03-08T22:00", "roll 03-09T22:00 at 03-09T22:00", "roll 03-10T21:00 at 03-10T21:00"});
  CHECK(o.job("roll")["next"] == "2024-03-11T21:00:00Z");
  CHECK(o.job("roll")["runs"]["succeeded"] == 3);
  CHECK(o.job("roll")["state"] == "idle");
  CHECK(o.latest("roll")["run"] == 3);
  CHECK(o.latest("roll")["outcome"] == "succeeded");
  REQUIRE(o.recorded<schedule_given>().size() == 1);
  CHECK(o.recorded<schedule_given>()[0].expression == "0 17 * * *");
  CHECK(o.recorded<run_began>().size() == 3);
  CHECK(o.recorded<run_ended>().size() == 3);
  CHECK(o.board->as_json()["unrecorded"] == 0);
  CHECK_THAT(o.board->as_metrics(), has_part("tomnext_job_runs_total{job=\"roll\",outcome=\"succeeded\"} 3\n"));
}

TEST_CASE("calendar: it wakes for what is due, and now and then for the clock; not otherwise") {
  office o("2024-03-08T12:00");
  o.settings.look_every = 10min;
  o.with(job_by("roll", "0 17 * * *")).with(job_by("hourly", "30 * * * *")).start();
  o.pass(24h);
  CHECK(o.news().size() == 25);
  // A look every ten minutes, and for each run its look, the action's answer.
  CHECK(o.s.of("runtime/calendar").processed < 144 + 3 * 25 + 5);
  CHECK(o.s.of("runtime/calendar").queue_depth == 0);
}

TEST_CASE("calendar: nothing begins before its beginning is durable, and an outage of the log delays it and loses nothing") {
  office o("2024-03-08T12:00");
  o.hold = true;
  o.with(job_by("hourly", "0 * * * *")).start();
  o.let_through();  // that it is defined
  o.pass(60min);
  CHECK(o.news().empty());
  CHECK(o.job("hourly")["state"] == "running");
  o.let_through(false);
  CHECK_THAT(o.board->as_json()["failing"].get<std::string>(), has_part("no room"));
  CHECK(o.s.of("runtime/calendar").errors == 1);
  o.pass(1s);
  o.hold = false;
  o.log_full = true;
  o.let_through(false);
  const auto before = o.offers;
  o.pass(30s);
  CHECK(o.offers <= before + 31);  // once a second, not more
  CHECK(o.offers >= before + 29);
  CHECK(o.s.of("runtime/calendar").errors == 1);
  o.log_full = false;
  o.pass(1s);
  CHECK(o.news() == lines{"hourly 03-08T13:00 at 03-08T13:00"});
  CHECK(o.board->as_json()["failing"] == "");
  CHECK(o.recorded<run_began>().size() == 1);
  CHECK(o.recorded<run_ended>().size() == 1);
}

TEST_CASE("calendar: a run that could not be recorded before its deadline does not begin later") {
  office o("2024-03-08T12:00");
  o.log_full = true;
  auto job = job_by("hourly", "0 * * * *");
  job.deadline_ns = 5 * minute_ns;
  o.with(job).start();
  o.pass(66min);
  CHECK(o.job("hourly")["runs"]["timed_out"] == 1);
  o.log_full = false;
  o.pass(2s);
  CHECK(o.news().empty());
  CHECK(o.recorded<run_began>().size() == 1);
  REQUIRE(o.recorded<run_ended>().size() == 1);
  CHECK(o.recorded<run_ended>()[0].outcome == job_outcome::timed_out);
  o.pass(54min);
  CHECK(o.news() == lines{"hourly 03-08T14:00 at 03-08T14:00"});
}

TEST_CASE("calendar: an action answers once; a failure, an exception, no answer at all are failures with their reasons") {
  office o("2024-03-08T12:00");
  o.with(job_by("slow", "0 * * * *"))
      .with(job_by("thrower", "0 * * * *"), [](const job_run&, const std::function<void(result<void>)>&) { throw std::runtime_error("boom"); })
      .with(job_by("silent", "0 * * * *"), [](const job_run&, const std::function<void(result<void>)>&) {})
      .start();
  o.pass(1h);
  CHECK(o.job("slow")["state"] == "running");
  CHECK(o.job("slow")["running"]["since"] == "2024-03-08T13:00:00Z");
  CHECK_THAT(o.latest("thrower")["error"].get<std::string>(), has_part("an exception escaped: boom"));
  CHECK(o.latest("silent")["error"] == "the action ended without an answer");
  CHECK(o.latest("silent")["outcome"] == "failed");
  o.pass(2min);
  o.answer("slow", error(errc::log_io, "the disk " + std::string(300, 'x')));
  CHECK(o.job("slow")["runs"]["failed"] == 1);
  CHECK(o.latest("slow")["error"].get<std::string>().size() == 127);
  CHECK(o.latest("slow")["ended"] == "2024-03-08T13:02:00Z");
  CHECK(o.s.of("runtime/calendar").errors == 3);
  o.pass(58min);
  o.answer("slow", {});
  CHECK(o.job("slow")["runs"]["succeeded"] == 1);
}

TEST_CASE("calendar: a run beyond its deadline has timed out, to the second, and its late answer counts for nothing") {
  office o("2024-03-08T12:00");
  o.with(job_by("slow", "0 13 * * *")).start();
  o.pass(6h);
  REQUIRE(o.news() == lines{"slow 03-08T18:00 at 03-08T18:00"});
  o.wall->jump(-3 * hour_ns);  // the deadline goes by the other clock
  o.pass(10min);
  CHECK(o.job("slow")["state"] == "running");
  o.pass(1s);
  CHECK(o.job("slow")["state"] == "idle");
  CHECK(o.latest("slow")["outcome"] == "timed_out");
  CHECK(o.latest("slow")["error"] == "no answer within 600 s");
  o.answer("slow", {});
  CHECK(o.job("slow")["runs"]["succeeded"] == 0);
  CHECK(o.recorded<run_ended>().size() == 1);
}

TEST_CASE("calendar: a clock that jumps is noticed within a minute; forward runs are missed, back nothing runs twice") {
  office o("2024-03-08T12:00");
  o.with(job_by("hourly", "0 * * * *")).start();
  o.pass(61min);
  CHECK(o.news().size() == 1);
  o.wall->jump(5 * hour_ns + 30 * minute_ns);  // 18:31: five hours were jumped over
  o.pass(60s);
  CHECK(o.news() == lines{"hourly 03-08T18:00 at 03-08T18:32"});
  CHECK(o.job("hourly")["skipped"]["missed"] == 4);
  o.wall->jump(-3 * hour_ns);  // 15:32
  o.pass(200min);
  CHECK(o.news().empty());
  o.pass(10min);
  CHECK(o.news() == lines{"hourly 03-08T19:00 at 03-08T19:00"});
  REQUIRE(o.recorded<skipped_runs>().size() == 1);
  CHECK(o.recorded<skipped_runs>()[0].count == 4);
}

TEST_CASE("calendar: a node that was down makes up for what it has missed, by policy, and knows the run that it left behind") {
  office first("2024-03-08T12:00");
  auto once = job_by("once", "0 * * * *"), all = job_by("all", "0 * * * *"), none = job_by("none", "0 * * * *"), slow = job_by("slow", "30 * * * *");
  all.missed = missed_policy::run_all;
  all.missed_runs_max = 2;
  none.missed = slow.missed = missed_policy::skip;
  first.with(once).with(all).with(none).with(slow).start();
  first.pass(95min);
  CHECK(first.calls.size() == 3 + 2);

  office second("2024-03-08T17:10");
  second.know_all(first.log);
  second.with(once).with(all).with(none).with(slow).start();
  second.pass(1s);
  auto called = second.news();
  std::sort(called.begin(), called.end());
  CHECK(called == lines{"all 03-08T16:00 at 03-08T17:10", "all 03-08T17:00 at 03-08T17:10", "once 03-08T17:00 at 03-08T17:10"});
  CHECK(second.job("none")["skipped"]["missed"] == 4);
  CHECK(second.job("all")["skipped"]["missed"] == 2);
  CHECK(second.job("slow")["runs"]["lost"] == 1);
  CHECK_THAT(second.latest("slow")["error"].get<std::string>(), has_part("the node went down in the middle of it"));
  CHECK(second.recorded<schedule_given>().empty());
  REQUIRE_FALSE(second.recorded<run_ended>().empty());
  CHECK(second.recorded<run_ended>()[0] == run_ended{"slow", 2, second.now() - second_ns, job_outcome::lost, "the node went down in the middle of it"});
  CHECK(second.latest("once")["run"] == 2);  // numbers go on
}

TEST_CASE("calendar: another schedule under the same name begins when it is there, and makes up for nothing") {
  office first("2024-03-08T12:00");
  first.with(job_by("backup", "0 * * * *")).start();
  first.pass(61min);
  office second("2024-03-08T20:10");
  second.know_all(first.log);
  second.with(job_by("backup", "5 * * * *")).start();
  second.pass(1min);
  CHECK(second.news().empty());
  CHECK(second.recorded<schedule_given>().size() == 1);
  second.pass(1h);
  CHECK(second.news() == lines{"backup 03-08T21:05 at 03-08T21:05"});
}

TEST_CASE("calendar: an operator pauses, resumes and runs jobs, and is answered when that is recorded") {
  office o("2024-03-08T12:00");
  o.with(job_by("hourly", "0 * * * *")).with(job_by("slow", "0 3 * * *")).start();
  o.hold = true;
  auto paused = o.ask_it(pause_job_v, std::string("hourly"), std::string("ann"), std::string("news"), no_command);
  CHECK_FALSE(paused->done());
  o.let_through();
  REQUIRE(paused->value);
  o.hold = false;
  const auto told = nlohmann::json::parse(*paused->value);
  CHECK(told["state"] == "paused");
  CHECK(told["next"].is_null());
  CHECK(o.recorded<pause_began>() == std::vector<pause_began>{{"hourly", o.now(), "ann", "news"}});
  o.pass(150min);
  CHECK(o.news().empty());
  auto run = o.ask_it(run_job_v, std::string("hourly"), no_command);
  REQUIRE(run->value);
  CHECK(nlohmann::json::parse(*run->value) == nlohmann::json{{"job", "hourly"}, {"run", 1}, {"state", "running"}});
  CHECK(o.news() == lines{"hourly 03-08T14:30! at 03-08T14:30"});
  auto resumed = o.ask_it(resume_job_v, std::string("hourly"), std::string("ann"), std::string(), no_command);
  REQUIRE(resumed->value);
  CHECK(nlohmann::json::parse(*resumed->value)["skipped"]["paused"] == 2);
  CHECK(nlohmann::json::parse(*resumed->value)["next"] == "2024-03-08T15:00:00Z");
  o.pass(30min);
  CHECK(o.news() == lines{"hourly 03-08T15:00 at 03-08T15:00"});

  REQUIRE(o.ask_it(run_job_v, std::string("slow"), no_command)->value);
  auto again = o.ask_it(run_job_v, std::string("slow"), no_command);
  REQUIRE(again->failure);
  CHECK(again->failure->code == errc::illegal_transition);
  CHECK_THAT(again->failure->message, has_part("runs since 2024-03-08T15:00"));
  auto unknown = o.ask_it(run_job_v, std::string("weekly"), no_command);
  REQUIRE(unknown->failure);
  CHECK(unknown->failure->code == errc::invalid_argument);
  CHECK_THAT(unknown->failure->message, has_part("there is no job 'weekly'; there are hourly, slow"));
  CHECK(o.ask_it(pause_job_v, std::string("weekly"), std::string(), std::string(), no_command)->failure);
  const auto list = nlohmann::json::parse(*o.ask_it(list_jobs_v)->value);
  CHECK(list["jobs"].size() == 2);
  CHECK(list["at"] == "2024-03-08T15:00:00Z");
}

TEST_CASE("calendar: a command that comes again is answered by what came of it, in the next life too; a new one that makes no sense is refused") {
  office o("2024-03-08T12:00");
  auto queued = job_by("slow_queue", "0 3 * * *");
  queued.overlap = overlap_policy::queue_one;
  o.with(job_by("hourly", "0 * * * *")).with(job_by("slow", "0 3 * * *")).with(queued).start();
  const auto command = [&](std::uint64_t c) { return o.ask_it(run_job_v, std::string("slow"), c); };
  const auto pause = [&](std::uint64_t c) { return o.ask_it(pause_job_v, std::string("hourly"), std::string("ann"), std::string("news"), c); };
  o.hold = true;
  auto first = command(41);
  CHECK_FALSE(first->done());
  auto meanwhile = command(41);
  REQUIRE(meanwhile->failure);
  CHECK(meanwhile->failure->code == errc::not_ready);
  o.let_through();
  REQUIRE(first->value);
  o.hold = false;
  CHECK(o.news().size() == 1);
  REQUIRE(command(41)->value);
  CHECK(nlohmann::json::parse(*command(41)->value) == nlohmann::json{{"job", "slow"}, {"run", 1}, {"state", "running"}});
  REQUIRE(command(42)->failure);
  CHECK(command(42)->failure->code == errc::illegal_transition);
  CHECK(o.news().empty());
  o.answer("slow", {});
  CHECK(nlohmann::json::parse(*command(41)->value)["state"] == "ended");

  REQUIRE(pause(50)->value);
  REQUIRE(pause(50)->value);
  REQUIRE(pause(51)->failure);
  CHECK(pause(51)->failure->code == errc::illegal_transition);
  CHECK_THAT(pause(51)->failure->message, has_part("job 'hourly' is paused already"));
  CHECK(o.recorded<pause_began>() == std::vector<pause_began>{{"hourly", o.now(), "ann", "news", 50}});

  // Two jobs may have a run of the same number: each command is that of its own.
  const auto queue = [&](std::uint64_t c) { return o.ask_it(run_job_v, std::string("slow_queue"), c); };
  REQUIRE(queue(60)->value);
  CHECK(nlohmann::json::parse(*queue(61)->value)["state"] == "waiting");
  CHECK(nlohmann::json::parse(*queue(61)->value)["run"] == 2);
  REQUIRE(command(62)->value);
  o.answer("slow", {});
  o.answer("slow_queue", {});
  const auto began = o.recorded<run_began>();
  REQUIRE(began.size() == 4);
  CHECK(began[1].command == 60);
  CHECK(began[2].command == 62);
  CHECK(began[3].command == 61);
  CHECK(began[3].run.number == 2);

  o.stop();
  o.start();
  CHECK(nlohmann::json::parse(*command(41)->value) == nlohmann::json{{"job", "slow"}, {"run", 1}, {"state", "ended"}});
  CHECK(nlohmann::json::parse(*pause(50)->value)["state"] == "paused");
}

TEST_CASE("calendar: asked to run where runs may queue, it says that the run waits, and runs it behind the other") {
  office o("2024-03-08T12:00");
  auto job = job_by("slow", "0 * * * *");
  job.overlap = overlap_policy::queue_one;
  o.with(job).start();
  o.pass(1h);
  auto run = o.ask_it(run_job_v, std::string("slow"), no_command);
  REQUIRE(run->value);
  CHECK(nlohmann::json::parse(*run->value)["state"] == "waiting");
  CHECK(o.job("slow")["waiting"].size() == 1);
  o.answer("slow", {});
  CHECK(o.news() == lines{"slow 03-08T13:00 at 03-08T13:00", "slow 03-08T13:00! at 03-08T13:00"});
}

TEST_CASE("calendar: killed in the middle of a run, its next life goes on where it was, and what was asked is answered") {
  office o("2024-03-08T12:00");
  o.with(job_by("slow", "0 * * * *")).with(job_by("hourly", "0 * * * *")).start();
  o.pass(61min);
  CHECK(o.news().size() == 2);
  o.hold = true;
  auto paused = o.ask_it(pause_job_v, std::string("hourly"), std::string("ann"), std::string(), no_command);
  o.stop();
  REQUIRE(paused->failure);
  CHECK(paused->failure->code == errc::actor_down);
  o.hold = false;
  o.start();
  CHECK(o.job("slow")["runs"]["lost"] == 1);
  CHECK(o.job("hourly")["runs"]["succeeded"] == 1);
  CHECK(o.job("hourly")["state"] == "idle");  // the log has not heard of a pause
  o.pass(1h);
  CHECK(o.news() == lines{"hourly 03-08T14:00 at 03-08T14:00", "slow 03-08T14:00 at 03-08T14:00"});
}

TEST_CASE("calendar: while the log takes nothing, what waits to be recorded has an end, and operators hear of it") {
  office o("2024-03-08T12:00");
  o.with(job_by("hourly", "0 * * * *")).start();
  o.log_full = true;
  std::shared_ptr<asked<std::string>> last;
  int taken = 0;
  for (; taken < 2'000; ++taken) {
    last = taken % 2 == 0 ? o.ask_it(pause_job_v, std::string("hourly"), std::string("ann"), std::string(), no_command)
                          : o.ask_it(resume_job_v, std::string("hourly"), std::string("ann"), std::string(), no_command);
    if (last->done()) break;
  }
  CHECK(taken == 1'024);
  REQUIRE(last->failure);
  CHECK(last->failure->code == errc::overloaded);
  CHECK_THAT(last->failure->message, has_part("1024 things that jobs did wait to be recorded, since the log takes nothing (no room)"));
  CHECK(o.ask_it(run_job_v, std::string("hourly"), no_command)->failure);
  o.log_full = false;
  o.pass(2s);
  CHECK(o.log.size() == 1'024 + 1);
  REQUIRE(o.ask_it(run_job_v, std::string("hourly"), no_command)->value);
}

TEST_CASE("calendar: settings that cannot be end it at birth, with what is allowed") {
  office o("2024-03-08T12:00");
  auto job = job_by("hourly", "0 * * * *");
  job.deadline_ns = 0;
  o.with(job);
  o.who = spawn_actor<calendar_protocol, calendar_scheduler_state>(o.s.system, o.s.figures, {"runtime/calendar", "scheduler", "node"}, o.settings);
  std::optional<error> ended;
  when_down(pointer_of(o.who), [&](const actor_error& e) { ended = from_caf(e); });
  o.s.settle();
  REQUIRE(ended);
  CHECK_THAT(ended->message, has_part("job 'hourly': a deadline of 0 s; allowed are 1 to 604800"));
}
