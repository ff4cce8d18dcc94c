// The host that watches: it turns what happens to actors and accounts into alerts that begin and end.
#pragma once
#include <map>
#include <optional>
#include <utility>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/events/books.hpp"
#include "domain/events/runtime.hpp"
#include "domain/monitoring_alerting/rules.hpp"

namespace tomnext::monitoring_alerting {

struct alert_configuration {
  alert_thresholds thresholds;
};

/// Alerts that fire at the same time, at most. What comes beyond is counted, and told by one summary whose subject is `overflow_subject`.
inline constexpr std::size_t alerts_max = 256;
/// The summary is over when no more than this many fire.
inline constexpr std::size_t alerts_calm = alerts_max / 2;
inline constexpr const char* overflow_subject = "…";

/// One host per deployment. At most one alert per (rule, subject) at a time: it is told once when it begins and once when it ends.
/// The subject is the actor's name, the job's, or "account 7". Restart alerts end by a timer, of which the host has one: for the earliest end.
/// A job's alert ends with its next run that succeeds. A run that is told to have ended twice, as after a crash in between, counts the first time.
/// That a host passed over an input never ends by itself: what it would have decided is missing, and an operator has to see to it.
class alert_host {
 public:
  static constexpr const char* service = "monitoring_alerting";
  static constexpr std::uint32_t version = 3;        // 2: parked inputs; 3: jobs
  static constexpr std::uint32_t state_version = 2;  // 2: runs of jobs
  using inputs = type_list<actor_restarted, queue_depth_crossed, account_valued, input_parked, job_run_ended, timer_fired>;
  using outputs = type_list<alert_changed, timer_armed>;

  alert_host(host_id self, alert_configuration configuration) : self_(self), thresholds_(configuration.thresholds) {}

  void apply(const header& h, const actor_restarted& e);
  void apply(const header&, const queue_depth_crossed& e);
  void apply(const header&, const account_valued& e);
  void apply(const header&, const input_parked& e) { count_overflow(alert_rule::input_parked, e.actor); }
  void apply(const header&, const job_run_ended& e);
  void apply(const header&, const timer_fired& e) {
    if (e.generation == timer_generation_) timer_armed_ = false;
  }
  // its own outputs
  void apply(const header& h, const alert_changed& e);
  void apply(const header&, const timer_armed& e) {
    timer_generation_ = e.generation;
    timer_armed_ = true;
  }

  void decide(const header& h, const actor_restarted& e, outbox& out) const;
  void decide(const header&, const queue_depth_crossed& e, outbox& out) const;
  void decide(const header&, const account_valued& e, outbox& out) const;
  void decide(const header&, const input_parked& e, outbox& out) const;
  void decide(const header&, const job_run_ended& e, outbox& out) const;
  void decide(const header&, const timer_fired& e, outbox& out) const;

  [[nodiscard]] std::size_t firing() const { return firing_.size(); }
  [[nodiscard]] bool fires(alert_rule rule, const text& subject) const { return firing_.contains({rule, subject}); }
  /// Occasions at which an alert was not raised, because too many fired.
  [[nodiscard]] std::uint64_t overflowed() const { return overflowed_; }

  template <class Archive> void archive(Archive& a) { a(history_, firing_, overflow_, overflowed_, timer_armed_, timer_generation_, ended_runs_); }

 private:
  using alert_key = std::pair<alert_rule, text>;
  void count_overflow(alert_rule rule, const text& subject);
  /// False where the alert fires already, or too many do.
  bool raise(alert_rule rule, const text& subject, double value, double threshold, const long_text& summary, outbox& out) const;
  /// `ended`: alerts that this reaction has ended before.
  void resolve(alert_rule rule, const text& subject, double value, double threshold, const long_text& summary, std::size_t ended, outbox& out) const;
  void arm(timestamp due, outbox& out) const;

  host_id self_;
  alert_thresholds thresholds_;
  restart_history history_;
  std::map<alert_key, timestamp> firing_;  // since when; of restarts, the newest one
  std::optional<alert_rule> overflow_;     // the rule that the summary was told under, while it fires
  std::uint64_t overflowed_ = 0;
  bool timer_armed_ = false;
  std::uint32_t timer_generation_ = 0;
  std::map<text, std::uint64_t> ended_runs_;  // the newest of each job; of `alerts_max` jobs
  bool told_before_ = false;                  // between apply and decide of one end of a run only
};

}  // namespace tomnext::monitoring_alerting
