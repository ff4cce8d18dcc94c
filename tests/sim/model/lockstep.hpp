// The same inputs answered by one thread, and by hosts that run when they please: are the two logs equal?
#pragma once
#include <array>
#include <vector>

#include "tests/sim/model/service.hpp"

namespace tomnext::sim {

/// How the journal gives outputs their place.
enum class release_order {
  by_cause_and_rank,  ///< by (cause, host rank, ordinal): an answer waits for the earlier ones, empty ones too
  as_they_arrive,
};

struct outcome {
  std::vector<event> log;
  std::array<std::uint64_t, host_count> fingerprints{};
};

/// The back-test kernel: breadth first, hosts in the order of their rank.
outcome one_thread(const topology& wiring, const std::vector<event>& inputs);
/// Hosts as actors under a random schedule; the next input is admitted when all is quiet.
outcome many_hosts(const topology& wiring, const std::vector<event>& inputs, release_order order, random_source& schedule);

}  // namespace tomnext::sim
