// Events of the runtime: logs, activation, timers, operators. Numbers 1 to 19.
#pragma once
#include "domain/base/market.hpp"
#include "domain/base/service.hpp"
#include "domain/base/text.hpp"

namespace tomnext {

/// The first event of every log: what it is for, and what it was made from.
struct log_declared {
  TOMNEXT_EVENT(1, log_declared, 1)
  log_purpose purpose{};
  long_text description;
  TOMNEXT_FIELDS(FIELD(1, purpose) FIELD(2, description))
};
/// The configuration in force from here on; its text lies in the content store under this hash.
struct configuration_set {
  TOMNEXT_EVENT(2, configuration_set, 1)
  hash256 content_hash;
  TOMNEXT_FIELDS(FIELD(1, content_hash))
};
/// From here a host decides inputs later than `decides_after`; earlier ones it only folds.
struct host_activated {
  TOMNEXT_EVENT(3, host_activated, 1)
  text name;
  std::uint32_t service_version{};
  std::uint32_t state_version{};
  std::uint64_t decides_after{};
  std::uint64_t configuration_hash{};
  TOMNEXT_FIELDS(FIELD(1, name) FIELD(2, service_version) FIELD(3, state_version) FIELD(4, decides_after) FIELD(5, configuration_hash))
};
/// A host came back: its earlier appends are refused from here on.
struct host_recovered {
  TOMNEXT_EVENT(4, host_recovered, 1)
  text name;
  std::uint64_t recovered_position{};
  std::uint64_t snapshot_position{};
  TOMNEXT_FIELDS(FIELD(1, name) FIELD(2, recovered_position) FIELD(3, snapshot_position))
};
/// A quiet host, or a snapshot, has consumed its inputs up to `position`.
struct host_progressed {
  TOMNEXT_EVENT(5, host_progressed, 1)
  std::uint64_t consumed{};
  bool snapshot{};
  TOMNEXT_FIELDS(FIELD(1, consumed) FIELD(2, snapshot))
};
/// An input that kills its host each time was passed over.
struct input_parked {
  TOMNEXT_EVENT(6, input_parked, 1)
  std::uint64_t parked_seq{};
  text reason;
  text actor;  ///< name of the host; empty in older logs
  TOMNEXT_FIELDS(FIELD(1, parked_seq) FIELD(2, reason) FIELD(3, actor))
};
/// A host wants to be woken at `due`. Arming again with a higher generation replaces the earlier one.
struct timer_armed {
  TOMNEXT_EVENT(7, timer_armed, 1)
  host_id target;
  timer_id timer;
  std::uint32_t generation{};
  timestamp due;
  TOMNEXT_FIELDS(FIELD(1, target) FIELD(2, timer) FIELD(3, generation) FIELD(4, due))
};
struct timer_fired {
  TOMNEXT_EVENT(8, timer_fired, 1)
  host_id target;
  timer_id timer;
  std::uint32_t generation{};
  timestamp due;
  TOMNEXT_FIELDS(FIELD(1, target) FIELD(2, timer) FIELD(3, generation) FIELD(4, due))
};
/// A person asked for something. The key makes a repeated request the same request.
struct operator_commanded {
  TOMNEXT_EVENT(9, operator_commanded, 1)
  operator_command command{};
  std::uint32_t target{};
  text who;
  text why;
  text idempotency_key;
  TOMNEXT_FIELDS(FIELD(1, command) FIELD(2, target) FIELD(3, who) FIELD(4, why) FIELD(5, idempotency_key))
};
/// A supervisor restarted an actor.
struct actor_restarted {
  TOMNEXT_EVENT(10, actor_restarted, 1)
  text actor;
  std::uint32_t restarts{};
  text reason;
  TOMNEXT_FIELDS(FIELD(1, actor) FIELD(2, restarts) FIELD(3, reason))
};
/// The mailbox of an actor grew beyond its watch level, or came back below half of it.
struct queue_depth_crossed {
  TOMNEXT_EVENT(11, queue_depth_crossed, 1)
  text actor;
  std::uint64_t depth{};
  std::uint64_t watch_level{};
  bool above{};
  TOMNEXT_FIELDS(FIELD(1, actor) FIELD(2, depth) FIELD(3, watch_level) FIELD(4, above))
};
/// A model file was put into the content store.
struct model_file_added {
  TOMNEXT_EVENT(12, model_file_added, 1)
  model_id model;
  text name;
  hash256 content_hash;
  TOMNEXT_FIELDS(FIELD(1, model) FIELD(2, name) FIELD(3, content_hash))
};
/// A job of the calendar is there from here on, or has another schedule: what it had scheduled before is nobody's affair.
struct job_defined {
  TOMNEXT_EVENT(13, job_defined, 1)
  text job;
  long_text expression;
  text zone;
  timestamp since;
  TOMNEXT_FIELDS(FIELD(1, job) FIELD(2, expression) FIELD(3, zone) FIELD(4, since))
};
/// A run of a job begins. Times are those of the node's wall clock, which is not the market's.
struct job_run_started {
  TOMNEXT_EVENT(14, job_run_started, 1)
  text job;
  std::uint64_t run{};
  timestamp scheduled;
  timestamp started;
  bool by_hand{};
  TOMNEXT_FIELDS(FIELD(1, job) FIELD(2, run) FIELD(3, scheduled) FIELD(4, started) FIELD(5, by_hand))
};
struct job_run_ended {
  TOMNEXT_EVENT(15, job_run_ended, 1)
  text job;
  std::uint64_t run{};
  timestamp ended;
  job_outcome outcome{};
  long_text reason;
  TOMNEXT_FIELDS(FIELD(1, job) FIELD(2, run) FIELD(3, ended) FIELD(4, outcome) FIELD(5, reason))
};
/// So many scheduled times up to `through` had no run.
struct job_runs_skipped {
  TOMNEXT_EVENT(16, job_runs_skipped, 1)
  text job;
  timestamp through;
  std::uint64_t count{};
  skip_reason why{};
  TOMNEXT_FIELDS(FIELD(1, job) FIELD(2, through) FIELD(3, count) FIELD(4, why))
};
/// Paused, a job runs by hand only.
struct job_paused {
  TOMNEXT_EVENT(17, job_paused, 1)
  text job;
  timestamp since;
  text who;
  text why;
  TOMNEXT_FIELDS(FIELD(1, job) FIELD(2, since) FIELD(3, who) FIELD(4, why))
};
struct job_resumed {
  TOMNEXT_EVENT(18, job_resumed, 1)
  text job;
  timestamp since;
  text who;
  text why;
  TOMNEXT_FIELDS(FIELD(1, job) FIELD(2, since) FIELD(3, who) FIELD(4, why))
};

}  // namespace tomnext
