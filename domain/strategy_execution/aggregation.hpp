// How the voices for and against a signal become one score.
#pragma once
#include <optional>

namespace tomnext::strategy_execution {

/// Scores of the components that spoke, each −1 … +1.
struct voices {
  std::optional<double> technical;
  std::optional<double> model;
  std::optional<double> regime;
  std::optional<double> correlation;
};

struct aggregation_weights {
  double technical = 0.5, model = 0.3, regime = 0.1, correlation = 0.1;
};

/// Weighted mean over the components that spoke, × 1.2 where technical and model agree in sign, clamped to ±1; 0 where nobody spoke.
double aggregate(const voices& v, const aggregation_weights& w);

/// A signal is acted on where |score| exceeds this.
inline constexpr double act_above = 0.5;

}  // namespace tomnext::strategy_execution
