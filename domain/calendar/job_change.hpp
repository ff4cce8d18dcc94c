// What happens to jobs, as facts: what a book does is told in these, and what is known of jobs is the fold of them.
#pragma once
#include <map>
#include <string>
#include <variant>

#include "domain/calendar/job.hpp"

namespace tomnext::calendar {

/// A job is there from `at` on, or has another schedule: what that had scheduled before is nobody's affair.
struct schedule_given {
  std::string job, expression, zone;
  timestamp at;
  bool operator==(const schedule_given&) const = default;
};
struct run_began {
  job_run run;
  timestamp at;
  std::uint64_t command = 0;  ///< seq of the operator's command that asked for it; 0: none did
  bool operator==(const run_began&) const = default;
};
struct run_ended {
  std::string job;
  std::uint64_t number = 0;
  timestamp at;
  job_outcome outcome{};
  std::string error;
  bool operator==(const run_ended&) const = default;
};
struct pause_began {
  std::string job;
  timestamp at;
  std::string who, why;
  std::uint64_t command = 0;  ///< seq of the operator's command; 0: there is none in the log
  bool operator==(const pause_began&) const = default;
};
struct pause_ended {
  std::string job;
  timestamp at;
  std::string who, why;
  std::uint64_t command = 0;  ///< seq of the operator's command; 0: there is none in the log
  bool operator==(const pause_ended&) const = default;
};
using job_change = std::variant<schedule_given, run_began, run_ended, skipped_runs, pause_began, pause_ended>;

/// Of one job.
struct job_record {
  std::string expression, zone;
  job_memory memory;
};

/// The fold. A fact that is told again changes nothing but the counts of what was left out, and one that cannot be is passed over: it has happened all the
/// same.
class job_records {
 public:
  /// Names beyond these are not remembered; each configuration has far fewer.
  static constexpr std::size_t names_max = 4'096;
  void apply(const job_change& c);
  /// Null where nothing is known of it.
  [[nodiscard]] const job_record* find(const std::string& job) const;
  [[nodiscard]] std::size_t size() const { return records_.size(); }

 private:
  std::map<std::string, job_record> records_;
};

/// Whose it is.
const std::string& job_of(const job_change& c);

}  // namespace tomnext::calendar
