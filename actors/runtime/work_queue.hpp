// Which job runs next: priorities first, then owners by the time that they have used, and what has waited long now and then. Knows no actors and no clock.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/runtime/work.hpp"

namespace tomnext::actors {

/// Deficit round robin between owners, by time: each lap gives each owner a quantum, and an owner whose balance covers its next job is served. What a job has
/// really taken is settled afterwards, so that estimates deceive nobody for long. Source: Shreedhar and Varghese, "Efficient fair queuing using deficit round
/// robin", 1996. Two owners that always have something waiting differ in time used by at most two quanta, the largest weight and the longest job, whatever the
/// numbers of their jobs.
class fair_line {
 public:
  using duration = std::chrono::nanoseconds;
  struct entry {
    work_id id;
    duration weight;  ///< above 0
    std::chrono::steady_clock::time_point since;
  };
  /// What was charged for a job that runs.
  struct charge {
    std::string owner;
    entry what;
    std::uint64_t era;
  };
  explicit fair_line(duration quantum) : quantum_(quantum) {}

  void put(const std::string& owner, const entry& e);
  /// The next one; nothing where nobody waits. Its weight is charged.
  [[nodiscard]] std::optional<charge> take();
  /// It runs no more: the difference to its weight is charged, or given back. What was taken before a moment in which nobody waited is of no account any more.
  void settle(const charge& c, duration used);
  bool remove(const std::string& owner, work_id id);

  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] std::size_t waiting_of(const std::string& owner) const;
  /// Since when the one that came first has waited.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> oldest() const;
  /// Owners of whom anything is remembered: those with something waiting or running, and those in debt.
  [[nodiscard]] std::size_t owners() const { return accounts_.size(); }

 private:
  struct account {
    std::deque<entry> waiting;
    duration balance{0};
    std::size_t running = 0;  // of this era
    [[nodiscard]] bool is_settled() const { return waiting.empty() && running == 0 && balance >= duration(0); }
    /// So many turns have come. Nobody saves up turns in which nothing of it waits; a debt is paid by them.
    void give(duration time) { balance = waiting.empty() ? std::min(balance + time, std::max(balance, duration(0))) : balance + time; }
  };
  void give_laps();
  void next_turn();
  void leave_if_settled(const std::string& owner);
  void end_era();

  duration quantum_;
  std::map<std::string, account> accounts_;
  std::deque<std::string> ring_;  // all of them; the first one's turn it is
  bool front_has_its_quantum_ = false;
  std::size_t waiting_ = 0;
  std::uint64_t era_ = 0;
};

struct work_queue_limits {
  std::size_t waiting_max = 4'096, waiting_of_owner_max = 2'048;  ///< the second leaves room for others beside a sweep
  std::chrono::milliseconds quantum{50};                          ///< of an owner's turn; the shorter, the more even and the more switching
  std::chrono::milliseconds weight_max{60'000};                   ///< a heavier job counts as this until it has run
  std::chrono::milliseconds patience{10'000};                     ///< after this the priority above gives way, now and then:
  std::uint32_t one_in = 8;                                       ///< of so many jobs taken, one of those that have waited longer
};

class work_queue {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  struct item {
    work_id id{};
    std::string owner;
    work_priority priority = work_priority::normal;
    time_point since{};
    std::uint64_t era{};
    std::chrono::nanoseconds weight{};  ///< as it was charged
  };

  explicit work_queue(work_queue_limits limits);

  /// errc::overloaded, and how many wait, where there is no room. Ids are unique.
  result<void> put(work_id id, const std::string& owner, work_priority priority, std::chrono::nanoseconds weight, time_point now);
  /// Who runs now; it is to be settled when it runs no more.
  [[nodiscard]] std::optional<item> take(time_point now);
  void settle(const item& i, std::chrono::nanoseconds used) { lines_[index(i.priority)].settle({i.owner, {i.id, i.weight, i.since}, i.era}, used); }
  /// It does not wait any more: false where it did not.
  bool remove(work_id id);

  [[nodiscard]] std::size_t waiting() const { return places_.size(); }
  [[nodiscard]] std::size_t waiting(work_priority p) const { return lines_[index(p)].waiting(); }

 private:
  static std::size_t index(work_priority p) { return static_cast<std::size_t>(p); }
  [[nodiscard]] std::size_t next_line(time_point now);
  struct place {
    std::string owner;
    work_priority priority;
  };
  work_queue_limits limits_;
  std::array<fair_line, work_priorities> lines_;
  std::map<work_id, place> places_;
  std::uint32_t taken_since_patience_ = 0;
};

}  // namespace tomnext::actors
