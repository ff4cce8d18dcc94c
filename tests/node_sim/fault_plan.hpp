// What a seed lets go wrong, and when.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tests/node_sim/chance.hpp"

namespace tomnext::tests {

enum class fault_kind : std::uint8_t {
  kill,           ///< an actor ends: any name in introspection, supervisors too
  crash,          ///< the node is gone, with what was not durable; a new life begins on the same log and snapshots
  stop,           ///< an ordered stop in the middle, and a new life
  stall,          ///< an actor gets no worker for a while: a slow disk, a slow reader
  lose_request,   ///< the next request to an actor never arrives
  lose_answer,    ///< it arrives, and its answer does not
  slow_link,      ///< what a host tells the journal is on its way for a while
  late_words,     ///< the same, and the host ends when it has said something: that arrives when its next life may be there already
  slow_log,       ///< commits take their time
  full_log,       ///< the log refuses commits for a while
  io_error,       ///< a commit fails, and the log with it: the node must end
  read_error,     ///< one reading of the log fails
  jump,           ///< the clock jumps forward
  poison,         ///< the next decisions of one strategy throw
  command,        ///< an operator commands, and repeats it until it is answered
  source_broken,  ///< the market's files are away for a while, and the actor that reads them is started again
};
inline constexpr std::uint64_t fault_kinds = 16;
const char* word_of(fault_kind k);

struct fault {
  std::uint64_t at_step = 0;  ///< of the whole history
  fault_kind kind{};
  std::uint64_t target = 0;  ///< which actor, of those that there are then
  std::uint64_t amount = 0;  ///< how long, in virtual milliseconds; how many
};
/// "step 4711: kill #17, 3 ms".
std::string to_string(const fault& f);

/// What a seed is, apart from the order in which things happen.
struct simulated_case {
  std::uint64_t seed = 0;
  std::uint64_t variant = 0;  ///< of the deployment
  bool lockstep = true;       ///< otherwise in the order of arrival
  double pace = 1;            ///< then: so many times as fast as it was
  bool commands = false;      ///< operators command: then the back-test is no oracle
  std::vector<fault> plan;    ///< by step
};
/// `steps`: about how long a history without faults is.
simulated_case case_of(std::uint64_t seed, std::uint64_t steps);

}  // namespace tomnext::tests
