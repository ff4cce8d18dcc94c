// What the worker pool is doing: written by the pool and by its jobs, read by whoever answers for the node. It outlives the pool's lives.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "actors/runtime/work.hpp"

namespace tomnext::actors {

/// given_up: it did not end when it was told to, and holds its thread.
enum class work_state : std::uint8_t { waiting, running, done, failed, cancelled, given_up };
inline constexpr std::size_t work_states = 6;

class work_board {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // ---- of the pool ----
  /// A new life: nothing waits or runs. Ids go on.
  void begin(std::size_t workers);
  [[nodiscard]] work_id next_id();
  void submitted(work_id id, const job& what, time_point now);
  void refused();
  void started(work_id id, time_point now);
  /// `why` empty: it is done.
  void ended(work_id id, work_state how, std::string_view why, time_point now);
  void workers(std::size_t usable, std::size_t given_up);

  // ---- of the jobs ----
  void progress(work_id id, std::uint64_t done, std::uint64_t total, std::string_view text);

  // ---- of anybody ----
  /// {"workers", "given_up", "submitted", "refused", "waiting", "running", "done", "failed", "cancelled", "jobs": [{"id", "name", "owner", "priority",
  /// "correlation", "state", "waited_ms", "ran_ms", "left_ms", "progress": {"done", "total", "text"}, "why"}]}. `jobs` are those that run, the first 100 that
  /// wait, and the last 100 that ended, newest first.
  [[nodiscard]] nlohmann::json as_json(time_point now) const;
  /// In the Prometheus text format.
  [[nodiscard]] std::string as_metrics() const;

 private:
  struct entry {
    std::string name, owner, correlation, text, why;
    work_priority priority{};
    work_state state{};
    time_point submitted{}, started{}, ended{}, deadline{};
    std::uint64_t done = 0, total = 0;
  };
  [[nodiscard]] static nlohmann::json json_of(work_id id, const entry& e, time_point now);

  mutable std::mutex mutex_;
  work_id ids_ = 0;
  std::map<work_id, entry> open_;  // waiting and running: bounded by the pool
  std::deque<std::pair<work_id, entry>> ended_;
  std::array<std::uint64_t, work_states> counts_{};  // of waiting and running: how many are; of the rest: how many were
  std::uint64_t submitted_ = 0, refused_ = 0;
  std::size_t workers_ = 0, given_up_ = 0;
};

}  // namespace tomnext::actors
