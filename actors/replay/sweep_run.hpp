// One back-test of a sweep: the same kernel and hosts as `run_backtest`, over data in memory, without a log.
#pragma once
#include <functional>
#include <optional>

#include "actors/replay/sweep_tape.hpp"

namespace tomnext::replay {

/// What one back-test came to. Money in minor units of the account currency.
struct sweep_figures {
  std::uint64_t orders = 0, fills = 0, positions = 0, denied_orders = 0, rejected_orders = 0, open_positions = 0;
  amount commission, financing, final_balance;
  portfolio_management::account_statistics statistics;
  std::vector<double> daily_equity;  ///< of the account, one more than there are days
  /// Each host's, to compare two ways of running.
  std::vector<std::pair<std::string, std::uint64_t>> state_hashes;
};

/// Asked now and then; false: stop.
using sweep_ask = std::function<bool()>;

/// A deployment that is prepared for many runs which differ in parameters of its strategies alone. Runs are const, and may go on at once.
class sweep_runner {
 public:
  /// Looks at the data, reads it, and makes what all runs share.
  static result<sweep_runner> make(config::deployment d, const progress& on_progress);
  /// The same of data that are in memory already; the deployment has been prepared.
  static result<sweep_runner> of(config::deployment prepared, composition_parts parts, sweep_market market);

  /// The deployment as prepared: what a run gets is a copy of it with other parameters.
  [[nodiscard]] const config::deployment& deployment() const { return d_; }
  [[nodiscard]] const composition_parts& parts() const { return parts_; }
  [[nodiscard]] const sweep_market& market() const { return market_; }
  [[nodiscard]] const sweep_tape& tape() const { return tape_; }
  /// Days whose equity the rows hold.
  [[nodiscard]] const std::vector<date>& days() const { return tape_.days; }

  /// As `run_backtest` of this deployment, to the last bit. Errors: what a host fails with; errc::cancelled.
  [[nodiscard]] result<sweep_figures> run(const config::deployment& d, const sweep_ask& go_on = {}) const;
  /// The same with every quote through every host.
  [[nodiscard]] result<sweep_figures> run_whole(const config::deployment& d, const sweep_ask& go_on = {}) const;

  /// Runs it both ways. Where anything differs, a figure or a host's state, the tape is given up, and every later run takes the whole way: a strategy or a
  /// host that looks at each quote makes a sweep slower, and never wrong. The name of what differed, or nothing.
  result<std::optional<std::string>> check_tape(const config::deployment& d, const sweep_ask& go_on = {});
  /// Every later run takes the whole way.
  void give_up_tape(std::string why) {
    if (tape_.refusal.empty()) tape_.refusal = std::move(why);
  }

 private:
  config::deployment d_;
  composition_parts parts_;
  sweep_market market_;
  sweep_tape tape_;
};

}  // namespace tomnext::replay
