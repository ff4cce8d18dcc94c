// How the jobs of a node stand: written by the actor that runs them, read by whoever answers for the node.
#pragma once
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "domain/calendar/job_book.hpp"

namespace tomnext::actors {

class job_board {
 public:
  /// Of the actor that runs them. `unrecorded`: what has happened and is not in the log yet; `failing`: why not, empty where nothing is wrong.
  void show(const calendar::job_book& book, timestamp now, std::size_t unrecorded, std::string failing);
  /// The same where it does not know the jobs yet: they stay as an earlier life has shown them.
  void show_failing(timestamp now, std::string failing);

  /// {"at", "unrecorded", "failing", "jobs": [{"name", "action", "schedule", "time_zone", "holidays", "on_holiday", "missed", "overlap", "grace_s", "deadline_s",
  /// "state": "paused" | "running" | "waiting" | "idle", "paused", "next", "next_local", "running": {…} or null, "waiting": [scheduled…], "runs": {…},
  /// "skipped": {…}, "history": [the latest first]}]}. `next` is UTC, `next_local` what a clock in the job's zone shows then.
  [[nodiscard]] nlohmann::json as_json() const;
  /// One of them, or null.
  [[nodiscard]] nlohmann::json as_json(const std::string& job) const;
  /// In the Prometheus text format; empty where there are no jobs.
  [[nodiscard]] std::string as_metrics() const;

 private:
  mutable std::mutex mutex_;
  timestamp at_;
  std::size_t unrecorded_ = 0;
  std::string failing_;
  std::vector<calendar::job_book::entry> jobs_;
};

}  // namespace tomnext::actors
