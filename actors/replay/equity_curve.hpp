// The equity of a run at the close of each bar that its strategies trade on.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "config/deployment.hpp"
#include "domain/events/event.hpp"

namespace tomnext::replay {

struct equity_point {
  timestamp at;     ///< the close of the bar
  double equity{};  ///< balance and open positions, in whole account currency
};

/// Balance, and each open position marked at the close of its newest bar. It converts nothing, so it is kept only where every pair that is traded is quoted in
/// the account's currency. What is booked after the last bar changes the last point.
class equity_curve {
 public:
  explicit equity_curve(const config::deployment& d);
  void take(const header&, const bar_closed& e);
  void take(const header&, const cash_moved& e);
  void take(const header&, const position_changed& e);
  void take(const header&, const source_state_changed& e) { ended_ = e.state == source_state::ended; }
  template <class E> static constexpr bool wanted = contains<E, type_list<bar_closed, cash_moved, position_changed, source_state_changed>>;
  /// Empty where it is not kept.
  [[nodiscard]] const std::vector<equity_point>& points() const { return points_; }
  /// Whether the deployment has one.
  [[nodiscard]] static bool kept_for(const config::deployment& d);

 private:
  struct holding {
    instrument_id instrument;
    double units{}, average{};
  };
  [[nodiscard]] double equity() const;

  std::vector<strategy_execution::strategy_configuration> strategies_;  // none: nothing is kept
  double minor_units_ = 1;                                              // of the account's currency, in one
  amount balance_;
  std::map<position_id, holding> held_;
  std::map<instrument_id, double> marks_;
  std::vector<equity_point> points_;
  bool ended_ = false;
};

/// One line a bar, with a header.
std::string to_csv(const std::vector<equity_point>& points, std::uint32_t minor_units);

}  // namespace tomnext::replay
