#include "domain/calendar/job.hpp"

#include <algorithm>

namespace tomnext::calendar {

void job_memory::began(const job_run& run, timestamp at) {
  last_number = std::max(last_number, run.number);
  if (!run.by_hand) decided_to = std::max(decided_to, run.scheduled);
  running = run;
  running_since = at;
}

void job_memory::ended(timestamp at, job_outcome outcome, const std::string& error) {
  if (!running) return;
  switch (outcome) {
    case job_outcome::succeeded: ++counts.succeeded; break;
    case job_outcome::failed: ++counts.failed; break;
    case job_outcome::timed_out: ++counts.timed_out; break;
    case job_outcome::lost: ++counts.lost; break;
    case job_outcome::none: break;
  }
  history.push_back({*running, running_since, at, outcome, error});
  if (history.size() > history_max) history.pop_front();
  running.reset();
}

void job_memory::skipped(const skipped_runs& s) {
  decided_to = std::max(decided_to, s.through);
  switch (s.reason) {
    case skip_reason::missed: counts.missed += s.count; break;
    case skip_reason::overlapped: counts.overlapped += s.count; break;
    case skip_reason::paused: counts.paused += s.count; break;
    case skip_reason::none: break;
  }
}

void job_memory::carried_out(std::uint64_t command, std::uint64_t run) {
  if (command == 0 || carried(command) != nullptr) return;
  commands.push_back({command, run});
  if (commands.size() > commands_max) commands.pop_front();
}

const carried_command* job_memory::carried(std::uint64_t command) const {
  const auto found = std::find_if(commands.begin(), commands.end(), [&](const carried_command& c) { return c.command == command; });
  return found == commands.end() ? nullptr : &*found;
}

std::string_view word_of(missed_policy p) {
  switch (p) {
    case missed_policy::skip: return "skip";
    case missed_policy::run_once: return "run_once";
    case missed_policy::run_all: return "run_all";
  }
  return "unknown";
}

std::string_view word_of(overlap_policy p) {
  switch (p) {
    case overlap_policy::skip: return "skip";
    case overlap_policy::queue_one: return "queue_one";
  }
  return "unknown";
}

}  // namespace tomnext::calendar
