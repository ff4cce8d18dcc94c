// What a job of the calendar is, and what is known of its runs.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "domain/base/market.hpp"
#include "domain/calendar/schedule.hpp"

namespace tomnext::calendar {

/// What becomes of scheduled times that nobody was there for: the node was down, or its clock jumped over them. They are left out; the last of them is made up
/// for by one run; or all are, one after the other, the last `missed_runs_max` of them.
enum class missed_policy : std::uint8_t { skip, run_once, run_all };

/// What becomes of a scheduled time at which the run before it still goes on: it is left out, or waits for the end of that run, one of them.
enum class overlap_policy : std::uint8_t { skip, queue_one };

struct job_settings {
  std::string name;
  schedule when;
  missed_policy missed = missed_policy::run_once;
  overlap_policy overlap = overlap_policy::skip;
  std::uint32_t missed_runs_max = 10;         ///< of run_all
  std::int64_t grace_ns = minute_ns;          ///< a run that begins later than this after its time was missed
  std::int64_t deadline_ns = 10 * minute_ns;  ///< a run that goes on for longer counts as timed out
  std::string action = {};                    ///< what it does, in a word for people
};

/// Two readings of one moment: the date and time, which may jump, and a clock that only goes on.
struct moment {
  timestamp wall;
  std::int64_t monotonic_ns = 0;
};

struct job_run {
  std::string job;
  std::uint64_t number = 0;  ///< of the job's runs, from 1 on, also over restarts
  timestamp scheduled;       ///< by hand: when it was asked for
  bool by_hand = false;
  bool operator==(const job_run&) const = default;
};

struct past_run {
  job_run run;
  timestamp started, ended;
  job_outcome outcome{};
  std::string error;  ///< empty where it succeeded
  bool operator==(const past_run&) const = default;
};

/// So many scheduled times up to `through` had no run. `count` is a lower bound from 100,000 on.
struct skipped_runs {
  std::string job;
  timestamp through;
  std::uint64_t count = 0;
  skip_reason reason{};
  bool operator==(const skipped_runs&) const = default;
};

struct job_counts {
  std::uint64_t succeeded = 0, failed = 0, timed_out = 0, lost = 0;  ///< of runs
  std::uint64_t missed = 0, overlapped = 0, paused = 0;              ///< of scheduled times without one
  bool operator==(const job_counts&) const = default;
};

/// An operator's command that a job has carried out.
struct carried_command {
  std::uint64_t command = 0;  ///< seq of its event
  std::uint64_t run = 0;      ///< that began by it; 0: none
  bool operator==(const carried_command&) const = default;
};

/// What outlives a node: all of it follows from what was recorded of the job.
struct job_memory {
  static constexpr std::size_t history_max = 32;
  static constexpr std::size_t commands_max = 64;
  timestamp decided_to;  ///< what is scheduled up to here has had its run, or will have none
  bool paused = false;
  std::uint64_t last_number = 0;
  std::optional<job_run> running = {};
  timestamp running_since = {};
  std::deque<past_run> history = {};  ///< the last ones, the latest last
  job_counts counts = {};
  std::deque<carried_command> commands = {};  ///< the last ones, the latest last
  bool operator==(const job_memory&) const = default;

  /// A run has begun, ended, was left out.
  void began(const job_run& run, timestamp at);
  void ended(timestamp at, job_outcome outcome, const std::string& error);
  void skipped(const skipped_runs& s);
  /// A command counts once, however often it is told. 0 is none.
  void carried_out(std::uint64_t command, std::uint64_t run);
  /// Null where it was not carried out, or so long ago that it is not remembered.
  [[nodiscard]] const carried_command* carried(std::uint64_t command) const;
};

/// "skip", "run_once", "run_all"; "skip", "queue_one"
std::string_view word_of(missed_policy p);
std::string_view word_of(overlap_policy p);

}  // namespace tomnext::calendar
