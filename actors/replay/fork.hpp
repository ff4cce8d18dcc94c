// A recorded run once more with other settings: from its first quote on, or from a past moment of it. What came in from outside is replayed, the venue is
// simulated, and what comes of it is compared with what is recorded.
#pragma once
#include <string>
#include <vector>

#include "actors/replay/composition.hpp"
#include "actors/replay/decision_diff.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// Where a log can be forked: at a seq up to which everything is answered, and after which nothing answers what came before.
struct fork_bounds {
  std::uint64_t first = 0;  ///< the last event before the first quote or bar from outside
  std::uint64_t last = 0;   ///< the last but one of the log
  timestamp begins;         ///< of the first event
};
/// errc::invalid_argument where the log has no quote.
result<fork_bounds> fork_bounds_of(const persistence::event_log& log);
/// The latest such seq that is not later than `seq`: inside a reaction the one before it. errc::invalid_argument names what is allowed.
result<std::uint64_t> fork_seq(const persistence::event_log& log, std::uint64_t seq);

struct rerun_options {
  std::string directory;                                ///< of the recorded log, for its contents
  std::uint64_t at_seq = 0;                             ///< as fork_seq gives it; 0: a run of its own, from the first quote on
  std::string into;                                     ///< directory of the new log; empty: nothing is kept
  bool encrypt = false;                                 ///< the new log; it is in any case where the recorded one is
  std::function<bool(std::uint64_t)> on_progress = {};  ///< gets the seq of the recorded log; false cancels
};

struct rerun_report {
  std::uint64_t at_seq = 0;
  timestamp at;                            ///< of that event
  persistence::log_head parent;            ///< the recorded log
  run_outcome recorded, other;             ///< from the first event to the end
  decision_comparison decisions;           ///< made after at_seq
  std::uint64_t inputs = 0;                ///< replayed from outside
  std::uint64_t venue_reports_passed = 0;  ///< answers of a venue that was not simulated: they are answers to the recorded orders, not to these
  bool settings_changed = false;  ///< or a host's version: the fork begins with its configuration and activations; else it is the log itself, gone on with
  persistence::log_head head;     ///< of the new log
};

/// `d` and `parts` as deployment_of_log gives them, with the settings changed. A fork begins with the events of the log up to at_seq as they are, all but the
/// declaration, which names log and seq; hosts have the states of a fold of them (design law 8) under the changed settings. Written to disk before it is named.
/// errc::configuration_value where a setting cannot change in the middle of a log; errc::invalid_argument where the hosts are others, or where a fork is of a log whose
/// venue was not the simulated one; otherwise what the log, the disk or a service says.
result<rerun_report> rerun(const persistence::event_log& log, const config::deployment& recorded, const config::deployment& d, const composition_parts& parts,
                           const rerun_options& o);

}  // namespace tomnext::replay
