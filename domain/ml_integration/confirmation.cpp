#include "domain/ml_integration/confirmation.hpp"

namespace tomnext::ml_integration {

double probability_for(side direction, double probability_of_rise) {
  switch (direction) {
    case side::buy: return probability_of_rise;
    case side::sell: return 1 - probability_of_rise;
    case side::none: break;
  }
  return 0;
}

confirmation verdict_on(double probability, const confirmation_thresholds& t) {
  if (probability >= t.confirm_at) return confirmation::confirm;
  if (probability <= t.reject_at) return confirmation::reject;
  return confirmation::abstain;
}

}  // namespace tomnext::ml_integration
