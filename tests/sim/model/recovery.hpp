// Recovery by law 6: a function of the log, a snapshot or none, and the build that starts. Nothing else survives a crash.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "tests/sim/model/service.hpp"

namespace tomnext::sim {

struct snapshot {
  int host;
  unsigned fold_version;
  seq_number covered;  ///< inputs up to here are in the state
  seq_number mark;     ///< own events up to here are in the state: the seq of its host_progressed
  std::uint64_t mark_id;
  std::uint64_t prefix_hash;  ///< of the log up to the mark
  state held;
};

struct recovered {
  state now;
  seq_number consumed = 0;               ///< the last input
  seq_number decided_to = 0;             ///< the highest position that its own recorded events tell
  std::vector<seq_number> decided_anew;  ///< inputs behind it
  std::vector<reaction> proposals;       ///< what was decided on them, where it is anything
  std::string problem;                   ///< why the log cannot be folded
};

/// `visible` is the log through the registration; `from` may be null. A host with no event of its own in the log is new.
recovered recover(const host_role& role, std::span<const event> visible, const snapshot* from);

}  // namespace tomnext::sim
