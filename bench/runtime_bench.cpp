// What work apart costs: empty jobs through the pool beside a bare queue of threads, how soon a running job sees a cancel, and the calls of a circuit breaker.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "actors/runtime/circuit_breaker.hpp"
#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/worker_pool.hpp"
#include "bench/harness.hpp"

using namespace tomnext;
using namespace tomnext::actors;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t threads = 2;
constexpr int in_flight = 64;
constexpr int jobs = 30'000;

struct real_pool {
  struct config : system_config {
    config() { configure(*this, threads); }
  } settings;
  actor_system system{settings};
  pool_protocol pool;
  real_pool() {
    worker_pool_settings s;
    s.name = "work";
    s.workers = threads;
    s.board = std::make_shared<work_board>();
    s.figures = std::make_shared<introspection>();
    pool = spawn_actor<pool_protocol, worker_pool_state>(system, s.figures, {"work", "pool", ""}, s);
  }
  ~real_pool() { exit_now(pointer_of(pool), exit_reason::user_shutdown); }
  real_pool(const real_pool&) = delete;
  real_pool& operator=(const real_pool&) = delete;
  job_ref job_of(std::function<result<job_result>(job_control&)> run, cancellation_token token = {}) {
    return std::make_shared<const job>(
        job{"bench", "bench", work_priority::normal, 1ms, begin_call("bench", system.clock().now() + 600s, std::move(token)), std::move(run)});
  }
};

/// Keeps a number of jobs in the pool until all are done.
double pool_jobs_per_s() {
  real_pool x;
  const auto nothing = x.job_of([](job_control&) -> result<job_result> { return job_result{}; });
  std::promise<void> done;
  const auto start = bench::stopwatch::now();
  spawn_errand(x.system, [&, to = x.pool](plain_actor* self) {
    const auto left = std::make_shared<int>(jobs), open = std::make_shared<int>(0);
    const auto next = std::make_shared<std::function<void()>>();
    *next = [=, &done, again = std::weak_ptr(next)] {
      if (*left == 0) {
        if (*open == 0) done.set_value();
        return;
      }
      --*left;
      ++*open;
      ask_under_watch(self, to, submit_v, nothing)
          .then(
              [=, go_on = again.lock()](const job_result_ref&) {
                --*open;
                (*go_on)();
              },
              [](const actor_error&) { std::abort(); });
    };
    for (int i = 0; i < in_flight; ++i) (*next)();
  });
  done.get_future().wait();
  return jobs / bench::seconds_since(start);
}

/// The same with a mutex and a condition: each answer comes back to one asker through such a queue too.
double bare_jobs_per_s() {
  struct queue {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> waiting;
    bool over = false;
    void put(std::function<void()> f) {
      {
        const std::lock_guard lock(mutex);
        waiting.push_back(std::move(f));
      }
      changed.notify_one();
    }
    void end() {
      const std::lock_guard lock(mutex);
      over = true;
      changed.notify_all();
    }
    bool run_one() {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return over || !waiting.empty(); });
      if (waiting.empty()) return false;
      const auto f = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      f();
      return true;
    }
  };
  queue work, answers;
  std::vector<std::thread> all;
  for (std::size_t i = 0; i < threads; ++i)
    all.emplace_back([&] {
      while (work.run_one()) {}
    });
  const auto start = bench::stopwatch::now();
  int left = jobs, open = 0;
  const std::function<void()> next = [&] {
    if (left == 0) return;
    --left;
    ++open;
    work.put([&] {
      answers.put([&] {
        --open;
        next();
      });
    });
  };
  for (int i = 0; i < in_flight; ++i) next();
  while (open > 0) answers.run_one();
  const auto per_s = jobs / bench::seconds_since(start);
  work.end();
  for (auto& t : all) t.join();
  return per_s;
}

enum class way { by_token, by_message, bare_flag };

/// Microseconds from the cancel to the moment at which a job that computes has seen it, a job at a time.
std::vector<double> cancel_latencies(way how) {
  real_pool x;
  std::vector<double> all;
  std::atomic<bool> flag{false};
  for (int round = 0; round < 200; ++round) {
    const cancellation_source source;
    std::promise<void> running;
    std::promise<bench::stopwatch::time_point> seen;
    flag = false;
    const auto j = x.job_of(
        [&](job_control& c) -> result<job_result> {
          running.set_value();
          double sum = 0;
          while (how == way::bare_flag ? !flag.load(std::memory_order_relaxed) : !c.cancelled())
            for (int i = 1; i < 100; ++i) sum += 1.0 / i;
          seen.set_value(bench::stopwatch::now());
          return job_result{sum};
        },
        source.token());
    tell_from_outside(x.pool, submit_v, j);
    running.get_future().wait();
    const auto at = bench::stopwatch::now();
    if (how == way::by_token) source.cancel();
    else if (how == way::by_message) tell_from_outside(x.pool, cancel_v, static_cast<work_id>(round + 1), std::string("bench"));
    else flag.store(true, std::memory_order_relaxed);
    all.push_back(bench::microseconds(seen.get_future().get() - at));
  }
  return all;
}

/// Nanoseconds of one of n calls.
template <class F> double nanoseconds_each(int n, F f) {
  const auto start = bench::stopwatch::now();
  for (int i = 0; i < n; ++i) f();
  return bench::seconds_since(start) * 1e9 / n;
}

}  // namespace

int main(int argc, char** argv) {
  bench::harness h("runtime_bench", "What work apart costs: jobs, cancels, and the calls of a circuit breaker.");
  h.parse(argc, argv);

  std::vector<double> pool, bare;
  for (int round = 0; round < bench::rounds; ++round) {
    pool.push_back(pool_jobs_per_s());
    bare.push_back(bare_jobs_per_s());
  }
  h.add({"empty jobs, 2 threads, 64 in flight", bench::median(pool) / 1e3, "k/s", "a mutex and a condition", bench::median(bare) / 1e3, {}});

  const auto flag = cancel_latencies(way::bare_flag);
  for (const auto& [how, name] : {std::pair(way::by_token, "token"), std::pair(way::by_message, "id")}) {
    const auto all = cancel_latencies(how);
    const std::string by = std::string("cancel by ") + name + " to a running job's look, ";
    h.add({by + "p50", bench::quantile(all, 0.5), "us", "a bare flag", bench::quantile(flag, 0.5), 50'000});
    h.add({by + "p99", bench::quantile(all, 0.99), "us", "a bare flag", bench::quantile(flag, 0.99), 50'000});
  }

  constexpr int calls = 1'000'000;
  std::vector<double> breaker, lock, look;
  for (int round = 0; round < bench::rounds; ++round) {
    circuit_breaker b("callee", {}, 1);
    const auto now = bench::stopwatch::now();
    breaker.push_back(nanoseconds_each(calls, [&] { b.answered(*b.admit(now), now); }));
    std::mutex m;
    lock.push_back(nanoseconds_each(calls, [&] { const std::lock_guard held(m); }));
    const cancellation_source source;
    const auto token = source.token();
    look.push_back(nanoseconds_each(calls, [&] {
      if (token.cancelled()) std::abort();
    }));
  }
  h.add({"circuit breaker, a call and its report", bench::median(breaker), "ns", "a mutex locked and unlocked", bench::median(lock), {}});
  h.add({"a look at a token", bench::median(look), "ns", "", 0, {}});
  h.print();
  return 0;
}
