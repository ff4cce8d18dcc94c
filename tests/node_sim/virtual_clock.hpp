// The steady clock of this program: virtual time while a node is simulated, so that whoever measures a deadline or a pace by it lives in the same time as the
// actors' timers; the machine's otherwise.
#pragma once
#include "actors/runtime/caf.hpp"

namespace tomnext::tests {

/// While it lives, std::chrono::steady_clock tells this scheduler's time.
class virtual_clock {
 public:
  explicit virtual_clock(actors::test_scheduler& scheduler);
  ~virtual_clock();
  virtual_clock(const virtual_clock&) = delete;
  virtual_clock& operator=(const virtual_clock&) = delete;
};
/// The machine's clock, whatever is simulated.
std::chrono::nanoseconds real_time();

}  // namespace tomnext::tests
