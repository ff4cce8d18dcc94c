// One life of a whole node on one thread with virtual time: every actor of app::node_tree, on a simulated log, under a schedule drawn by chance.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/app/node_tree.hpp"
#include "tests/node_sim/chance.hpp"
#include "tests/node_sim/deployments.hpp"
#include "tests/node_sim/message_faults.hpp"
#include "tests/node_sim/mutants.hpp"
#include "tests/node_sim/simulated_log.hpp"
#include "tests/node_sim/virtual_clock.hpp"

namespace tomnext::tests {
using namespace std::chrono_literals;

/// In the order of arrival the journal gives credit for so many events that are not durable; a live node has 8,192, which these histories would never reach.
inline constexpr std::uint64_t window_events = 64;
/// Window and one admission (256 inputs), each with what hosts say to it: more is never under way.
inline constexpr std::uint64_t not_durable_max = 3'000;

struct life_settings {
  const small_deployment* deployment = nullptr;
  bool lockstep = true;
  double pace = 1;  ///< otherwise: so many times as fast as it was
  std::shared_ptr<simulated_log> log;
  std::string folder;  ///< of the snapshots
  mutant with = mutant::none;
  chance* schedule = nullptr;
  timestamp wall_at_begin;  ///< date and time when the life begins; they go on with its virtual time
  std::function<void(const persistence::group&)> on_sequenced;
  std::function<void(std::uint32_t host, std::uint32_t incarnation)> on_enrolled;
};

/// What became of a question that was asked from outside.
template <class R> struct asked {
  std::optional<R> value;
  std::optional<error> failure;
  [[nodiscard]] bool done() const { return value || failure; }
};

class simulated_life {
  struct settings : system_config {
    settings() { configure_for_tests(*this); }
  };

 public:
  using time_point = actor_time;

  explicit simulated_life(life_settings settings);
  /// As a crash that keeps nothing, where the life has not ended.
  ~simulated_life();
  simulated_life(const simulated_life&) = delete;
  simulated_life& operator=(const simulated_life&) = delete;

  /// What is wrong with the log or the configuration: the node does not start.
  [[nodiscard]] const std::optional<error>& refused() const { return refused_; }
  /// One message of one actor, one answer of the log, or, where nothing else is to do, time.
  void step();
  [[nodiscard]] const std::optional<app::node_outcome>& outcome() const { return outcome_; }
  [[nodiscard]] time_point now() { return scheduler_.clock().now(); }
  [[nodiscard]] std::uint64_t sequenced() const { return sequenced_; }

  // ---- faults ----
  /// Its name; empty where there is none to be killed.
  std::string kill(std::uint64_t which);
  std::string stall(std::uint64_t which, std::chrono::milliseconds time);
  std::string lose(std::uint64_t which, bool request);
  std::string slow_link(std::uint64_t which, std::chrono::milliseconds time, bool and_end);
  void slow_log(std::chrono::milliseconds time) { log_slow_until_ = now() + time; }
  void fill_log(std::chrono::milliseconds time);
  void jump(std::chrono::milliseconds time) { scheduler_.advance_time(time); }
  bool kill_by_name(const std::string& name);
  /// All is gone at once; so many of the commits under way were written.
  void crash(std::size_t kept);

  // ---- its end ----
  /// The ordered stop that a node makes (app::node::stop), or after a failure the end of all.
  void begin_stop(bool orderly);
  [[nodiscard]] bool ended() const { return root_ended_; }

  // ---- looking ----
  template <class Protocol, class R, class... Question>
  std::shared_ptr<asked<R>> ask_as(const std::string& who, std::chrono::milliseconds deadline, Question... question) {
    auto box = std::make_shared<asked<R>>();
    const auto to = parts_.directory->at<Protocol>(who);
    if (!to) {
      box->failure = error(errc::not_ready, who + " has not started yet");
      return box;
    }
    spawn_errand(system_, [=](plain_actor* self) {
      ask(self, to, deadline, question...).then([box](const R& v) { box->value = v; }, [box](const actor_error& e) { box->failure = from_caf(e); });
    });
    return box;
  }
  /// The first actor whose mailbox is deeper than `most`; empty where none is.
  [[nodiscard]] std::string deep_mailbox(std::uint64_t most) const;
  /// Actors that are neither running nor have ended in order, for a failure's report.
  [[nodiscard]] std::string picture() const;
  /// Actors that are still there, of those that this life has started.
  [[nodiscard]] std::size_t actors_left() { return running_actors(system_) - base_; }

 private:
  void restore();
  app::node_parts parts_of();
  void start();
  void change(supervised_group& group);
  child_spec small_window_journal(child_spec like) const;
  bool run_one();
  [[nodiscard]] std::vector<std::string> living() const;
  void go_on_stopping();
  void kill_all();

  life_settings settings_;
  settings system_settings_;
  actor_system system_{system_settings_};
  test_scheduler& scheduler_ = test_scheduler_of(system_);
  virtual_clock clock_{scheduler_};
  const std::size_t base_ = running_actors(system_);
  message_faults faults_;
  app::node_parts parts_;
  std::map<std::string, weak_actor> lives_;  // the present life of each child
  std::vector<std::string> order_;           // of their first start
  actor_ptr root_;
  std::optional<error> refused_;
  std::optional<app::node_outcome> outcome_;
  bool root_ended_ = false, crashed_ = false;
  std::uint64_t sequenced_ = 0;
  std::map<actor_id, time_point> stalled_;
  std::optional<time_point> log_slow_until_, log_full_until_;
  std::uint64_t turns_ = 0;
  std::chrono::microseconds pause_{1'000};
  std::uint64_t seen_sequenced_ = 0;
  // the ordered stop
  std::uint8_t stopping_ = 0;
  std::shared_ptr<asked<bool>> halted_;
  std::shared_ptr<asked<std::uint64_t>> settled_;
};

}  // namespace tomnext::tests
