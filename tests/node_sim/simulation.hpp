// One history: a seed and its plan of faults, from the first event to the end of the source, over as many lives of the node as that takes.
#pragma once
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/fast_folder.hpp"
#include "tests/node_sim/fault_plan.hpp"
#include "tests/node_sim/log_laws.hpp"
#include "tests/node_sim/operators.hpp"
#include "tests/node_sim/simulated_life.hpp"

namespace tomnext::tests {

/// What became of a history.
struct verdict {
  std::string broken;              ///< the first thing that did not hold; empty: all held
  std::vector<std::string> story;  ///< faults as they were applied, and how lives ended
  std::uint64_t steps = 0, lives = 0, events = 0, orders = 0, fills = 0, alerts = 0, acknowledged = 0, snapshots = 0, parked = 0, job_runs = 0;
  std::map<std::string, std::uint64_t> faults;  ///< how often each kind befell something
  hash256 chain_hash;
};

class simulation {
 public:
  explicit simulation(const simulated_case& c, mutant with = mutant::none);
  ~simulation();
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;
  verdict run();

 private:
  // ---- the history ----
  void live();
  void apply(const fault& f);
  void outcome_came();
  [[nodiscard]] std::string unexplained(const app::node_outcome& outcome) const;
  void life_ended();
  void tell(const std::string& line) { verdict_.story.push_back("step " + std::to_string(verdict_.steps) + ": " + line); }
  void broke(const std::string& what);
  void mend_source();

  // ---- what must hold, each step or now and then ----
  void on_durable(const persistence::group& g);
  void on_sequenced(const persistence::group& g);
  void durable_is_what_was_sequenced(const persistence::group& g);
  void earlier_lives_are_fenced(const event& e);
  void nobody_decides_before_durability(const event& e);
  void what_is_not_durable_is_bounded();
  void mailboxes_are_bounded();
  void snapshots_stand_on_durable_marks();
  void alert_left(std::uint64_t seq);
  void it_goes_on();
  // ---- at the end ----
  void all_has_ended_well();
  void all_inputs_are_there();
  void decisions_are_repeatable();
  void snapshots_and_their_tails_are_the_whole();
  void log_is_the_backtest();

  simulated_case case_;
  mutant with_;
  const small_deployment& deployment_;
  fast_folder folder_;
  chance schedule_;
  std::shared_ptr<simulated_log> log_ = std::make_shared<simulated_log>();
  std::unique_ptr<simulated_life> life_;
  operators operators_;
  verdict verdict_;
  std::size_t next_fault_ = 0;
  bool finished_ = false, life_over_ = false, stopping_ = false;
  std::uint64_t blows_ = 0;  // to the present life: what may make a supervisor give up
  bool journal_hit_ = false, source_away_ = false, root_hit_ = false, disk_failed_ = false;
  // since the last fault, or the beginning of the life
  std::uint64_t quiet_from_step_ = 0;
  simulated_life::time_point quiet_from_{};
  timestamp wall_ = start_of(date_of({2024, 3, 10})) + 6 * hour_ns;  // when the present life began: an hour before New York's clocks go forward

  std::uint64_t quotes_not_durable_ = 0;

  log_laws laws_;
  reaction_law sequenced_reactions_;
  std::deque<event> sequenced_;       // not yet durable
  std::vector<std::uint16_t> types_;  // of the events that this life sequenced, by seq
  std::vector<host_definition> hosts_;
  std::map<std::uint32_t, std::uint32_t> registered_;  // the incarnation of each host that was registered last
  std::set<std::string> snapshots_seen_;
};

}  // namespace tomnext::tests
