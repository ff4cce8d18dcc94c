// `log retain`: events that lie in verified segments, and that no host will ask for, leave the rows.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

enum class retain_mode : std::uint8_t { apply, dry_run };

struct retain_options {
  std::uint64_t from_seq{};  ///< the first event that stays; rounded down to the beginning of its group
  retain_mode mode = retain_mode::apply;
  std::set<std::string> exempt_hosts;  ///< need no snapshot: they are gone for good, or may read the archive when they come back
};

struct retain_report {
  std::uint64_t base_before{}, base{};  ///< where the rows began, and where they begin now (dry run: would begin)
  log_head head;
  std::vector<std::string> hosts;         ///< whose snapshots were found to reach far enough
  std::uint64_t bytes_before{}, bytes{};  ///< of the files of the rows
};

/// Asked before each step, by its name: "checking", "breaking the seal", "anchoring", "writing the base", "dropping tables", "dropping rows", "compacting",
/// "sealing"; and with the event that is being checked. False ends it with errc::cancelled.
using retain_step = std::function<bool(std::string_view step, std::uint64_t seq)>;

/// Removes the rows before options.from_seq. Nobody may write the log meanwhile (errc::log_locked).
/// errc::retention_refused, and nothing is changed: an event that would go lies in no whole segment that leads into the rows that stay, or a host
/// that was activated in the log has no snapshot that reaches to them; the message says which, and what to do. A log without hosts needs segments only.
/// The segments are synced, and the base is durable, before the first row goes: ended at any step the log opens, behaves as retained from that step on, and a further call completes it,
/// if all rows that are still there lie in the archive then.
result<retain_report> retain_log(const std::string& directory, const retain_options& options, const retain_step& go_on);

}  // namespace tomnext::persistence
