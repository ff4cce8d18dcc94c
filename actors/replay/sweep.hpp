// A sweep: the back-tests of many parameter combinations on several threads, resumable and cancellable.
#pragma once
#include <functional>

#include "actors/replay/sweep_rows.hpp"
#include "actors/replay/sweep_target.hpp"

namespace tomnext::replay {

struct sweep_plan {
  std::vector<sweep_axis> axes;
  std::vector<sweep_point> points;
  unsigned threads = 1;
  std::string folder;   ///< where rows are kept; empty: nowhere
  bool resume = false;  ///< rows in the folder are not run again
};

/// Combinations done, of all; false cancels. Called by the thread that runs the sweep, some ten times a second and at each row of its own.
using sweep_progress = std::function<bool(std::uint64_t done, std::uint64_t all)>;

struct sweep_result {
  std::vector<sweep_axis> axes;
  std::vector<sweep_row> rows;  ///< in the order of the points, whatever thread was first; none for refused points
  std::uint64_t resumed = 0;    ///< rows that were there already
  std::uint64_t refused = 0;    ///< combinations that the strategy does not take
  std::string first_refusal;
  std::vector<date> days;   ///< one for each daily return
  std::string slow_reason;  ///< why quotes could not be left out, where they could not
  std::string currency;
  std::uint32_t minor_units = 2;
};

/// Runs what is not there yet. A cancelled sweep keeps its rows (errc::cancelled). errc::invalid_argument where no combination is left, with the first reason.
result<sweep_result> run_sweep(sweep_runner& runner, const sweep_plan& plan, const sweep_progress& on_progress);

}  // namespace tomnext::replay
