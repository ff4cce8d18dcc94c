// The worker pool on threads of its own: what a simulated one cannot show, a job that runs while others decide.
#include <atomic>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/runtime/worker_pool.hpp"
#include "tests/actors/runtime/blocking_worker.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

struct real_pool {
  struct config : system_config {
    config() { configure(*this, 2); }
  } settings;
  actor_system system{settings};
  std::shared_ptr<introspection> figures = std::make_shared<introspection>();
  std::shared_ptr<work_board> board = std::make_shared<work_board>();
  pool_protocol pool;

  explicit real_pool(std::size_t workers = 1, std::chrono::milliseconds stuck_after = 60s) {
    worker_pool_settings s;
    s.name = "work";
    s.workers = workers;
    s.given_up_max = 1;
    s.stuck_after = stuck_after;
    s.look_every = 1ms;
    s.board = board;
    s.figures = figures;
    pool = spawn_actor<pool_protocol, worker_pool_state>(system, figures, {"work", "pool", ""}, s);
  }
  ~real_pool() { exit_now(pointer_of(pool), exit_reason::user_shutdown); }
  real_pool(const real_pool&) = delete;
  real_pool& operator=(const real_pool&) = delete;

  /// The answer as text: a result's, or the error's message.
  std::shared_ptr<std::promise<std::string>> submit(const std::string& name, const call_ref& c, std::function<result<job_result>(job_control&)> run) {
    auto box = std::make_shared<std::promise<std::string>>();
    const auto j = std::make_shared<const job>(job{name, "test", work_priority::normal, 10ms, c, std::move(run)});
    spawn_errand(system, [=, to = pool](plain_actor* self) {
      ask(self, to, 60s, submit_v, j)
          .then([box](const job_result_ref&) { box->set_value("done"); }, [box](const actor_error& e) { box->set_value(from_caf(e).message); });
    });
    return box;
  }
  call_ref within(std::chrono::milliseconds time, cancellation_token token = {}) { return begin_call("c", system.clock().now() + time, token); }
  nlohmann::json json() { return board->as_json(system.clock().now()); }
  /// Waits until the board says so; 20 s in case of a defect.
  bool until(const std::function<bool(const nlohmann::json&)>& seen) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < limit) {
      if (seen(json())) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

std::string value_of(const std::shared_ptr<std::promise<std::string>>& p) {
  auto f = p->get_future();
  return f.wait_for(20s) == std::future_status::ready ? f.get() : "no answer";
}

}  // namespace

TEST_CASE("worker pool: a job that computes sees that it was cancelled at its next look", "[runtime]") {
  real_pool x;
  const cancellation_source source;
  gate running;
  std::atomic<std::uint64_t> iterations{0}, after_cancel{0};
  std::atomic<bool> cancelled{false};
  auto answer = x.submit("sum", x.within(60s, source.token()), [&](job_control& c) -> result<job_result> {
    double sum = 0;
    while (!c.cancelled()) {
      for (int i = 1; i < 1'000; ++i) sum += 1.0 / i;
      // What this thread does once the cancel has returned: the flag was set before, so at most the round that was under way.
      if (cancelled.load()) ++after_cancel;
      if (++iterations == 100) running.open();
    }
    return job_result{sum};
  });
  REQUIRE(running.pass());
  source.cancel({errc::cancelled, "the client is gone"});
  cancelled = true;
  CHECK(value_of(answer) == "the client is gone");
  CHECK(x.until([](const auto& j) { return j["running"] == 0; }));
  CHECK(after_cancel <= 1);
  CHECK(x.json()["jobs"][0]["state"] == "cancelled");
  CHECK(value_of(x.submit("next", x.within(60s), [](job_control&) -> result<job_result> { return job_result{}; })) == "done");
}

TEST_CASE("worker pool: its threads are not those of the scheduler, and run side by side", "[runtime]") {
  real_pool x(2);
  gate first, second, leave;
  std::thread::id ids[2];
  auto a = x.submit("a", x.within(60s), [&](job_control&) -> result<job_result> {
    ids[0] = std::this_thread::get_id();
    first.open();
    leave.pass();
    return job_result{};
  });
  auto b = x.submit("b", x.within(60s), [&](job_control&) -> result<job_result> {
    ids[1] = std::this_thread::get_id();
    second.open();
    leave.pass();
    return job_result{};
  });
  // Both wait for the gate, on two threads: and with the scheduler's two threads the pool still answers.
  REQUIRE(first.pass());
  REQUIRE(second.pass());
  CHECK(ids[0] != ids[1]);
  CHECK(x.json()["running"] == 2);
  outside_actor self{x.system};
  bool answered = false;
  ask(&*self, x.pool, 20s, cancel_v, work_id{77}, std::string()).receive([&](bool) { answered = true; }, [](const actor_error&) {});
  CHECK(answered);
  leave.open();
  CHECK(value_of(a) == "done");
  CHECK(value_of(b) == "done");
}

TEST_CASE("worker pool: a job that does not look is given up, and others run on", "[runtime]") {
  real_pool x(1, 5ms);
  gate entered, leave;
  const cancellation_source source;
  auto deaf = x.submit("deaf", x.within(60s, source.token()), [&](job_control&) -> result<job_result> {
    entered.open();
    leave.pass();
    return job_result{};
  });
  REQUIRE(entered.pass());
  source.cancel({errc::cancelled, "enough"});
  CHECK(value_of(deaf) == "enough");
  // Its thread is lost for now; another one takes the next job.
  CHECK(value_of(x.submit("next", x.within(60s), [](job_control&) -> result<job_result> { return job_result{}; })) == "done");
  CHECK(x.json()["given_up"] == 1);
  CHECK(x.json()["workers"] == 1);
  leave.open();
  CHECK(x.until([](const auto& j) { return j["given_up"] == 0; }));  // it came back, and was one too many
  CHECK(x.json()["workers"] == 1);
}

TEST_CASE("worker pool: with all threads lost it refuses, and goes on when one comes back", "[runtime]") {
  real_pool x(1, 5ms);
  gate leave;
  std::vector<std::shared_ptr<std::promise<std::string>>> deaf;
  for (int i = 0; i < 2; ++i) {
    gate entered;
    const cancellation_source source;
    deaf.push_back(x.submit("deaf", x.within(60s, source.token()), [&](job_control&) -> result<job_result> {
      entered.open();
      leave.pass();
      return job_result{};
    }));
    REQUIRE(entered.pass());
    source.cancel();
    REQUIRE(x.until([&](const auto& j) { return j["given_up"] == i + 1; }));
  }
  CHECK(value_of(x.submit("next", x.within(60s), [](job_control&) -> result<job_result> { return job_result{}; })) ==
        "work: all 2 threads hang in jobs that do not end when they are told to, and no more than 1 are replaced; see /api/v1/work");
  leave.open();
  REQUIRE(x.until([](const auto& j) { return j["workers"] == 1; }));
  for (const auto& f : x.figures->figures()) CHECK(f.restarts == 0);  // the very same thread
  CHECK(value_of(x.submit("next", x.within(60s), [](job_control&) -> result<job_result> { return job_result{}; })) == "done");
}

TEST_CASE("worker pool: killed, it tells the jobs that run", "[runtime]") {
  gate entered;
  std::atomic<bool> told{false};
  {
    real_pool x;
    auto answer = x.submit("endless", x.within(60s), [&](job_control& c) -> result<job_result> {
      entered.open();
      while (!c.cancelled()) std::this_thread::yield();
      told = true;
      return c.why();
    });
    REQUIRE(entered.pass());
    exit_now(pointer_of(x.pool), exit_reason::kill);
    CHECK(value_of(answer) == "the answer was given up");
  }  // the system waits for its actors: this ends because the job did
  CHECK(told);
}
