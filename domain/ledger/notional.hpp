// Notional and commission in the minor units of the quote currency: each rounded once, half away from zero.
#pragma once
#include <optional>

#include "domain/base/decimal.hpp"
#include "domain/base/money.hpp"

namespace tomnext::ledger {

/// price × size. Nothing on overflow.
inline std::optional<amount> notional(price p, quantity size, std::uint32_t minor_units) {
  const int128 exact = int128{p.value} * size.value;   // in 10^-(9 + 2)
  auto v = divide(exact, power_of_ten(price::scale + quantity::scale - minor_units), rounding::half_away_from_zero);
  if (!v) return std::nullopt;
  return amount{*v};
}

/// rate × notional, both sides already in minor units.
inline std::optional<amount> commission(rate r, amount of) {
  auto v = mul_div(of.value < 0 ? -of.value : of.value, r.value, rate::one, rounding::half_away_from_zero);
  if (!v) return std::nullopt;
  return amount{*v};
}

}  // namespace tomnext::ledger
