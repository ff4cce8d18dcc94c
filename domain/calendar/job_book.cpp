#include "domain/calendar/job_book.hpp"

#include <algorithm>

namespace tomnext::calendar {
namespace {

constexpr std::uint64_t counted_max = 100'000;
constexpr std::uint32_t missed_runs_limit = 1'000;
// Not told jobs by jobs: whoever keeps a book takes them at once.
constexpr std::size_t skipped_max = 4'096;

bool holds_scheduled(const std::deque<job_run>& waiting) {
  return std::any_of(waiting.begin(), waiting.end(), [](const job_run& r) { return !r.by_hand; });
}

result<void> check(const job_settings& s) {
  const auto bad = [&](const std::string& what) { return error(errc::invalid_argument, "job '" + s.name + "': " + what); };
  if (s.name.empty() || s.name.size() > 63) return bad("a name has 1 to 63 bytes");
  if (s.missed_runs_max < 1 || s.missed_runs_max > missed_runs_limit)
    return bad("at most " + std::to_string(s.missed_runs_max) + " missed runs; allowed are 1 to " + std::to_string(missed_runs_limit));
  if (s.grace_ns < second_ns || s.grace_ns > day_ns) return bad("a grace of " + std::to_string(s.grace_ns / second_ns) + " s; allowed are 1 to 86400");
  if (s.deadline_ns < second_ns || s.deadline_ns > 7 * day_ns)
    return bad("a deadline of " + std::to_string(s.deadline_ns / second_ns) + " s; allowed are 1 to 604800");
  return {};
}

}  // namespace

due_times due_between(const schedule& when, timestamp from, timestamp to, std::size_t last_max) {
  due_times d;
  for (auto t = when.next_after(from); t && *t <= to; t = when.next_after(*t)) {
    if (++d.count == counted_max) {
      // So many that the last of them lie close before the end.
      for (std::int64_t back_ns = minute_ns; d.last.size() < last_max + 1 && to - back_ns > from; back_ns *= 2) {
        d.last.clear();
        for (auto near = when.next_after(to - back_ns); near && *near <= to; near = when.next_after(*near)) d.last.push_back(*near);
      }
      while (d.last.size() > last_max) d.last.pop_front();
      return d;
    }
    d.last.push_back(*t);
    if (d.last.size() > last_max) d.last.pop_front();
  }
  return d;
}

result<job_book::entry*> job_book::find(const std::string& name) {
  const auto found = jobs_.find(name);
  if (found != jobs_.end()) return &found->second;
  std::string names;
  for (const auto& [known, j] : jobs_) names += (names.empty() ? "" : ", ") + known;
  return error(errc::invalid_argument, "there is no job '" + name.substr(0, 63) + "'; there " + (names.empty() ? "are none" : "are " + names));
}

result<std::optional<job_run>> job_book::add(job_settings settings, job_memory memory, moment now) {
  TOMNEXT_TRY(check(settings));
  if (jobs_.count(settings.name) != 0) return error(errc::invalid_argument, "there is a job '" + settings.name + "' already");
  if (jobs_.size() >= jobs_max)
    return error(errc::invalid_argument, "job '" + settings.name + "': there are " + std::to_string(jobs_max) + " already, and no more are taken");
  const auto left_behind = memory.running;
  memory.ended(now.wall, job_outcome::lost, "the node went down in the middle of it");
  auto name = settings.name;
  entry j{std::move(settings), std::move(memory), {}, {}};
  j.numbers = j.memory.last_number;
  decided(j, j.memory.decided_to);
  jobs_.emplace(std::move(name), std::move(j));
  return left_behind;
}

result<void> job_book::remove(const std::string& name) {
  TOMNEXT_TRY(find(name));
  jobs_.erase(name);
  return {};
}

void job_book::decided(entry& j, timestamp to) {
  j.decided_to = to;
  j.next_due = j.settings.when.next_after(to);
}

void job_book::wait(entry& j, timestamp scheduled, bool by_hand) { j.waiting.push_back({j.settings.name, ++j.numbers, scheduled, by_hand}); }

// What is recorded never reaches beyond a run that waits: if the node goes down now, that one was missed, and is not forgotten. Nor does it pass over what was
// left out before, and is told at the end of the run that goes on.
void job_book::skip(entry& j, timestamp through, std::uint64_t count, skip_reason reason) {
  if (count == 0) return;
  if (reason != skip_reason::overlapped) skip(j, through, std::exchange(j.overlapped, 0), skip_reason::overlapped);
  for (const auto& r : j.waiting)
    if (!r.by_hand) through = std::min(through, r.scheduled - 1);
  const skipped_runs s{j.settings.name, std::max(through, j.memory.decided_to), count, reason};
  j.memory.skipped(s);
  if (skipped_.size() < skipped_max) skipped_.push_back(s);
}

void job_book::decide(entry& j, timestamp now) {
  if (j.memory.paused) return;
  if (now < j.decided_to - back_max_ns) {
    j.memory.decided_to = now;
    decided(j, now);
  }
  if (!j.next_due || *j.next_due > now) return;
  const auto times = due_between(j.settings.when, j.decided_to, now, j.settings.missed_runs_max + 1);
  const timestamp latest = times.last.back();
  const bool on_time = now - latest <= j.settings.grace_ns;
  decided(j, latest);

  std::uint64_t missed = times.count - (on_time ? 1 : 0);
  const bool made_up = j.settings.missed == missed_policy::run_all || (j.settings.missed == missed_policy::run_once && !on_time && !holds_scheduled(j.waiting));
  if (made_up && missed > 0) {
    const std::size_t most = j.settings.missed == missed_policy::run_once ? 1 : j.settings.missed_runs_max;
    const std::size_t room = most - std::min(most, j.waiting.size());
    const std::size_t end = times.last.size() - (on_time ? 1 : 0), begin = end - std::min({end, room, static_cast<std::size_t>(missed)});
    for (std::size_t i = begin; i < end; ++i) wait(j, times.last[i], false);
    missed -= end - begin;
  }
  skip(j, on_time ? latest - 1 : latest, missed, skip_reason::missed);
  if (!on_time) return;
  const bool free = !j.memory.running && j.waiting.empty();
  const bool may_queue = j.settings.overlap == overlap_policy::queue_one && !holds_scheduled(j.waiting);
  // Behind runs that are made up for, it is the last of them.
  const bool behind_missed = !j.memory.running && j.settings.missed == missed_policy::run_all && j.waiting.size() <= j.settings.missed_runs_max;
  if (free || may_queue || behind_missed) wait(j, latest, false);
  else ++j.overlapped;
}

std::vector<job_run> job_book::due(moment now) {
  std::vector<job_run> all;
  for (auto& [name, j] : jobs_) {
    decide(j, now.wall);
    if (!j.memory.running && !j.waiting.empty()) all.push_back(j.waiting.front());
  }
  std::stable_sort(all.begin(), all.end(), [](const job_run& a, const job_run& b) { return a.scheduled < b.scheduled; });
  return all;
}

bool job_book::started(const job_run& run, moment now) {
  const auto found = jobs_.find(run.job);
  if (found == jobs_.end()) return false;
  auto& j = found->second;
  if (j.memory.running || j.waiting.empty() || !(j.waiting.front() == run)) return false;
  j.waiting.pop_front();
  j.memory.began(run, now.wall);
  j.running_since_ns = now.monotonic_ns;
  return true;
}

bool job_book::ended(const std::string& name, std::uint64_t number, moment now, job_outcome outcome, const std::string& error) {
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return false;
  auto& j = found->second;
  if (!j.memory.running || j.memory.running->number != number) return false;
  j.memory.ended(now.wall, outcome, error);
  skip(j, j.decided_to, std::exchange(j.overlapped, 0), skip_reason::overlapped);
  return true;
}

std::vector<job_run> job_book::overdue(moment now) const {
  std::vector<job_run> all;
  for (const auto& [name, j] : jobs_)
    if (j.memory.running && now.monotonic_ns - j.running_since_ns > j.settings.deadline_ns) all.push_back(*j.memory.running);
  return all;
}

wake_times job_book::next() const {
  wake_times w;
  for (const auto& [name, j] : jobs_) {
    if (j.next_due && !j.memory.paused) w.wall = w.wall ? std::min(*w.wall, *j.next_due) : *j.next_due;
    if (!j.memory.running) continue;
    const auto deadline_ns = j.running_since_ns + j.settings.deadline_ns + 1;
    w.monotonic_ns = w.monotonic_ns ? std::min(*w.monotonic_ns, deadline_ns) : deadline_ns;
  }
  return w;
}

result<bool> job_book::pause(const std::string& name, moment now) {
  auto j = find(name);
  if (!j) return j.error();
  auto& e = **j;
  if (e.memory.paused) return false;
  decide(e, now.wall);
  const auto waited = std::erase_if(e.waiting, [](const job_run& r) { return !r.by_hand; });
  skip(e, e.decided_to, waited, skip_reason::paused);
  e.memory.paused = true;
  return true;
}

result<bool> job_book::resume(const std::string& name, moment now) {
  auto j = find(name);
  if (!j) return j.error();
  auto& e = **j;
  if (!e.memory.paused) return false;
  const auto times = due_between(e.settings.when, e.decided_to, now.wall, 1);
  if (times.count > 0) decided(e, times.last.back());
  skip(e, e.decided_to, times.count, skip_reason::paused);
  e.memory.paused = false;
  return true;
}

result<std::uint64_t> job_book::run_now(const std::string& name, moment now) {
  auto j = find(name);
  if (!j) return j.error();
  auto& e = **j;
  const bool free = !e.memory.running && e.waiting.empty();
  const bool one_waits = std::any_of(e.waiting.begin(), e.waiting.end(), [](const job_run& r) { return r.by_hand; });
  if (!free && (e.settings.overlap != overlap_policy::queue_one || one_waits))
    return error(errc::illegal_transition, "job '" + name + "' " +
                                               (e.memory.running ? "runs since " + to_string(e.memory.running_since) : std::string("is about to run")) +
                                               (one_waits ? ", and a run by hand waits already" : ": ask again when it has ended"));
  wait(e, now.wall, true);
  return e.numbers;
}

std::vector<skipped_runs> job_book::take_skipped() { return std::exchange(skipped_, {}); }

}  // namespace tomnext::calendar
