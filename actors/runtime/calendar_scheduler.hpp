// The one actor that runs a node's jobs by the calendar. Services have their periodic work here, and no threads or timers of their own for it.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/protocols.hpp"
#include "actors/runtime/clock.hpp"
#include "actors/runtime/job_board.hpp"
#include "actors/runtime/job_history.hpp"
#include "domain/calendar/job_change.hpp"

namespace tomnext::actors {

TOMNEXT_ATOM(look_jobs, "lookJobs");
TOMNEXT_ATOM(job_answer, "jobAnswer");
TOMNEXT_ATOM(pause_job, "pauseJob");
TOMNEXT_ATOM(resume_job, "resumeJob");
TOMNEXT_ATOM(run_job, "runJob");
TOMNEXT_ATOM(list_jobs, "listJobs");

using calendar_protocol =
    typed<answer<void>(look_jobs_atom, std::uint64_t),                                   // to itself: look at the jobs, unless another look was ordered since
          answer<void>(durable_atom, groups_ref, durable_ref),                           // the durable feed, where the log is read: what it says of jobs
          answer<void>(job_answer_atom, std::string, std::uint64_t, bool, std::string),  // an action: (job, run, whether it succeeded, what is wrong)
          // Of operators. The last number is the seq of the command, which is durable; 0 where there is none in the log. A command that was carried out before
          // is answered by what came of it, also by another life of the node. What makes no sense is errc::illegal_transition.
          answer<std::string>(pause_job_atom, std::string, std::string, std::string, std::uint64_t),   // (job, who, why, command): the job, once it is recorded
          answer<std::string>(resume_job_atom, std::string, std::string, std::string, std::uint64_t),  // the same
          answer<std::string>(run_job_atom, std::string, std::uint64_t),  // (job, command): {"job", "run", "state"}, once its beginning is recorded, or waits
          answer<std::string>(list_jobs_atom)>;                           // all jobs as JSON, as the board has them

/// What a job does. It is called in the scheduler's context and must not block: long work goes to others. `done` is called once, from any thread; where it is
/// dropped instead, the run has failed, and further calls are not heard.
using job_action = std::function<void(const calendar::job_run& run, std::function<void(result<void>)> done)>;

/// Takes what has happened into the log, in order. `done` is called in the scheduler's context: without an error once all of it is durable, with one where
/// nothing is said about any of it; then it is offered again later.
using job_recorder =
    std::function<void(calendar_protocol::pointer self, const std::vector<calendar::job_change>& changes, std::function<void(result<void>)> done)>;

/// Something that takes its time. `done` is called in the scheduler's context; where it failed, it may be asked for again.
using job_step = std::function<void(calendar_protocol::pointer self, std::function<void(result<void>)> done)>;

/// A scheduler's ways to the log. Without them each life begins with the history that it is given.
struct job_log {
  job_recorder record;
  job_step join;    ///< makes it a reader of the durable feed, under `job_feed_reader`, where its last life was; empty: others keep the history
  job_step recall;  ///< done once it was given everything that earlier lives have offered
};
inline constexpr auto job_feed_reader = "runtime/calendar";

struct job_definition {
  calendar::job_settings settings;
  job_action act;
};

struct calendar_scheduler_settings {
  std::vector<job_definition> jobs;
  wall_clock clock;
  std::shared_ptr<job_board> board;
  /// What the log says of jobs, with which each life of the scheduler begins.
  std::shared_ptr<job_history> history;
  job_log log;
  std::chrono::nanoseconds look_every{60'000'000'000};  ///< at least: a wall clock that jumps is noticed within this
  std::chrono::nanoseconds retry_after{1'000'000'000};  ///< what the log does not take is offered again
};

/// Waits for the next moment at which something is due, with one message that counts. A run's action is called once the run's beginning is durable: what the
/// log does not take is not begun, and when a node went down in the middle of a run, the log says so. Another life begins when it was given what the one before
/// has recorded, which may not have heard of it any more. Settings that cannot be end the actor.
class calendar_scheduler_state {
 public:
  calendar_scheduler_state(calendar_protocol::pointer self, calendar_scheduler_settings settings);
  calendar_protocol::behavior_type behavior();

 private:
  /// Something to be recorded, and what follows once it is.
  struct entry {
    calendar::job_change change;
    std::function<void()> then;
  };
  [[nodiscard]] calendar::moment now() const;
  void recall();
  void recalled(const result<void>& outcome);
  void begin_jobs();
  result<void> define(const job_definition& d);
  void look();
  void begin(const calendar::job_run& run);
  void act(const calendar::job_run& run);
  void end(const std::string& job, std::uint64_t number, job_outcome outcome, const std::string& why);
  [[nodiscard]] result<void> may_ask(const std::string& job) const;
  [[nodiscard]] const calendar::carried_command* carried(const std::string& job, std::uint64_t command) const;
  [[nodiscard]] std::string told_run(const std::string& job, std::uint64_t number) const;
  answer<std::string> set_paused(bool paused, const std::string& job, const std::string& who, const std::string& why, std::uint64_t command);
  answer<std::string> run_now(const std::string& job, std::uint64_t command);
  void note(calendar::job_change change, std::function<void()> then = {});
  void note_skipped();
  void flush();
  void recorded(std::size_t count, const result<void>& outcome);
  void arm();
  void show();

  calendar_protocol::pointer self_;
  calendar_scheduler_settings settings_;
  bool began_ = false;
  calendar::job_records known_;  // what the log had said when it began, and what it has recorded since
  calendar::job_book book_;
  std::map<std::string, job_action> actions_;
  std::map<std::pair<std::string, std::uint64_t>, promise_guard<std::string>> asked_;  // runs by hand whose beginning is awaited
  std::map<std::uint64_t, std::pair<std::string, std::uint64_t>> taken_;  // commands not yet recorded as carried out: the job, and the run asked for; 0: none
  std::deque<entry> unrecorded_;
  bool recording_ = false;
  bool flushing_ = false;
  std::string failing_;  // why the log takes nothing
  std::optional<monotonic_time> retry_at_;
  std::uint64_t order_ = 0;  // of the look that counts
  std::optional<monotonic_time> look_at_;
};

}  // namespace tomnext::actors
