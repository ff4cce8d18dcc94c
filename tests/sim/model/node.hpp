// One deployment through its lives: hosts, journal, snapshots on disk, adapters, and everything that can go wrong at any moment.
#pragma once
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "tests/sim/model/journal.hpp"
#include "tests/sim/model/outside.hpp"
#include "tests/sim/model/recovery.hpp"

namespace tomnext::sim {

/// A host with nothing to say writes a progress mark after so many inputs.
constexpr std::size_t quiet_inputs_max = 4;

struct model_host {
  bool created = false;
  unsigned incarnation = 0;
  state now;
  seq_number read_to = 0;         ///< its cursor in the log
  seq_number consumed = 0;        ///< the last of its inputs there
  std::size_t quiet_inputs = 0;   ///< decided since its last append
  std::deque<append> on_the_way;  ///< sent to the journal, not yet taken
  seq_number born_at = 0;         ///< head of the log when its first life began
};

/// What a campaign went through, so that a test can see that it tried what it claims.
struct figures {
  std::uint64_t events = 0, node_crashes = 0, ordered_stops = 0, host_crashes = 0, upgrades = 0, recoveries = 0, from_snapshot = 0, proposed_again = 0;
  std::uint64_t refused = 0, effects = 0, commands = 0, timers = 0, parked = 0, lost_events = 0;
};

class node {
 public:
  node(std::uint64_t seed, broken_rule broken, figures& f);

  /// A whole history, to its end. Returns why it is wrong, or nothing.
  std::string run();

 private:
  enum class ending { crash, ordered_stop };

  [[nodiscard]] model_host& at(int host) { return hosts_[static_cast<std::size_t>(host)]; }
  [[nodiscard]] host_role role_of(int host) const { return {host, build_, &wiring_, broken_}; }
  void fail(const std::string& why) {
    if (why_.empty()) why_ = why;
  }

  // a host's life (node.cpp)
  bool host_step(int host);
  bool ingress_step(int host);
  bool deliver(int host);
  void send(int host, reaction events);
  void send_mark(int host, kind type, seq_number position, std::uint64_t id);
  void create(int host);
  void take_snapshot(int host);
  void store_snapshots();

  // ends and beginnings (node_lives.cpp)
  [[nodiscard]] const snapshot* any_snapshot(int host, seq_number visible);
  void start(int host);
  void host_crash(int host);
  void node_ends(ending how);
  void drain();
  void check_snapshots_belong();

  // chance (node.cpp)
  void step();
  void host_events(std::uint64_t dice);
  void world_events(std::uint64_t dice);
  void come_to_rest();

  // the end (node_verdict.cpp)
  void verdict();
  void judge_hosts();
  void judge_effects();
  void judge_commands();
  void judge_timers();
  void judge_sources();
  void judge_lives();

  random_source random_;
  broken_rule broken_;
  figures& figures_;
  std::string why_;
  topology wiring_;
  std::size_t credit_;  // appends that a host may run ahead of the journal
  unsigned build_ = 0;
  journal journal_;
  std::array<model_host, host_count> hosts_{};
  std::vector<append> stragglers_;  // of dead incarnations, still on their way
  std::vector<snapshot> pending_;   // taken, their mark not yet durable
  std::vector<snapshot> stored_;    // on disk
  effect_adapter effects_;
  client_desk clients_;
  timer_authority timers_;
  venue venue_;
};

}  // namespace tomnext::sim
