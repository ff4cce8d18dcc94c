// Work apart: a bounded number of threads that run jobs, behind one actor that decides which runs next and who is told what became of it.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/protocols.hpp"
#include "actors/runtime/introspection.hpp"
#include "actors/runtime/restart_policy.hpp"
#include "actors/runtime/work_board.hpp"
#include "actors/runtime/work_queue.hpp"

namespace tomnext::actors {

struct worker_pool_settings {
  std::string name;              ///< of the pool in introspection; its workers are name/1, name/2, …
  std::size_t workers = 2;       ///< threads, 1 to 64
  std::size_t given_up_max = 2;  ///< so many threads may hang in a job and be replaced; beyond, the pool has fewer
  work_queue_limits queue;
  std::chrono::milliseconds stuck_after{5'000};    ///< a job that runs on for so long after it was told to stop is given up
  std::chrono::milliseconds look_every{20};        ///< at deadlines, while there is work
  std::chrono::milliseconds stop_deadline{1'500};  ///< for jobs to end when the pool does; its own must be longer
  restart_limits restarts;                         ///< of workers; beyond, the pool fails
  std::shared_ptr<work_board> board;
  std::shared_ptr<introspection> figures;
  /// As those of a supervisor's children: the stable address of a worker, and what happens when one is started again. Both may be empty.
  std::function<actor_ptr(actor_system&, const std::string& name)> address = {};
  std::function<void(const std::string& name, std::uint64_t restarts, const std::string& reason)> on_restart = {};
};
/// errc::invalid_argument, and what cannot be.
[[nodiscard]] result<void> check(const worker_pool_settings& s);

/// Spawned like any actor, with the name of its settings. Invalid settings end it at birth.
///
/// A job is answered once: with its result, its own error, or why it came to none. Cancelled (by its token, by cancel_atom, at its deadline) it is answered at
/// once, waiting or running; a running one is told, and its thread is free when it ends. One that does not end is given up: threads cannot be killed. Its thread
/// is replaced, and used again should it come back.
class worker_pool_state {
 public:
  worker_pool_state(pool_protocol::pointer self, worker_pool_settings settings);
  ~worker_pool_state();
  worker_pool_state(const worker_pool_state&) = delete;
  worker_pool_state& operator=(const worker_pool_state&) = delete;
  pool_protocol::behavior_type behavior();

 private:
  using time_point = std::chrono::steady_clock::time_point;
  struct worker;
  struct work;
  using worker_ref = std::shared_ptr<worker>;

  answer<job_result_ref> submit(const job_ref& j);
  result<void> admit(work_id id, const job_ref& j, const cancellation_source& source);
  bool cancel(work_id id, const std::string& why);
  void withdrawn(work_id id);
  void look();

  void start_work();
  void start(const worker_ref& w, const work_queue::item& i);
  void ended(const worker_ref& w, work_id id, const result<job_result>& came_to, std::chrono::nanoseconds used);
  void lost(work_id id, const error& why);
  void close(work_id id, const result<job_result>& came_to, std::chrono::nanoseconds used);
  void conclude(work& k, work_id id, const result<job_result>& came_to);
  void give_up(work& k, work_id id);
  void refuse_all(const error& why);

  void add_worker(std::size_t number);
  void restart_those_due();
  [[nodiscard]] std::size_t free_number() const;
  [[nodiscard]] std::string name_of(std::size_t number) const;
  void worker_down(const down_notice& m);
  void free_worker(const worker_ref& w);
  [[nodiscard]] std::size_t usable() const;
  [[nodiscard]] std::size_t given_up() const;
  [[nodiscard]] error nobody_left() const;
  void keep_looking();
  void show_workers();

  void stop(const actor_error& reason);
  void quit_if_all_are_gone();

  pool_protocol::pointer self_;
  worker_pool_settings settings_;
  work_queue queue_;
  restart_policy restarts_;
  std::map<work_id, work> open_;     // waiting and running
  std::vector<worker_ref> workers_;  // at most workers and given_up_max
  struct restart {
    time_point at;
    std::size_t number;
    std::string reason;
  };
  std::vector<restart> to_restart_;
  std::map<std::size_t, std::uint64_t> restarts_of_;  // by number
  std::optional<error> invalid_;
  bool looking_ = false;  // a tick is on its way
  bool stopping_ = false;
  time_point stop_by_{};
  actor_error reason_;
};

}  // namespace tomnext::actors
