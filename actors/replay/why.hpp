// Why did this happen? The chain of causes of an event, down to the ticks, as a tree.
#pragma once
#include <string>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// An event and what it rests on: its cause, and for a bar the quotes that made its prices, for a fill the quote it filled on.
struct cause_node {
  event what;
  std::string role;  ///< "cause", "open", "high", "low", "close", "book"
  std::vector<cause_node> causes;
};

/// The event at a seq. errc::invalid_argument where the log is shorter.
result<event> event_at(const persistence::event_log& log, std::uint64_t seq);
/// The newest event of a type; errc::invalid_argument where there is none.
result<event> last_of(const persistence::event_log& log, std::uint16_t type_number);

result<cause_node> why(const persistence::event_log& log, std::uint64_t seq);
std::string to_tree(const cause_node& n);
std::string to_json(const cause_node& n);

}  // namespace tomnext::replay
