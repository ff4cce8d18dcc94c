// Which row of a sweep is best, and how much of that is luck; walked forward through time.
#pragma once
#include "actors/replay/sweep.hpp"
#include "domain/statistics/overfitting.hpp"
#include "domain/statistics/selection.hpp"
#include "domain/statistics/walk_forward.hpp"

namespace tomnext::replay {

enum class sweep_rank : std::uint8_t { sharpe, sortino, total_return, profit_factor, max_drawdown };
inline constexpr const char* sweep_rank_names = "sharpe, sortino, return, profit_factor, drawdown";
result<sweep_rank> parse_rank(const std::string& text);

/// Its value for a row; absent where there is too little to say. Higher is better, but of a draw-down.
std::optional<double> value_of(const sweep_row& r, sweep_rank by);
/// Places of the rows, best first; equal ones in their order, those without a value last, failed ones not at all.
std::vector<std::size_t> ranked(const std::vector<sweep_row>& rows, sweep_rank by);

/// Daily returns of a row: those that its Sharpe ratio is of. A day at whose end nothing is left has −1, later ones 0, so that all rows are equally long.
std::vector<double> daily_returns(const sweep_row& r);

/// A winner is one of many: what that makes of it.
struct sweep_luck {
  std::size_t trials = 0;
  double independent_trials = 0;                            ///< what the trials count for, by their mean correlation
  double expected_highest_sharpe = 0;                       ///< of as many that are luck alone, per day
  std::vector<std::optional<double>> deflated_sharpe;       ///< of each row: probability that its true ratio exceeds that
  std::vector<std::optional<double>> probabilistic_sharpe;  ///< of each row: that it exceeds 0, had it been the only one
  std::optional<statistics::overfitting> overfitting;
  std::size_t overfitting_blocks = 0;
  std::string why_not;  ///< where a figure is absent
};
/// The blocks of the cross-validation are as many as there are days and patience for: 16 at most, fewer for very many rows.
sweep_luck luck_of(const std::vector<sweep_row>& rows);

/// Lengths in trading days.
struct sweep_walk_plan {
  std::int64_t train = 0, test = 0, purge = 0, embargo = 0;
  bool anchored = false;
};
/// "train=60,test=20[,purge=1][,embargo=1][,anchored]": days, or with a `w` weeks of five and with an `m` months of 21 of them.
result<sweep_walk_plan> parse_walk(const std::string& text);

/// Whether so many days can be walked through, before anything is run.
result<void> check_walk(std::size_t days, const sweep_walk_plan& plan);

struct sweep_walk {
  struct window {
    date train_first, train_last, test_first, test_last;
    std::size_t best = 0;                             ///< place of the row with the highest Sharpe ratio in training
    std::optional<double> train_sharpe, test_sharpe;  ///< yearly
    double test_return = 0;
  };
  std::vector<window> windows;
  std::vector<double> returns;  ///< of all tests, one after the other
  double total_return = 0, max_drawdown = 0;
  std::optional<double> sharpe, probabilistic_sharpe;
};
/// Per window the row with the highest Sharpe ratio in training, and what it earned in the test. Every row runs through all of the data once; a window is a stretch
/// of its days. So its averages are warm when a test begins, and it holds then what it held; what changing from one row's position to another's would cost is not
/// in it. Errors: of `statistics::walk_forward`; errc::invalid_argument where rows have no days.
result<sweep_walk> walk_forward(const sweep_result& s, const sweep_walk_plan& plan);

}  // namespace tomnext::replay
