// Independent checks on several threads, with the answer that one thread would have given.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// Asked now and then; false: stop.
using ask = std::function<bool()>;

/// How often the caller is asked whether to go on while only others still work.
inline constexpr std::chrono::milliseconds ask_every{50};

/// Runs job(0) … job(count − 1), each once, begun in this order, on `threads` threads of which the caller's is one; only on his is `go_on` asked, until the
/// last job has ended. Returns the error of the first job that has one, or errc::cancelled. A job is told to stop by a cancellation, and by the error of an
/// earlier one, never by that of a later one: so the error is the same on any number of threads.
inline result<void> in_parallel(std::size_t count, unsigned threads, const ask& go_on, const std::function<result<void>(std::size_t, const ask&)>& job) {
  std::atomic<std::size_t> next{0}, first_bad{SIZE_MAX}, running{0};
  std::atomic<bool> cancelled{false};
  std::vector<result<void>> done(count);
  std::mutex mutex;
  std::condition_variable ended;
  const auto asked = [&] {
    if (!cancelled && go_on && !go_on()) cancelled = true;
  };
  const auto work = [&](const std::function<void()>& before) {
    for (;;) {
      before();
      const auto i = next++;
      if (i >= count || cancelled || i > first_bad) return;
      done[i] = job(i, [&, i] {
        before();
        return !cancelled && i < first_bad;
      });
      if (done[i] || cancelled) continue;
      for (auto known = first_bad.load(); i < known && !first_bad.compare_exchange_weak(known, i);) {}
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads && i < count; ++i) {
      ++running;
      others.emplace_back([&] {
        work([] {});
        const std::scoped_lock lock(mutex);
        --running;
        ended.notify_one();
      });
    }
    work(asked);
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, ask_every, [&] { return running == 0; })) {
      lock.unlock();
      asked();
      lock.lock();
    }
  }
  for (const auto& d : done)
    if (!d && d.error().code != errc::cancelled) return d;
  if (cancelled) return error(errc::cancelled, "cancelled");
  return {};
}

}  // namespace tomnext::persistence
