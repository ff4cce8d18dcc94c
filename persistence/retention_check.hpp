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

/// Every host that was activated in what can be read of the log, `exempt` ones apart, has a valid snapshot that covers all before `base`. Returns their names.
/// errc::retention_refused names those that have none, how far the log can be retained, and what to do.
result<std::vector<std::string>> check_snapshots(const std::string& directory, const event_log& log, std::uint64_t base, const std::set<std::string>& exempt,
                                                 const retention_progress& go_on);

}  // namespace tomnext::persistence
