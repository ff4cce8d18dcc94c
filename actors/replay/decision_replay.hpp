// Decision replay: every decide of a recorded log is run again, and its reaction compared with the recorded one, payload by payload.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/replay/hosts.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// Where a decision came out otherwise: what the log holds, what this build and configuration decide, and what led there.
struct decision_difference {
  std::uint64_t seq = 0;  ///< of the recorded event, or of the input whose reaction is incomplete
  std::string host;
  std::optional<event> recorded;
  std::optional<event> decided;
};

/// A stretch that another version of a service decided, or this one under another configuration: named, folded as recorded, and not compared.
struct skipped_stretch {
  std::string host;
  std::uint64_t from_seq = 0;
  std::uint32_t recorded_version = 0;
  std::uint32_t version = 0;
  bool other_configuration = false;  ///< the version is the same
};

struct decision_report {
  std::uint64_t events = 0, inputs = 0, compared = 0;
  std::uint64_t pending = 0;  ///< decided here, not yet recorded where the reading ended: a node that stopped in the middle
  std::optional<decision_difference> difference;
  std::vector<skipped_stretch> skipped;
  std::uint64_t state_hash = 0;
  [[nodiscard]] bool identical() const { return !difference; }
};

struct decision_options {
  /// Inputs of these seqs are decided on and compared; earlier ones are folded with what is recorded for them. Beyond the head: the head.
  std::uint64_t from_seq = 1, to_seq = UINT64_MAX;
  /// Where it is given: hosts that were activated with another one are folded and named, as those of another version are. A log whose configuration
  /// changed needs it: a fork.
  std::optional<std::uint64_t> configuration_hash = {};
  std::function<bool(std::uint64_t)> on_progress = {};  ///< gets the seq reached; false cancels
};

/// Runs to the first difference, or to the end. An input whose reaction is missing, although a later reaction of that host is there, is a difference.
/// The log is read once, on another thread; a second time only where it says of an input, behind it, that its host passed it over.
/// errc::invalid_argument where the log was made by other hosts than the composed ones; errc::poisonous_input where an exception escapes a service.
result<decision_report> replay_decisions(const persistence::event_log& log, std::vector<composed_host> hosts, const decision_options& options);

}  // namespace tomnext::replay
