// Which jobs are to run now. Pure: it is told what time it is, starts nothing, and keeps its word over whatever the clock does.
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "domain/calendar/job.hpp"

namespace tomnext::calendar {

/// The next moment at which something may have to be done: by the date and time, or by the clock that only goes on.
struct wake_times {
  std::optional<timestamp> wall = {};
  std::optional<std::int64_t> monotonic_ns = {};
};

/// Each job goes through its scheduled times once, in order: `decided_to` never goes back, so a clock that is set back runs nothing twice, and one that jumps
/// forward, or a node that was down, makes runs missed. Only a clock set back by more than `back_max_ns` was so wrong before that the job goes by it anew.
class job_book {
 public:
  static constexpr std::size_t jobs_max = 256;
  static constexpr std::int64_t back_max_ns = 7 * day_ns;

  /// What is scheduled later than `memory.decided_to` is its affair; of a new job that is now. Returns the run that an earlier life of the node has left
  /// behind, which is `lost` from now on.
  result<std::optional<job_run>> add(job_settings settings, job_memory memory, moment now);
  /// A run of it that goes on is nobody's any more.
  result<void> remove(const std::string& name);

  /// Paused, a job runs by hand only. What waits is left out, what runs goes on. False where it was so already.
  result<bool> pause(const std::string& name, moment now);
  result<bool> resume(const std::string& name, moment now);
  /// Asks for a run beyond the schedule; its number. Refused while another one goes on, unless overlap is `queue_one`.
  result<std::uint64_t> run_now(const std::string& name, moment now);

  /// The runs to start now, the earliest first, at most one of each job. A run stays due until it has started.
  std::vector<job_run> due(moment now);
  /// False where that run is not due.
  bool started(const job_run& run, moment now);
  /// False where that run does not go on: it has timed out, say, and this answer comes too late.
  bool ended(const std::string& name, std::uint64_t number, moment now, job_outcome outcome, const std::string& error);
  /// Runs that go on for longer than their deadline.
  [[nodiscard]] std::vector<job_run> overdue(moment now) const;
  [[nodiscard]] wake_times next() const;
  /// Scheduled times that had no run, since the last call.
  std::vector<skipped_runs> take_skipped();

  /// One job, as it stands.
  struct entry {
    job_settings settings;
    job_memory memory;
    timestamp decided_to;               // memory.decided_to, or further: of what follows nothing is recorded yet
    std::optional<timestamp> next_due;  // behind decided_to
    std::deque<job_run> waiting = {};   // in order
    std::int64_t running_since_ns = 0;  // monotonic
    std::uint64_t overlapped = 0;       // not told yet
    std::uint64_t numbers = 0;          // the last one given to a run
  };
  [[nodiscard]] const std::map<std::string, entry>& jobs() const { return jobs_; }

 private:
  result<entry*> find(const std::string& name);
  void decide(entry& j, timestamp now);
  void decided(entry& j, timestamp to);
  void wait(entry& j, timestamp scheduled, bool by_hand);
  void skip(entry& j, timestamp through, std::uint64_t count, skip_reason reason);

  std::map<std::string, entry> jobs_;
  std::vector<skipped_runs> skipped_;
};

/// What is scheduled later than `from`, up to and including `to`.
struct due_times {
  std::uint64_t count = 0;     ///< a lower bound from 100,000 on
  std::deque<timestamp> last;  ///< the last ones
};
due_times due_between(const schedule& when, timestamp from, timestamp to, std::size_t last_max);

}  // namespace tomnext::calendar
