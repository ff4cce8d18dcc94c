// Margin: what positions hold back of an account, and how far it is from the call. Arithmetic only: who is called, and when, others decide.
#pragma once
#include <optional>

#include "domain/base/market.hpp"
#include "domain/base/money.hpp"
#include "domain/ledger/fraction.hpp"

namespace tomnext::ledger {

/// 1 / leverage: 50 is 2 %, 30 is 3.333333333333 %, rounded half away from zero. errc::invalid_argument where the leverage is not positive.
result<rate> margin_rate_of(quantity leverage);

/// Least margin by regulation: NFA Financial Requirements section 12 (2 % where both are among the ten currencies that it names or USD, else 5 %); ESMA's and
/// the FCA's for retail clients (30:1 for pairs of USD EUR JPY GBP CAD CHF, 20:1 for other pairs and gold, 10:1 for other metals).
enum class margin_regime : std::uint8_t { nfa, esma };
rate least_margin_rate(margin_regime regime, currency base, currency quote);

/// The part of an instrument's positions that bears margin: where longs and shorts are held against each other, the larger leg.
constexpr quantity hedged_size(quantity longs, quantity shorts) { return longs.value > shorts.value ? longs : shorts; }

/// size × mid × rate, in whole units of the quote currency, exact. A pair whose base is the account's currency needs no price: size × rate, in whole units of
/// the base. errc::overflow where 128 bits do not hold it; errc::invalid_argument for a size or a rate below zero.
result<fraction> margin_in_quote(quantity size, price mid, rate margin_rate);
result<fraction> margin_in_base(quantity size, rate margin_rate);

/// What is left of an account, in its minor units.
struct margin_state {
  amount equity;  ///< balance and what positions would realise
  amount used;
  amount free;  ///< equity − used: may be negative
  /// equity / used as a share (1.5385: 153.85 %), to four decimals half away from zero; nothing without positions, or where it does not fit.
  std::optional<rate> level;
  /// close_out_share × used / equity: closed out where it reaches 1 (share 0.5: half of the margin is lost). Nothing where equity is not positive.
  std::optional<rate> close_out;
};
result<margin_state> margin_state_of(amount equity, amount used, rate close_out_share);

}  // namespace tomnext::ledger
