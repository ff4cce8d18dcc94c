#include "actors/runtime/calendar_scheduler.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>

#include "actors/runtime/feed_reader.hpp"
#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/view_support.hpp"
#include "domain/base/text.hpp"

namespace tomnext::actors {
namespace {

using namespace calendar;

// With more than this to be recorded, nothing new is begun: it stays due.
constexpr std::size_t unrecorded_max = 1'024;
constexpr std::size_t batch_max = 256;

/// The one answer of a run: the first call counts, and to be dropped is an answer too.
class answer_once {
 public:
  answer_once(calendar_protocol to, const job_run& run) : to_(std::move(to)), run_(run) {}
  answer_once(const answer_once&) = delete;
  answer_once& operator=(const answer_once&) = delete;
  ~answer_once() { give(error(errc::actor_down, "the action ended without an answer")); }
  void give(const result<void>& r) {
    if (answered_.exchange(true)) return;
    tell_from_outside(to_, job_answer_v, run_.job, run_.number, r.has_value(), r ? std::string() : r.error().message);
  }

 private:
  calendar_protocol to_;
  job_run run_;
  std::atomic<bool> answered_{false};
};

error being_recorded(const std::string& job, std::uint64_t command) {
  return {errc::not_ready, "job '" + job + "': command " + std::to_string(command) + " is being recorded: ask again in a moment"};
}

}  // namespace

calendar_scheduler_state::calendar_scheduler_state(calendar_protocol::pointer self, calendar_scheduler_settings settings)
    : self_(self), settings_(std::move(settings)) {
  if (!settings_.history) settings_.history = std::make_shared<job_history>();
}

calendar_protocol::behavior_type calendar_scheduler_state::behavior() {
  if (settings_.log.join) recall();
  else begin_jobs();
  return {
      [this](look_jobs_atom, std::uint64_t order) {
        if (order != order_) return;
        look_at_.reset();
        if (began_) look();
        else recall();
      },
      [this](durable_atom, const groups_ref& groups, const durable_ref& head) {
        for (const auto& g : *groups)
          for (const auto& e : g->events) settings_.history->apply(e);
        return_credit(self_, job_feed_reader, *groups, *head);
      },
      [this](job_answer_atom, const std::string& job, std::uint64_t number, bool succeeded, const std::string& why) {
        end(job, number, succeeded ? job_outcome::succeeded : job_outcome::failed, why);
        look();
      },
      [this](pause_job_atom, const std::string& job, const std::string& who, const std::string& why, std::uint64_t command) {
        return set_paused(true, job, who, why, command);
      },
      [this](resume_job_atom, const std::string& job, const std::string& who, const std::string& why, std::uint64_t command) {
        return set_paused(false, job, who, why, command);
      },
      [this](run_job_atom, const std::string& job, std::uint64_t command) { return run_now(job, command); },
      [this](list_jobs_atom) -> answer<std::string> { return json_bytes(settings_.board->as_json()); },
  };
}

moment calendar_scheduler_state::now() const {
  return {wall_now(self_, settings_.clock), std::chrono::nanoseconds(monotonic_now(self_).time_since_epoch()).count()};
}

// What an earlier life has offered may be on its way still: who has not heard of it would tell the end of a run that has ended, or begin one a second time.
void calendar_scheduler_state::recall() {
  const auto heard = [this](const result<void>& outcome) { recalled(outcome); };
  settings_.log.join(self_, [this, heard](const result<void>& joined) {
    if (joined && settings_.history->may_lag()) settings_.log.recall(self_, heard);
    else heard(joined);
  });
}

void calendar_scheduler_state::recalled(const result<void>& outcome) {
  if (outcome) return begin_jobs();
  if (std::exchange(failing_, outcome.error().message).empty()) {
    record_of(self_).set_error("what was recorded of jobs is not known: " + failing_);
    spdlog::error("what was recorded of jobs is not known, and none begins until it is: {}", failing_);
  }
  settings_.board->show_failing(now().wall, failing_);
  tell_later(self_, settings_.retry_after, look_jobs_v, ++order_);
}

void calendar_scheduler_state::begin_jobs() {
  began_ = true;
  failing_.clear();
  known_ = settings_.history->records();
  for (const auto& d : settings_.jobs)
    if (auto defined = define(d); !defined) return self_->quit(to_caf(defined.error()));
  if (!settings_.jobs.empty()) look();
}

// A job that the log knows goes on where it was. A new one, and one with another schedule, begins now.
result<void> calendar_scheduler_state::define(const job_definition& d) {
  const auto& s = d.settings;
  const auto* known = known_.find(s.name);
  const bool same = known != nullptr && known->expression == s.when.expression().text() && known->zone == s.when.where().name();
  job_memory memory = known != nullptr ? known->memory : job_memory{};
  if (!same) {
    memory.decided_to = now().wall;
    note(schedule_given{s.name, s.when.expression().text(), s.when.where().name(), memory.decided_to});
  }
  auto left_behind = book_.add(s, std::move(memory), now());
  if (!left_behind) return left_behind.error();
  if (*left_behind) {
    const auto& last = book_.jobs().at(s.name).memory.history.back();
    note(run_ended{s.name, (*left_behind)->number, last.ended, last.outcome, last.error});
    spdlog::warn("job {}: the node went down in the middle of run {}; what it has done is not known", s.name, (*left_behind)->number);
  }
  actions_[s.name] = d.act;
  return {};
}

void calendar_scheduler_state::look() {
  for (const auto& r : book_.overdue(now())) {
    const auto deadline_s = book_.jobs().at(r.job).settings.deadline_ns / second_ns;
    end(r.job, r.number, job_outcome::timed_out, "no answer within " + std::to_string(deadline_s) + " s");
  }
  for (const auto& r : book_.due(now())) {
    if (unrecorded_.size() >= unrecorded_max) break;
    begin(r);
  }
  note_skipped();
  flush();
  show();
  arm();
}

void calendar_scheduler_state::begin(const job_run& run) {
  const auto at = now();
  if (!book_.started(run, at)) return;
  std::uint64_t command = 0;
  if (run.by_hand)
    for (const auto& [taken, what] : taken_)
      if (what == std::pair(run.job, run.number)) command = taken;
  note(run_began{run, at.wall, command}, [this, run, command] {
    taken_.erase(command);
    act(run);
  });
}

void calendar_scheduler_state::act(const job_run& run) {
  if (const auto asked = asked_.find({run.job, run.number}); asked != asked_.end()) {
    asked->second.deliver(json_bytes({{"job", run.job}, {"run", run.number}, {"state", "running"}}));
    asked_.erase(asked);
  }
  const auto job = book_.jobs().find(run.job);
  // Its deadline has passed while the log took nothing.
  if (job == book_.jobs().end() || !job->second.memory.running || job->second.memory.running->number != run.number) return;
  auto answer = std::make_shared<answer_once>(calendar_protocol(self_), run);
  try {
    actions_.at(run.job)(run, [answer](const result<void>& r) { answer->give(r); });
  } catch (const std::exception& e) { answer->give(error(errc::actor_down, std::string("an exception escaped: ") + e.what())); }
}

void calendar_scheduler_state::end(const std::string& job, std::uint64_t number, job_outcome outcome, const std::string& why) {
  long_text error;
  error.cut(why);
  const auto at = now();
  if (!book_.ended(job, number, at, outcome, std::string(error.view()))) return;  // it has timed out, and this answer comes too late
  if (outcome != job_outcome::succeeded) {
    record_of(self_).set_error(job + ": " + why);
    spdlog::error("job {}: run {} {}: {}", job, number, outcome == job_outcome::timed_out ? "timed out" : "failed", why);
  }
  note(run_ended{job, number, at.wall, outcome, std::string(error.view())});
  note_skipped();
}

// While the log takes nothing, operators are not put off without an end.
result<void> calendar_scheduler_state::may_ask(const std::string& job) const {
  if (!began_)
    return error(errc::not_ready, "job '" + job + "': what was recorded of jobs is still being read" + (failing_.empty() ? "" : " (" + failing_ + ")") +
                                      ": ask again in a moment");
  if (unrecorded_.size() < unrecorded_max) return {};
  return error(errc::overloaded, "job '" + job + "': " + std::to_string(unrecorded_.size()) + " things that jobs did wait to be recorded" +
                                     (failing_.empty() ? "" : ", since the log takes nothing (" + failing_ + ")") + ": ask again later");
}

const carried_command* calendar_scheduler_state::carried(const std::string& job, std::uint64_t command) const {
  const auto* known = command == 0 ? nullptr : known_.find(job);
  return known == nullptr ? nullptr : known->memory.carried(command);
}

answer<std::string> calendar_scheduler_state::set_paused(bool paused, const std::string& job, const std::string& who, const std::string& why,
                                                         std::uint64_t command) {
  if (const auto may = may_ask(job); !may) return to_caf(may.error());
  if (carried(job, command) != nullptr) return json_bytes(settings_.board->as_json(job));
  if (taken_.count(command) != 0) return to_caf(being_recorded(job, command));
  const auto at = now();
  auto changed = paused ? book_.pause(job, at) : book_.resume(job, at);
  if (!changed) return to_caf(changed.error());
  if (!*changed) return to_caf({errc::illegal_transition, "job '" + job + "' is " + (paused ? "paused already" : "not paused")});
  note_skipped();
  auto promise = promise_answer<std::string>(self_);
  if (command != 0) taken_.emplace(command, std::pair(job, std::uint64_t{0}));
  auto answered = [this, job, command, held = promise_guard<std::string>(promise)]() mutable {
    taken_.erase(command);
    held.deliver(json_bytes(settings_.board->as_json(job)));
  };
  if (paused) note(pause_began{job, at.wall, who, why, command}, std::move(answered));
  else note(pause_ended{job, at.wall, who, why, command}, std::move(answered));
  show();
  look();
  return promise;
}

// A run that was asked for, as it stands.
std::string calendar_scheduler_state::told_run(const std::string& job, std::uint64_t number) const {
  const auto& j = book_.jobs().at(job);
  const auto is_it = [&](const job_run& r) { return r.number == number; };
  const bool waits = std::any_of(j.waiting.begin(), j.waiting.end(), is_it);
  const bool runs = j.memory.running && is_it(*j.memory.running);
  return json_bytes({{"job", job}, {"run", number}, {"state", waits ? "waiting" : runs ? "running" : "ended"}});
}

answer<std::string> calendar_scheduler_state::run_now(const std::string& job, std::uint64_t command) {
  if (const auto may = may_ask(job); !may) return to_caf(may.error());
  if (const auto* c = carried(job, command); c != nullptr && book_.jobs().count(job) != 0) return told_run(job, c->run);
  if (const auto taken = taken_.find(command); taken != taken_.end()) {
    if (asked_.count(taken->second) != 0) return to_caf(being_recorded(job, command));
    return told_run(taken->second.first, taken->second.second);
  }
  auto number = book_.run_now(job, now());
  if (!number) return to_caf(number.error());
  if (command != 0) taken_.emplace(command, std::pair(job, *number));
  const auto& j = book_.jobs().at(job);
  if (j.memory.running || j.waiting.size() > 1) {
    show();
    return told_run(job, *number);
  }
  auto promise = promise_answer<std::string>(self_);
  asked_.emplace(std::pair(job, *number), promise_guard<std::string>(promise));
  look();
  return promise;
}

void calendar_scheduler_state::note_skipped() {
  for (auto& s : book_.take_skipped()) note(std::move(s));
}

void calendar_scheduler_state::note(job_change change, std::function<void()> then) { unrecorded_.push_back({std::move(change), std::move(then)}); }

void calendar_scheduler_state::flush() {
  if (flushing_) return;  // a recorder that answers at once
  flushing_ = true;
  while (!recording_ && !unrecorded_.empty() && !(retry_at_ && monotonic_now(self_) < *retry_at_)) {
    const std::size_t count = std::min(unrecorded_.size(), batch_max);
    std::vector<job_change> batch;
    for (std::size_t i = 0; i < count; ++i) batch.push_back(unrecorded_[i].change);
    recording_ = true;
    retry_at_.reset();
    settings_.history->offered();
    if (!settings_.log.record) recorded(count, {});
    else
      settings_.log.record(self_, batch, [this, count](const result<void>& outcome) {
        recorded(count, outcome);
        look();
      });
  }
  flushing_ = false;
}

void calendar_scheduler_state::recorded(std::size_t count, const result<void>& outcome) {
  recording_ = false;
  if (!outcome) {
    retry_at_ = monotonic_now(self_) + settings_.retry_after;
    if (std::exchange(failing_, outcome.error().message).empty()) {
      record_of(self_).set_error("jobs are not recorded: " + failing_);
      spdlog::error("jobs are not recorded, and none begins until they are: {}", failing_);
    }
    return;
  }
  if (!std::exchange(failing_, {}).empty()) spdlog::info("jobs are recorded again");
  for (; count > 0; --count) {
    auto e = std::move(unrecorded_.front());
    unrecorded_.pop_front();
    known_.apply(e.change);
    if (e.then) e.then();
  }
}

// One look that counts: it is ordered anew only where something comes earlier, and the one before it is passed over when it arrives.
void calendar_scheduler_state::arm() {
  const auto at = now();
  const auto here = monotonic_now(self_);
  auto next = here + settings_.look_every;
  const auto wake = book_.next();
  if (wake.wall && *wake.wall - at.wall < settings_.look_every.count()) next = here + std::chrono::nanoseconds(std::max<std::int64_t>(*wake.wall - at.wall, 0));
  if (wake.monotonic_ns) next = std::min(next, here + std::chrono::nanoseconds(std::max<std::int64_t>(*wake.monotonic_ns - at.monotonic_ns, 0)));
  if (retry_at_) next = std::min(next, *retry_at_);
  next = std::max(next, here + std::chrono::milliseconds(1));
  if (look_at_ && *look_at_ <= next) return;
  look_at_ = next;
  tell_later(self_, next - here, look_jobs_v, ++order_);
}

void calendar_scheduler_state::show() { settings_.board->show(book_, now().wall, unrecorded_.size(), failing_); }

}  // namespace tomnext::actors
