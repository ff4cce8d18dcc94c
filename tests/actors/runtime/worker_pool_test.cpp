#include "actors/runtime/directory.hpp"
#include "actors/runtime/worker_pool.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/actors/runtime/blocking_worker.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/support/seed.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

using job_body = std::function<result<job_result>(job_control&)>;

job_ref job_of(std::string name, const call_ref& c, job_body run, std::string owner = "test", work_priority priority = work_priority::normal,
               std::chrono::milliseconds weight = 10ms) {
  return std::make_shared<const job>(job{std::move(name), std::move(owner), priority, weight, c, std::move(run)});
}
worker_pool_settings small(std::size_t workers = 1) {
  worker_pool_settings s;
  s.name = "work";
  s.workers = workers;
  s.given_up_max = 1;
  s.stuck_after = 500ms;
  s.board = std::make_shared<work_board>();
  return s;
}

// A pool on the scheduler's one thread: a job runs when its worker's turn comes, in virtual time.
struct scene {
  stage s;
  worker_pool_settings settings;
  pool_protocol pool;
  std::vector<std::string> ran;

  explicit scene(worker_pool_settings with = small()) : settings(std::move(with)) {
    settings.figures = s.figures;
    pool = spawn_actor<pool_protocol, worker_pool_state>(s.system, s.figures, {"work", "pool", ""}, settings);
    when_down(pointer_of(pool), [this](const actor_error& why) { s.notes->push_back("pool down: " + reason_text(why)); });
  }
  ~scene() {
    exit_now(pointer_of(pool), exit_reason::kill);
    s.settle();
  }
  call_ref within(std::chrono::milliseconds time, cancellation_token token = {}) { return begin_call("c-1", s.system.clock().now() + time, token); }
  /// A job that notes that it ran.
  job_ref noting(const std::string& name, const std::string& owner = "test", work_priority priority = work_priority::normal) {
    return job_of(
        name, within(1h),
        [this, name](job_control&) -> result<job_result> {
          ran.push_back(name);
          return job_result{name};
        },
        owner, priority);
  }
  auto submit(const job_ref& j) { return ask_from_outside<job_result_ref>(s.system, pool, submit_v, j); }
  nlohmann::json board() { return settings.board->as_json(s.system.clock().now()); }
  /// The first entry of that name on the board.
  nlohmann::json entry(const std::string& name) {
    const auto all = board();
    for (const auto& j : all["jobs"])
      if (j["name"] == name) return j;
    return {};
  }
};

std::string text_of(const std::shared_ptr<asked<job_result_ref>>& a) {
  if (a->failure) return "failed: " + a->failure->message;
  if (!a->value) return "not answered";
  const auto* text = (*a->value)->get_if<std::string>();
  return text == nullptr ? "of another type" : *text;
}

}  // namespace

TEST_CASE("worker pool: a job's result and its error come to whoever submitted it, and an exception is an error of that job", "[runtime]") {
  scene x;
  auto good = x.submit(x.noting("good"));
  auto bad = x.submit(job_of("bad", x.within(1s), [](job_control&) -> result<job_result> { return error(errc::limit_breached, "too much"); }));
  auto thrower = x.submit(job_of("thrower", x.within(1s), [](job_control&) -> result<job_result> { throw std::runtime_error("boom"); }));
  auto stranger = x.submit(job_of("stranger", x.within(1s), [](job_control&) -> result<job_result> { throw 7; }));
  auto after = x.submit(x.noting("after"));
  x.s.settle();
  CHECK(text_of(good) == "good");
  REQUIRE(bad->failure);
  CHECK(bad->failure->code == errc::limit_breached);
  CHECK(bad->failure->message == "too much");
  REQUIRE(thrower->failure);
  CHECK(thrower->failure->code == errc::poisonous_input);
  CHECK(text_of(thrower) == "failed: thrower threw boom");
  CHECK(text_of(stranger) == "failed: stranger threw what is no std::exception");
  CHECK(text_of(after) == "after");
  CHECK(x.board()["done"] == 2);
  CHECK(x.board()["failed"] == 3);
  CHECK(x.s.of("work/1").restarts == 0);
}

TEST_CASE("worker pool: urgent before normal before background, and owners in turns", "[runtime]") {
  scene x;
  // All of them are in the pool's mailbox before a worker's first turn, but for the very first.
  for (const auto& j : {x.noting("first"), x.noting("b", "z", work_priority::background), x.noting("n1", "sweep"), x.noting("n2", "sweep"),
                        x.noting("n3", "risk"), x.noting("u", "z", work_priority::urgent)})
    tell_from_outside(x.pool, submit_v, j);
  x.s.settle();
  REQUIRE(x.ran.size() == 6);
  CHECK(x.ran[0] == "first");
  CHECK(x.ran[1] == "u");
  CHECK(x.ran[5] == "b");
}

TEST_CASE("worker pool: a full queue refuses and says how many wait", "[runtime]") {
  auto settings = small();
  settings.queue.waiting_max = 2;
  scene x(settings);
  std::vector<std::shared_ptr<asked<job_result_ref>>> all;
  for (int i = 0; i < 4; ++i) all.push_back(x.submit(x.noting(std::to_string(i))));
  while (x.s.scheduler.try_run_once() && !std::any_of(all.begin(), all.end(), [](const auto& a) { return a->done(); })) {}
  x.s.settle();
  int refused = 0;
  for (const auto& a : all)
    if (a->failure) {
      ++refused;
      CHECK(a->failure->code == errc::overloaded);
      CHECK(a->failure->message == "2 jobs wait already, at most 2 may");
    }
  CHECK(refused == 1);
  CHECK(x.ran.size() == 3);
  CHECK(x.board()["refused"] == 1);
}

TEST_CASE("worker pool: what has no deadline, no owner or no caller any more is refused", "[runtime]") {
  scene x;
  const auto refused = [&](const job_ref& j) {
    auto a = x.submit(j);
    x.s.settle();
    return text_of(a);
  };
  const auto nothing = [](job_control&) -> result<job_result> { return job_result{}; };
  CHECK(refused(job_of("x", begin_call("c", cancellation_token::never), nothing)) == "failed: x: a job has a deadline");
  CHECK(refused(job_of("x", x.within(1s), nothing, "")) == "failed: a job has an owner and something to run");
  CHECK(refused(job_of("x", x.within(1s), {})) == "failed: a job has an owner and something to run");
  CHECK(refused(job_of("x", x.within(0ms), nothing)) == "failed: the caller's deadline passed 0 ms ago");
  CHECK(refused(job_of("x", nullptr, nothing)) == "failed: a request without a call: every request has a deadline");
  CHECK(x.board()["refused"] == 5);
}

TEST_CASE("worker pool: cancelled while it waits, a job is answered at once and never runs", "[runtime]") {
  scene x;
  const cancellation_source source;
  bool ran = false;
  // The job before it cancels it: the one worker is busy with that.
  auto before = x.submit(job_of("before", x.within(1s), [&](job_control&) -> result<job_result> {
    source.cancel({errc::cancelled, "the client is gone"});
    return job_result{std::string("before")};
  }));
  auto waiting = x.submit(job_of("waiting", x.within(1s, source.token()), [&](job_control&) -> result<job_result> {
    ran = true;
    return job_result{};
  }));
  x.s.settle();
  CHECK(text_of(before) == "before");
  REQUIRE(waiting->failure);
  CHECK(waiting->failure->code == errc::cancelled);
  CHECK(waiting->failure->message == "the client is gone");
  CHECK_FALSE(ran);
  CHECK(x.entry("waiting")["state"] == "cancelled");
  CHECK(x.entry("waiting")["why"] == "the client is gone");
}

TEST_CASE("worker pool: at its deadline a job is answered and told, whether it waits or runs", "[runtime]") {
  scene x;
  std::shared_ptr<asked<job_result_ref>> running;
  std::string heard;
  bool too_soon = false;
  running = x.submit(job_of("running", x.within(30ms), [&](job_control& c) -> result<job_result> {
    // Time passes while it runs, and the pool goes on.
    for (int ms = 0; ms < 60 && !c.cancelled(); ++ms) {
      x.s.scheduler.advance_time(1ms);
      while (x.s.scheduler.try_run_once()) {}
      too_soon = too_soon || (ms < 28 && c.cancelled());
    }
    heard = text_of(running);  // its caller does not wait for it to end
    return c.why();
  }));
  auto waiting = x.submit(job_of("waiting", x.within(30ms), [&](job_control&) -> result<job_result> { return job_result{}; }));
  x.s.settle();
  CHECK_FALSE(too_soon);
  CHECK(heard == "failed: running had not ended at its deadline");
  REQUIRE(waiting->failure);
  CHECK(waiting->failure->code == errc::timed_out);
  CHECK(waiting->failure->message == "waiting had not begun at its deadline");
  CHECK(x.entry("running")["state"] == "cancelled");
}

TEST_CASE("worker pool: cancelled by its id", "[runtime]") {
  scene x;
  std::shared_ptr<asked<bool>> cancelled, unknown;
  auto before = x.submit(job_of("before", x.within(1s), [&](job_control&) -> result<job_result> {
    cancelled = ask_from_outside<bool>(x.s.system, x.pool, cancel_v, x.entry("waiting")["id"].get<work_id>(), std::string("by ann"));
    unknown = ask_from_outside<bool>(x.s.system, x.pool, cancel_v, work_id{999}, std::string("by ann"));
    return job_result{};
  }));
  auto waiting = x.submit(x.noting("waiting"));
  x.s.settle();
  CHECK(cancelled->value == true);
  CHECK(unknown->value == false);
  CHECK(text_of(waiting) == "failed: by ann");
  CHECK(x.ran.empty());
}

TEST_CASE("worker pool: the board tells progress, and what became of each", "[runtime]") {
  scene x;
  nlohmann::json seen;
  auto a = x.submit(job_of(
      "value at risk", x.within(10s),
      [&](job_control& c) -> result<job_result> {
        c.progress(3, 10, "book 3");
        seen = x.board();
        return job_result{};
      },
      "risk", work_priority::urgent));
  auto b = x.submit(x.noting("b"));
  x.s.settle();
  REQUIRE(seen["jobs"].size() == 2);
  const auto& running = seen["jobs"][0];
  CHECK(running["name"] == "value at risk");
  CHECK(running["owner"] == "risk");
  CHECK(running["priority"] == "urgent");
  CHECK(running["correlation"] == "c-1");
  CHECK(running["state"] == "running");
  CHECK(running["progress"] == nlohmann::json::parse(R"({"done":3,"total":10,"text":"book 3"})"));
  CHECK(running["left_ms"] == 10'000);
  CHECK(seen["running"] == 1);
  CHECK(seen["waiting"] == 1);
  CHECK(x.board()["waiting"] == 0);
  CHECK(x.board()["running"] == 0);
  CHECK(x.board()["jobs"][0]["name"] == "b");
  CHECK(has_text(x.settings.board->as_metrics(), "tomnext_work_ended_total{how=\"done\"} 2"));
}

TEST_CASE("worker pool: it stops in order: what waits is answered, and its workers are gone", "[runtime]") {
  scene x;
  auto first = x.submit(job_of("first", x.within(1s), [&](job_control& c) -> result<job_result> {
    exit_after_queue(pointer_of(x.pool), exit_reason::user_shutdown);
    while (!c.cancelled() && x.s.scheduler.try_run_once()) {}  // the pool runs meanwhile
    if (c.cancelled()) return c.why();
    return job_result{};
  }));
  auto second = x.submit(x.noting("second"));
  x.s.settle();
  CHECK(text_of(second) == "failed: the pool stops");
  CHECK(text_of(first) == "failed: the pool stops");
  CHECK(x.s.news() == lines{"pool down: shut down"});
  CHECK(std::string(x.s.figures->find("work/1")->state()) == "stopped");
}

TEST_CASE("worker pool: a worker that ends is replaced, and its job is told", "[runtime]") {
  auto settings = small();
  directory where;
  lines restarts;
  settings.address = [&](actor_system& system, const std::string& name) { return where.address_of(system, name); };
  settings.on_restart = [&](const std::string& name, std::uint64_t n, const std::string& why) {
    restarts.push_back(name + " " + std::to_string(n) + ": " + why);
  };
  scene x(settings);
  x.s.settle();
  auto lost = x.submit(x.noting("lost"));
  while (x.board()["running"] == 0 && x.s.scheduler.try_run_once()) {}  // the order is in its mailbox
  exit_now(where.find("work/1"), exit_reason::kill);
  x.s.settle();
  REQUIRE(lost->failure);
  CHECK(lost->failure->code == errc::actor_down);
  CHECK(x.ran.empty());
  auto next = x.submit(x.noting("next"));
  x.s.pass(40ms);
  CHECK(text_of(next) == "next");
  CHECK(restarts == lines{"work/1 1: killed"});
  CHECK(x.s.of("work/1").restarts == 1);
  // Again and again is a failure of the pool, for its supervisor to see.
  for (int i = 0; i < 5; ++i) {
    exit_now(where.find("work/1"), exit_reason::kill);
    x.s.pass(1s);
  }
  CHECK(x.s.news() == lines{"pool down: work: its workers end again and again, lastly: killed"});
  where.clear();
}

TEST_CASE("worker pool: invalid settings end it at birth", "[runtime]") {
  auto settings = small();
  settings.workers = 0;
  scene x(settings);
  auto refused = x.submit(x.noting("a"));
  x.s.settle();
  CHECK(x.s.news() == lines{"pool down: worker pool: allowed for workers are 1 to 64"});
  CHECK(refused->failure);
}

TEST_CASE("worker pool: whatever happens, each job is answered once and the board's sums are right", "[runtime]") {
  const auto first_seed = seed_of_this_run();
  for (std::uint64_t seed = first_seed; seed < first_seed + 150; ++seed) {
    INFO("TOMNEXT_SEED=" << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    auto settings = small(1 + below(3));
    settings.restarts = {1'000, 10s, 1ms, 5ms};
    settings.queue.waiting_max = 8;
    directory where;
    settings.address = [&](actor_system& system, const std::string& name) { return where.address_of(system, name); };
    scene x(settings);
    std::vector<cancellation_source> sources(3);
    std::vector<std::shared_ptr<asked<job_result_ref>>> answers;
    std::map<std::string, int> ran;
    for (int step = 0; step < 80; ++step) {
      switch (below(8)) {
        case 0: x.s.pass(std::chrono::milliseconds(1 + below(4))); break;
        case 1: sources[below(3)].cancel(); break;
        case 2: sources[below(3)] = cancellation_source(); break;
        case 3: ask_from_outside<bool>(x.s.system, x.pool, cancel_v, work_id{1 + below(60)}, std::string("by id")); break;
        case 4:
          if (below(4) == 0) exit_now(where.find("work/" + std::to_string(1 + below(3))), exit_reason::kill);
          break;
        default: {
          const auto name = std::to_string(answers.size());
          const auto c = x.within(std::chrono::milliseconds(below(3) == 0 ? 1 + below(30) : 3'600'000), sources[below(3)].token());
          const auto owner = std::string(1, static_cast<char>('a' + below(3)));
          const auto body = [&, name, kind = below(6), which = below(3)](job_control&) -> result<job_result> {
            ++ran[name];
            if (kind == 0) throw std::runtime_error("boom");
            if (kind == 1) return error(errc::limit_breached, "no");
            if (kind == 2) sources[which].cancel();
            return job_result{name};
          };
          answers.push_back(x.submit(job_of(name, c, body, owner, static_cast<work_priority>(below(3)))));
        }
      }
      for (auto turns = below(6); turns > 0; --turns) x.s.scheduler.try_run_once();
    }
    const bool ends_early = below(3) == 0;
    if (ends_early) exit_now(pointer_of(x.pool), below(2) == 0 ? exit_reason::kill : exit_reason::user_shutdown);
    x.s.pass(200ms);
    for (const auto& a : answers) REQUIRE(a->done());
    for (const auto& [name, times] : ran) {
      REQUIRE(times == 1);
      REQUIRE(text_of(answers[std::stoul(name)]) != "of another type");
    }
    where.clear();
    if (ends_early) continue;
    const auto board = x.board();
    REQUIRE(board["waiting"] == 0);
    REQUIRE(board["running"] == 0);
    REQUIRE(board["workers"] == settings.workers);
    REQUIRE(board["given_up"] == 0);
    REQUIRE(board["submitted"] == board["done"].get<int>() + board["failed"].get<int>() + board["cancelled"].get<int>());
    REQUIRE(answers.size() == board["submitted"].get<std::size_t>() + board["refused"].get<std::size_t>());
  }
}
