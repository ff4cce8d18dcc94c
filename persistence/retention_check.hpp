// Whether events may leave the rows: what must hold before `log retain` touches anything.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "persistence/base.hpp"

namespace tomnext::persistence {

/// Asked with the event that is being read; false ends it with errc::cancelled.
using retention_progress = std::function<bool(std::uint64_t seq)>;

/// Every event from one base up to the other lies in the archive, and leads by its hashes into what stays. errc::retention_refused says what is missing.
result<void> check_archived(const std::string& directory, const log_base& from, const log_base& to, const retention_progress& go_on);

struct checked_hosts {
  std::vector<std::string> names;         ///< whose snapshots were found to reach far enough
  std::vector<snapshot_key> before_base;  ///< all that were activated before the new base: what the file `base` must say
};

/// Every host that was ever activated in the log, `exempt` ones apart, has a valid snapshot that covers all before `base`. Those of before the present base
/// are known from its file; where that does not say, they are read from the archive. errc::retention_refused names the hosts that have none, how far the log
/// can be retained, and what to do; or the archive is needed, and is elsewhere.
result<checked_hosts> check_snapshots(const std::string& directory, const event_log& log, std::uint64_t base, const std::set<std::string>& exempt,
                                      const retention_progress& go_on);

}  // namespace tomnext::persistence
