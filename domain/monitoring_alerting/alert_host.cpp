#include "domain/monitoring_alerting/alert_host.hpp"

#include <algorithm>
#include <string>

namespace tomnext::monitoring_alerting {
namespace {

constexpr timer_id resolve_timer{1};

text subject_of(account_id account) { return {"account " + std::to_string(account.value)}; }

}  // namespace

// ---- one alert per rule and subject ----------------------------------------------------------------

void alert_host::count_overflow(alert_rule rule, const text& subject) {
  if (firing_.size() >= alerts_max && !fires(rule, subject)) ++overflowed_;
}

bool alert_host::raise(alert_rule rule, const text& subject, double value, double threshold, const long_text& summary, outbox& out) const {
  if (fires(rule, subject)) return false;
  if (firing_.size() < alerts_max) {
    out.emit(alert_changed{rule, alert_state::firing, subject, value, threshold, summary});
    return true;
  }
  if (!overflow_) {
    out.emit(alert_changed{rule, alert_state::firing, overflow_subject, static_cast<double>(overflowed_), static_cast<double>(alerts_max),
                           "too many alerts at once: further ones are only counted"});
  }
  return false;
}

void alert_host::resolve(alert_rule rule, const text& subject, double value, double threshold, const long_text& summary, std::size_t ended, outbox& out) const {
  out.emit(alert_changed{rule, alert_state::resolved, subject, value, threshold, summary});
  if (!overflow_ || firing_.size() - ended - 1 != alerts_calm) return;
  out.emit(alert_changed{*overflow_, alert_state::resolved, overflow_subject, static_cast<double>(overflowed_), static_cast<double>(alerts_max),
                         "alerts are told one by one again"});
}

void alert_host::apply(const header& h, const alert_changed& e) {
  if (e.subject == text(overflow_subject)) {
    overflow_ = e.state == alert_state::firing ? std::optional(e.rule) : std::nullopt;
  } else if (e.state == alert_state::firing) {
    firing_.emplace(alert_key{e.rule, e.subject}, h.at);
  } else {
    firing_.erase({e.rule, e.subject});
  }
}

// ---- restarts --------------------------------------------------------------------------------------

void alert_host::apply(const header& h, const actor_restarted& e) {
  history_.add(e.actor, h.at, thresholds_.restart_window_ns);
  if (auto found = firing_.find({alert_rule::actor_restarts, e.actor}); found != firing_.end()) found->second = h.at;
  if (restarts_fire(history_.count(e.actor, h.at, thresholds_.restart_window_ns), thresholds_)) count_overflow(alert_rule::actor_restarts, e.actor);
}

void alert_host::decide(const header& h, const actor_restarted& e, outbox& out) const {
  const auto count = history_.count(e.actor, h.at, thresholds_.restart_window_ns);
  if (!restarts_fire(count, thresholds_)) return;
  const bool raised = raise(alert_rule::actor_restarts, e.actor, count, thresholds_.restarts, "an actor is restarted again and again", out);
  // A later alert ends later: a timer that is armed already comes first, and arms the next.
  if (raised && !timer_armed_) arm(h.at + thresholds_.restart_window_ns, out);
}

void alert_host::arm(timestamp due, outbox& out) const { out.emit(timer_armed{self_, resolve_timer, timer_generation_ + 1, due}); }

void alert_host::decide(const header&, const timer_fired& e, outbox& out) const {
  if (e.timer != resolve_timer || e.generation != timer_generation_) return;
  std::optional<timestamp> next;
  std::size_t ended = 0;
  for (const auto& [key, last] : firing_) {
    if (key.first != alert_rule::actor_restarts) continue;
    if (restarts_over(last, e.due, thresholds_)) {
      resolve(key.first, key.second, 0, thresholds_.restarts, "the actor stays up", ended++, out);
    } else if (const auto due = last + thresholds_.restart_window_ns; !next || due < *next) {
      next = due;
    }
  }
  if (next) arm(*next, out);
}

// ---- queues ----------------------------------------------------------------------------------------

void alert_host::apply(const header&, const queue_depth_crossed& e) {
  if (e.above) count_overflow(alert_rule::queue_depth, e.actor);
}

void alert_host::decide(const header&, const queue_depth_crossed& e, outbox& out) const {
  const auto depth = static_cast<double>(e.depth);
  const auto level = static_cast<double>(e.watch_level);
  if (e.above) {
    raise(alert_rule::queue_depth, e.actor, depth, level, "a mailbox fills faster than it is read", out);
  } else if (fires(alert_rule::queue_depth, e.actor)) {
    resolve(alert_rule::queue_depth, e.actor, depth, level, "the mailbox is read again", 0, out);
  }
}

// ---- parked inputs ---------------------------------------------------------------------------------

void alert_host::decide(const header&, const input_parked& e, outbox& out) const {
  raise(alert_rule::input_parked, e.actor, static_cast<double>(e.parked_seq), 0, long_text("an input was passed over: " + std::string(e.reason.view())), out);
}

// ---- jobs ------------------------------------------------------------------------------------------

void alert_host::apply(const header&, const job_run_ended& e) {
  const auto known = ended_runs_.find(e.job);
  told_before_ = known != ended_runs_.end() && e.run <= known->second;
  if (known != ended_runs_.end()) known->second = std::max(known->second, e.run);
  else if (ended_runs_.size() < alerts_max) ended_runs_.emplace(e.job, e.run);
  if (!told_before_ && e.outcome != job_outcome::succeeded) count_overflow(alert_rule::job_failed, e.job);
}

void alert_host::decide(const header&, const job_run_ended& e, outbox& out) const {
  if (told_before_) return;
  const auto run = static_cast<double>(e.run);
  if (e.outcome != job_outcome::succeeded) {
    const std::string_view how = e.outcome == job_outcome::failed ? "failed" : e.outcome == job_outcome::timed_out ? "ran out of time" : "was lost";
    std::string why = "run " + std::to_string(e.run) + " of the job " + std::string(how);
    if (!e.reason.view().empty()) why += ": " + std::string(e.reason.view());
    raise(alert_rule::job_failed, e.job, run, 0, long_text(why), out);
  } else if (fires(alert_rule::job_failed, e.job)) {
    resolve(alert_rule::job_failed, e.job, run, 0, "a later run of the job succeeded", 0, out);
  }
}

// ---- drawdown --------------------------------------------------------------------------------------

void alert_host::apply(const header&, const account_valued& e) {
  if (drawdown_fires(e.drawdown, thresholds_)) count_overflow(alert_rule::drawdown, subject_of(e.account));
}

// Valuations are frequent and mostly uneventful: these leave before anything is looked up.
void alert_host::decide(const header&, const account_valued& e, outbox& out) const {
  if (drawdown_fires(e.drawdown, thresholds_)) {
    raise(alert_rule::drawdown, subject_of(e.account), e.drawdown, thresholds_.drawdown, "equity has fallen too far below its peak", out);
    return;
  }
  if (firing_.empty() || !drawdown_over(e.drawdown, thresholds_)) return;
  const text subject = subject_of(e.account);
  if (fires(alert_rule::drawdown, subject)) {
    resolve(alert_rule::drawdown, subject, e.drawdown, thresholds_.drawdown, "equity is back near its peak", 0, out);
  }
}

}  // namespace tomnext::monitoring_alerting
