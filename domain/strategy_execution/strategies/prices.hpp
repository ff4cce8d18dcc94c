// Prices at a share of another price or at a distance, for entries and their protection.
#pragma once
#include <cmath>

#include "domain/base/decimal.hpp"
#include "domain/base/market.hpp"

namespace tomnext::strategy_execution {

/// p · (1 ± share), rounded half away from zero to nine decimals; above p for a buy, below for a sell. 0 where the share is 0: there is none.
inline price apart(price p, side towards, rate share) {
  if (!share || towards == side::none) return {};
  return {mul_div(p.value, rate::one + sign(towards) * share.value, rate::one, rounding::half_away_from_zero).value_or(0)};
}
/// p ± a distance in quote currency, never below the smallest price. 0 where the distance is 0 or no number.
inline price apart(price p, side towards, double distance) {
  if (!(distance > 0) || distance > 1e6 || towards == side::none) return {};
  const std::int64_t units = std::llround(distance * static_cast<double>(price::one));
  return {std::max<std::int64_t>(p.value + sign(towards) * units, 1)};
}

}  // namespace tomnext::strategy_execution
