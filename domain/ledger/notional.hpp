// Notional and commission in the minor units of the quote currency: each rounded once, half away from zero.
#pragma once
#include <optional>

#include "domain/base/decimal.hpp"
#include "domain/base/money.hpp"

namespace tomnext::ledger {

/// Currencies have at most this many decimals here; ISO 4217 knows up to four.
inline constexpr std::uint32_t minor_units_max = 9;

/// price × size. Nothing on overflow, or for a currency with more than `minor_units_max` decimals.
inline std::optional<amount> notional(price p, quantity size, std::uint32_t minor_units) {
  if (minor_units > minor_units_max) return std::nullopt;
  const int128 exact = int128{p.value} * size.value;  // in 10^-(9 + 2)
  auto v = divide(exact, power_of_ten(price::scale + quantity::scale - minor_units), rounding::half_away_from_zero);
  if (!v) return std::nullopt;
  return amount{*v};
}

/// rate × |notional|, in its minor units. A negative rate is a rebate. Nothing on overflow.
inline std::optional<amount> commission(rate r, amount of) {
  const int128 magnitude = of.value < 0 ? -int128{of.value} : int128{of.value};
  auto v = divide(magnitude * r.value, rate::one, rounding::half_away_from_zero);
  if (!v) return std::nullopt;
  return amount{*v};
}

}  // namespace tomnext::ledger
