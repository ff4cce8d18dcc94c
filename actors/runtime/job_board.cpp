#include "actors/runtime/job_board.hpp"

#include <nlohmann/json.hpp>

#include "actors/api/metrics.hpp"
#include "domain/base/words.hpp"

namespace tomnext::actors {
namespace {

using calendar::job_book;

std::string_view word_of(calendar::holiday_policy p) {
  switch (p) {
    case calendar::holiday_policy::run: return "run";
    case calendar::holiday_policy::skip: return "skip";
    case calendar::holiday_policy::next_business_day: return "next_business_day";
    case calendar::holiday_policy::previous_business_day: return "previous_business_day";
  }
  return "unknown";
}

// To the second: "2024-03-10T21:00:00Z", and what a clock there shows: "2024-03-10 17:00:00".
std::string utc_text(timestamp t) { return to_string(t).substr(0, 19) + "Z"; }
std::string local_text(timestamp t, const calendar::zone& where) {
  auto text = to_string(timestamp{where.local(t).ns}).substr(0, 19);
  text[10] = ' ';
  return text;
}

nlohmann::json json_of(const calendar::job_run& r) { return {{"run", r.number}, {"scheduled", utc_text(r.scheduled)}, {"by_hand", r.by_hand}}; }

std::string_view state_of(const job_book::entry& j) {
  if (j.memory.running) return "running";
  if (j.memory.paused) return "paused";
  return j.waiting.empty() ? "idle" : "waiting";
}

nlohmann::json json_of(const job_book::entry& j) {
  const auto& s = j.settings;
  const auto& c = j.memory.counts;
  nlohmann::json one{{"name", s.name},
                     {"action", s.action},
                     {"schedule", s.when.expression().text()},
                     {"time_zone", s.when.where().name()},
                     {"holidays", s.when.holidays().dates().size()},
                     {"on_holiday", word_of(s.when.on_holiday())},
                     {"missed", word_of(s.missed)},
                     {"overlap", word_of(s.overlap)},
                     {"grace_s", s.grace_ns / second_ns},
                     {"deadline_s", s.deadline_ns / second_ns},
                     {"state", state_of(j)},
                     {"paused", j.memory.paused},
                     {"next", nullptr},
                     {"next_local", nullptr},
                     {"running", nullptr},
                     {"waiting", nlohmann::json::array()},
                     {"runs", {{"succeeded", c.succeeded}, {"failed", c.failed}, {"timed_out", c.timed_out}, {"lost", c.lost}}},
                     {"skipped", {{"missed", c.missed}, {"overlapped", c.overlapped + j.overlapped}, {"paused", c.paused}}},
                     {"history", nlohmann::json::array()}};
  if (j.next_due && !j.memory.paused) {
    one["next"] = utc_text(*j.next_due);
    one["next_local"] = local_text(*j.next_due, s.when.where());
  }
  if (j.memory.running) {
    one["running"] = json_of(*j.memory.running);
    one["running"]["since"] = utc_text(j.memory.running_since);
  }
  for (const auto& r : j.waiting) one["waiting"].push_back(json_of(r));
  for (auto h = j.memory.history.rbegin(); h != j.memory.history.rend(); ++h) {
    auto past = json_of(h->run);
    past["started"] = utc_text(h->started);
    past["ended"] = utc_text(h->ended);
    past["outcome"] = tomnext::word_of(h->outcome);
    past["error"] = h->error;
    one["history"].push_back(std::move(past));
  }
  return one;
}

}  // namespace

void job_board::show(const job_book& book, timestamp now, std::size_t unrecorded, std::string failing) {
  std::vector<job_book::entry> jobs;
  for (const auto& [name, j] : book.jobs()) jobs.push_back(j);
  const std::scoped_lock lock(mutex_);
  jobs_.swap(jobs);
  at_ = now;
  unrecorded_ = unrecorded;
  failing_ = std::move(failing);
}

void job_board::show_failing(timestamp now, std::string failing) {
  std::scoped_lock lock(mutex_);
  at_ = now;
  failing_ = std::move(failing);
}

nlohmann::json job_board::as_json() const {
  const std::scoped_lock lock(mutex_);
  nlohmann::json all{{"at", utc_text(at_)}, {"unrecorded", unrecorded_}, {"failing", failing_}, {"jobs", nlohmann::json::array()}};
  for (const auto& j : jobs_) all["jobs"].push_back(json_of(j));
  return all;
}

nlohmann::json job_board::as_json(const std::string& job) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& j : jobs_)
    if (j.settings.name == job) return json_of(j);
  return {};
}

std::string job_board::as_metrics() const {
  const std::scoped_lock lock(mutex_);
  if (jobs_.empty()) return {};
  api::metrics_text m;
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  for (const auto& j : jobs_) {
    const auto& c = j.memory.counts;
    const auto& name = j.settings.name;
    for (const auto& [outcome, count] : {std::pair{"succeeded", c.succeeded}, {"failed", c.failed}, {"timed_out", c.timed_out}, {"lost", c.lost}})
      m.counter("tomnext_job_runs_total", "runs of a job, by how they ended", {{"job", name}, {"outcome", outcome}}, number(count));
  }
  for (const auto& j : jobs_) {
    const auto& c = j.memory.counts;
    for (const auto& [reason, count] : {std::pair{"missed", c.missed}, {"overlapped", c.overlapped + j.overlapped}, {"paused", c.paused}})
      m.counter("tomnext_job_skipped_total", "scheduled times of a job without a run, by why", {{"job", j.settings.name}, {"reason", reason}}, number(count));
  }
  for (const auto& j : jobs_) m.gauge("tomnext_job_running", "1 while a run of the job goes on", {{"job", j.settings.name}}, j.memory.running ? 1 : 0);
  for (const auto& j : jobs_)
    if (j.next_due && !j.memory.paused)
      m.gauge("tomnext_job_next_seconds", "seconds since 1970 at which the job is due next", {{"job", j.settings.name}},
              static_cast<double>(j.next_due->ns / second_ns));
  return m.text();
}

}  // namespace tomnext::actors
