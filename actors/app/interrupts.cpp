#include "actors/app/interrupts.hpp"

#include <atomic>
#include <csignal>

namespace tomnext::app {
namespace {

std::atomic<bool> asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not lock");
struct sigaction before_int, before_term;

// The default comes back at once, so that a job that does not answer can still be ended by a second Ctrl-C.
void remember(int signal) {
  asked = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

interrupts::interrupts() {
  asked = false;
  struct sigaction a {};
  a.sa_handler = remember;
  a.sa_flags = SA_RESTART;  // a read that was interrupted goes on: the job itself asks, between two steps
  sigemptyset(&a.sa_mask);
  sigaction(SIGINT, &a, &before_int);
  sigaction(SIGTERM, &a, &before_term);
}

interrupts::~interrupts() {
  sigaction(SIGINT, &before_int, nullptr);
  sigaction(SIGTERM, &before_term, nullptr);
}

bool interrupts::requested() const { return asked; }

}  // namespace tomnext::app
