#include "actors/runtime/work_board.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "actors/api/metrics.hpp"
#include "domain/base/text.hpp"

namespace tomnext::actors {
namespace {

constexpr std::size_t told_max = 100;
constexpr std::array states{"waiting", "running", "done", "failed", "cancelled", "given_up"};
static_assert(states.size() == work_states);

std::size_t index(work_state s) { return static_cast<std::size_t>(s); }
// Whatever a job says of itself, a place on the board is of a fixed size.
std::string cut(std::string_view s) {
  const bounded_text<100> text(s);
  return {text.bytes.data(), text.length};
}
std::int64_t ms(std::chrono::steady_clock::duration d) { return std::chrono::floor<std::chrono::milliseconds>(d).count(); }

}  // namespace

void work_board::begin(std::size_t workers) {
  const std::lock_guard lock(mutex_);
  counts_[index(work_state::waiting)] = counts_[index(work_state::running)] = 0;
  for (auto& [id, e] : open_) {
    e.state = work_state::failed;
    e.why = "the pool ended";
    ++counts_[index(work_state::failed)];
    ended_.emplace_front(id, std::move(e));
  }
  open_.clear();
  while (ended_.size() > told_max) ended_.pop_back();
  workers_ = workers;
  given_up_ = 0;
}
work_id work_board::next_id() {
  const std::lock_guard lock(mutex_);
  return ++ids_;
}
void work_board::submitted(work_id id, const job& what, time_point now) {
  const std::lock_guard lock(mutex_);
  entry e;
  e.name = cut(what.name);
  e.owner = cut(what.owner);
  e.correlation = cut(what.call->correlation);
  e.priority = what.priority;
  e.submitted = now;
  e.deadline = what.call->deadline;
  open_.emplace(id, std::move(e));
  ++submitted_;
  ++counts_[index(work_state::waiting)];
}
void work_board::refused() {
  const std::lock_guard lock(mutex_);
  ++refused_;
}
void work_board::started(work_id id, time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  found->second.state = work_state::running;
  found->second.started = now;
  --counts_[index(work_state::waiting)];
  ++counts_[index(work_state::running)];
}
void work_board::ended(work_id id, work_state how, std::string_view why, time_point now) {
  const std::lock_guard lock(mutex_);
  auto found = open_.extract(id);
  if (found.empty()) return;
  auto& e = found.mapped();
  --counts_[index(e.state)];
  ++counts_[index(how)];
  if (e.state == work_state::waiting) e.started = now;  // it never ran
  e.state = how;
  e.why = cut(why);
  e.ended = now;
  ended_.emplace_front(id, std::move(e));
  if (ended_.size() > told_max) ended_.pop_back();
}
void work_board::workers(std::size_t usable, std::size_t given_up) {
  const std::lock_guard lock(mutex_);
  workers_ = usable;
  given_up_ = given_up;
}

void work_board::progress(work_id id, std::uint64_t done, std::uint64_t total, std::string_view text) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  found->second.done = done;
  found->second.total = total;
  found->second.text = cut(text);
}

nlohmann::json work_board::json_of(work_id id, const entry& e, time_point now) {
  const bool waits = e.state == work_state::waiting, open = waits || e.state == work_state::running;
  return {{"id", id},
          {"name", e.name},
          {"owner", e.owner},
          {"priority", word_of(e.priority)},
          {"correlation", e.correlation},
          {"state", states[index(e.state)]},
          {"waited_ms", ms((waits ? now : e.started) - e.submitted)},
          {"ran_ms", waits ? 0 : ms((open ? now : e.ended) - e.started)},
          {"left_ms", open ? nlohmann::json(std::max<std::int64_t>(0, ms(e.deadline - now))) : nlohmann::json()},
          {"progress", {{"done", e.done}, {"total", e.total}, {"text", e.text}}},
          {"why", e.why}};
}

nlohmann::json work_board::as_json(time_point now) const {
  std::vector<std::pair<work_id, entry>> told;
  nlohmann::json all;
  {
    // Jobs and the pool wait for this lock: what takes long comes after it.
    const std::lock_guard lock(mutex_);
    for (const auto& [id, e] : open_)
      if (e.state == work_state::running) told.emplace_back(id, e);
    std::size_t waiting = 0;
    for (const auto& [id, e] : open_)
      if (e.state == work_state::waiting && ++waiting <= told_max) told.emplace_back(id, e);
    told.insert(told.end(), ended_.begin(), ended_.end());
    all = {{"workers", workers_}, {"given_up", given_up_}, {"submitted", submitted_}, {"refused", refused_}};
    for (std::size_t i = 0; i < index(work_state::given_up); ++i) all[states[i]] = counts_[i];
  }
  auto jobs = nlohmann::json::array();
  for (const auto& [id, e] : told) jobs.push_back(json_of(id, e, now));
  all["jobs"] = std::move(jobs);
  return all;
}

std::string work_board::as_metrics() const {
  const std::lock_guard lock(mutex_);
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  api::metrics_text m;
  m.gauge("tomnext_work_workers", "threads for work apart that can take a job", {}, number(workers_));
  m.gauge("tomnext_work_given_up_workers", "threads that hang in a job which did not end when it was told to", {}, number(given_up_));
  m.gauge("tomnext_work_waiting", "jobs that wait for a thread", {}, number(counts_[index(work_state::waiting)]));
  m.gauge("tomnext_work_running", "jobs that run", {}, number(counts_[index(work_state::running)]));
  m.counter("tomnext_work_submitted_total", "jobs that were taken", {}, number(submitted_));
  m.counter("tomnext_work_refused_total", "jobs that were not taken: the queue was full, or nobody could run them", {}, number(refused_));
  for (const auto s : {work_state::done, work_state::failed, work_state::cancelled, work_state::given_up})
    m.counter("tomnext_work_ended_total", "jobs by how they ended", {{"how", states[index(s)]}}, number(counts_[index(s)]));
  return m.text();
}

}  // namespace tomnext::actors
