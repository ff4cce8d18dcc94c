#include "persistence/time_search.hpp"

namespace tomnext::persistence {

result<std::uint64_t> seq_at(const event_log& log, timestamp t) {
  // All events before `low` are earlier than t; all from `high` on are not.
  auto low = log.first_seq(), high = log.head().seq + 1;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    auto at_middle = log.scan(middle);
    if (!at_middle) return at_middle.error();
    auto g = (*at_middle)->next();
    if (!g) return g.error();
    if (!*g) return error(errc::log_gap, "event " + std::to_string(middle) + " is missing");
    // A whole group is decided at once, or the answer lies within it.
    if ((*g)->events.back().head.at < t) low = (*g)->last_seq() + 1;
    else if ((*g)->events.front().head.at >= t) high = (*g)->first_seq();
    else
      for (const auto& e : (*g)->events)
        if (e.head.at >= t) return e.head.seq;
  }
  return low;
}

}  // namespace tomnext::persistence
