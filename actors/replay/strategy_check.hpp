// Two checks of any strategy: that it knows nothing of what comes later, and how much history it needs.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/replay/sweep_run.hpp"

namespace tomnext::replay {

/// Points at which the data are cut off, at most.
inline constexpr std::size_t cuts_max = 1'000;

struct look_ahead_check {
  std::size_t cuts = 0;         ///< back-tests of data that end early
  std::uint64_t decisions = 0;  ///< signals and orders of the whole data
  /// A decision that came out otherwise where the data ended later: it knew of what came behind.
  struct difference {
    timestamp cut;                ///< the last quote of the shorter data
    std::string shorter, longer;  ///< the decision in each; empty: none there
  };
  std::optional<difference> first;
  std::uint64_t differing_cuts = 0;
  /// Bars that strategies were told before the market had all quotes that they are of: orders filled at older prices.
  std::uint64_t early_bars = 0;
  std::string first_early_bar;
  [[nodiscard]] bool clean() const { return !first && early_bars == 0; }
};
/// The deployment's back-test over all data and over the first part of them, cut at `cuts` places (1 … cuts_max) spread evenly. All decisions up to a cut must be the
/// same, payload by payload. Errors: what a host fails with; errc::cancelled.
result<look_ahead_check> check_look_ahead(const sweep_runner& runner, std::size_t cuts, const sweep_ask& go_on);

struct warm_up_check {
  struct strategy_warm_up {
    std::string name;
    std::uint64_t declared_bars = 0;  ///< after so many it says that it is ready
    std::uint64_t decision_bars = 0;  ///< after so many it wants the same as with all the history, from there on
    std::uint64_t figure_bars = 0;    ///< after so many its figures agree too, within the tolerance
    std::size_t starts = 0;           ///< beginnings that were tried; 0: too few bars
    [[nodiscard]] bool enough() const { return starts > 0 && decision_bars <= declared_bars && figure_bars <= declared_bars; }
  };
  std::vector<strategy_warm_up> strategies;
  double tolerance = 0;
};
/// Each strategy is fed its bars from the beginning and from `starts` later bars on. What it wants and the two figures by which it says so are compared from the
/// bar on at which the later one is ready; figures agree within `tolerance` of their size. The longest of all beginnings counts.
result<warm_up_check> check_warm_up(const sweep_runner& runner, std::size_t starts, double tolerance, const sweep_ask& go_on);

std::string to_table(const look_ahead_check& c, const warm_up_check& w);
std::string to_json(const look_ahead_check& c, const warm_up_check& w);

}  // namespace tomnext::replay
