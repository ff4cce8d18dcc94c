// Times are found, not scanned for: `at` never goes backwards along a log.
#pragma once
#include "persistence/event_log.hpp"

namespace tomnext::persistence {

/// The seq of the first event with at >= t; head + 1 where there is none. Reads some log2(head) groups.
result<std::uint64_t> seq_at(const event_log& log, timestamp t);

}  // namespace tomnext::persistence
