// What holding a position over a roll earns or costs: exact, in the quote currency, signed from the holder's view.
#pragma once
#include "domain/base/market.hpp"
#include "domain/base/money.hpp"
#include "domain/events/books.hpp"
#include "domain/events/market.hpp"
#include "domain/ledger/fraction.hpp"

namespace tomnext::ledger {

/// Days of the year by which a currency's interest is counted in its money market: 365 for GBP, AUD, NZD, CAD and those that follow them (ZAR, SGD, HKD, PLN,
/// INR, KRW, THB, TWD, MYR, ILS, RUB), 360 for USD, EUR, JPY, CHF and the others.
std::int32_t day_count_of(currency c);

/// How a published figure becomes money.
struct financing_terms {
  std::uint32_t price_precision{};  ///< a point is 10^-price_precision
  std::int32_t base_day_count = 360;
  std::int32_t quote_day_count = 360;  ///< annual_rate counts by this one
  rate markup;                         ///< what the broker keeps of each night, in the unit of the figures; not negative
};

/// A position over one roll.
struct overnight {
  quantity net;  ///< + long, − short
  price mark;    ///< the mid that values it
  std::int32_t days{};
};

/// The long's or the short's figure less the markup; of `interest` the difference of both, as the holder sees it. For people: what is booked comes from amounts.
rate figure_of(const swap_rates_published& r, quantity net, rate markup);

/// In whole units of the quote currency:
///   points       size × points × point × days
///   annual_rate  size × mark × rate × days / day count
///   tomnext      size × (−ask of a long, +bid of a short) × point × days
///   interest     size × mark × days × ±(base rate / its day count − quote rate / its day count)
/// each less the markup, so that a long and a short of one size never earn together unless the figures themselves give them that. Days are the roll's:
/// for figures of several nights (`nights`) they are taken in proportion. errc::overflow where 128 bits do not hold it.
result<fraction> financing_of(const swap_rates_published& r, const overnight& held, const financing_terms& terms);

/// The comparison's: −|size| × mid × (base rate − quote rate) / 365, long and short alike, `times` for the days that it triples. Financially wrong, and here
/// to compare with a project that books so. The mid has the instrument's decimals.
result<fraction> comparison_financing_of(quantity net, price mid, rate base, rate quote, std::int32_t times);
/// (bid + ask) / 2 with the instrument's decimals, half away from zero.
price rounded_mid(price bid, price ask, std::uint32_t price_precision);
/// (bid + ask) / 2, which nine decimals hold.
price exact_mid(price bid, price ask);

}  // namespace tomnext::ledger
