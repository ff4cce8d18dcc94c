// Independent checks on several threads, with the answer that one thread would have given.
#pragma once
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// Asked now and then; false: stop.
using ask = std::function<bool()>;

/// Runs job(0) … job(count − 1), each once, begun in this order, on `threads` threads of which the caller's is one; only on his is `go_on` asked. Returns the
/// error of the first job that has one, or errc::cancelled. After an error or a cancellation no further job begins.
inline result<void> in_parallel(std::size_t count, unsigned threads, const ask& go_on, const std::function<result<void>(std::size_t, const ask&)>& job) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stopped{false}, cancelled{false};
  std::vector<result<void>> done(count);
  auto work = [&](const ask& keep_on) {
    while (keep_on()) {
      const auto i = next++;
      if (i >= count) return;
      done[i] = job(i, keep_on);
      if (!done[i]) stopped = true;
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads && i < count; ++i) others.emplace_back([&] { work([&] { return !stopped; }); });
    work([&] {
      if (!stopped && go_on && !go_on()) stopped = cancelled = true;
      return !stopped;
    });
  }
  for (const auto& d : done)
    if (!d && d.error().code != errc::cancelled) return d;
  if (cancelled) return error(errc::cancelled, "cancelled");
  return {};
}

}  // namespace tomnext::persistence
