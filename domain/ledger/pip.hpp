// Pips and lots: how people count price moves and sizes.
#pragma once
#include "domain/base/money.hpp"
#include "domain/ledger/fraction.hpp"

namespace tomnext::ledger {

inline constexpr quantity standard_lot = quantity::whole(100'000), mini_lot = quantity::whole(10'000), micro_lot = quantity::whole(1'000);

/// 0.0001 of the quote currency; 0.01 where that has no minor unit, or one that nobody uses any more (JPY, KRW, HUF). A price step is a tenth of it with most
/// brokers.
inline price pip_of(currency quote) {
  const bool large = minor_units(quote) == 0 || quote.code == "HUF";
  return price{large ? price::one / 100 : price::one / 10'000};
}

/// What a pip is worth for a position of that size, in whole units of the quote currency. Nothing where 128 bits do not hold it.
inline std::optional<fraction> pip_value(quantity size, currency quote) {
  fraction f{size.value, quantity::one};
  if (!f.multiply(pip_of(quote).value, price::one)) return std::nullopt;
  return f;
}

}  // namespace tomnext::ledger
