#include "tests/node_sim/virtual_clock.hpp"

#include <ctime>

namespace tomnext::tests {
namespace {

// Of the thread that simulates: others, of a worker pool say, live in real time.
thread_local actors::test_scheduler* simulated = nullptr;

}  // namespace

virtual_clock::virtual_clock(actors::test_scheduler& scheduler) { simulated = &scheduler; }
virtual_clock::~virtual_clock() { simulated = nullptr; }

std::chrono::nanoseconds real_time() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace tomnext::tests

// In place of the library's own: the linker takes the program's definition, also for what the shared libraries ask.
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  using namespace tomnext::tests;
  if (simulated != nullptr) return simulated->clock().now();
  return time_point(real_time());
}
