// From a probability to a verdict on a signal. Pure.
#pragma once
#include "domain/base/market.hpp"

namespace tomnext::ml_integration {

/// Both are allowed at equality; reject_at < confirm_at.
struct confirmation_thresholds {
  double confirm_at = .65;
  double reject_at = .35;
};

/// The model tells the probability of a rise: a sell is right with 1 − that. 0 for no direction.
double probability_for(side direction, double probability_of_rise);

/// confirm ≥ confirm_at, reject ≤ reject_at, abstain in between, and for NaN.
confirmation verdict_on(double probability, const confirmation_thresholds& t);

}  // namespace tomnext::ml_integration
