// raw clock in this file: a command at a terminal waits for more.
#include "actors/app/output_wait.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace tomnext::app {

wake wait_for_output(std::chrono::milliseconds pause, const interrupts& asked) {
  constexpr std::chrono::milliseconds slice{50};
  const auto until = std::chrono::steady_clock::now() + pause;
  while (!asked.requested()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return wake::look;
    pollfd out{STDOUT_FILENO, 0, 0};
    if (::poll(&out, 1, static_cast<int>(std::min(left, slice).count())) > 0 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return wake::stop;
  }
  return wake::stop;
}

}  // namespace tomnext::app
