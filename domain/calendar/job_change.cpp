#include "domain/calendar/job_change.hpp"

namespace tomnext::calendar {
namespace {

struct fold {
  job_record& r;
  void operator()(const schedule_given& d) const {
    const bool same = r.expression == d.expression && r.zone == d.zone;
    if (same) return;
    r.expression = d.expression;
    r.zone = d.zone;
    r.memory.decided_to = d.at;
  }
  void operator()(const run_began& b) const {
    if (!told_before(b.run)) r.memory.began(b.run, b.at);
    r.memory.carried_out(b.command, b.run.number);
  }
  // A number comes again with another time where a scheduler ended before it heard that its first run was recorded: that one was never called.
  [[nodiscard]] bool told_before(const job_run& run) const {
    const auto& m = r.memory;
    return run.number < m.last_number || m.running == run || (!m.history.empty() && m.history.back().run == run);
  }
  void operator()(const run_ended& e) const {
    if (r.memory.running && r.memory.running->number == e.number) r.memory.ended(e.at, e.outcome, e.error);
  }
  void operator()(const skipped_runs& s) const { r.memory.skipped(s); }
  void operator()(const pause_began& p) const { paused(true, p.command); }
  void operator()(const pause_ended& p) const { paused(false, p.command); }
  // Told again behind a later command, it is over.
  void paused(bool now, std::uint64_t command) const {
    if (r.memory.carried(command) != nullptr) return;
    r.memory.paused = now;
    r.memory.carried_out(command, 0);
  }
};

}  // namespace

const std::string& job_of(const job_change& c) {
  return std::visit(
      [](const auto& one) -> const std::string& {
        if constexpr (requires { one.run; }) return one.run.job;
        else return one.job;
      },
      c);
}

void job_records::apply(const job_change& c) {
  const auto& job = job_of(c);
  if (records_.count(job) == 0 && records_.size() >= names_max) return;
  std::visit(fold{records_[job]}, c);
}

const job_record* job_records::find(const std::string& job) const {
  const auto found = records_.find(job);
  return found == records_.end() ? nullptr : &found->second;
}

}  // namespace tomnext::calendar
