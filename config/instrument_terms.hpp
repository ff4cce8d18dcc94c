// The terms of a spot pair or metal, as far as its symbol says them: what a configuration starts from.
#pragma once
#include <string>

#include "domain/base/result.hpp"
#include "domain/events/market.hpp"

namespace tomnext::config {

/// A code of ISO 4217 that is in use (or was, in the years that we have data for), or a metal; errc::invalid_argument otherwise.
result<currency> parse_currency(const std::string& text);

/// "GBP/USD" with its usual terms: 5 decimals (3 where the quote currency has no minor unit, 2 for metals), steps of one unit, T+2, and T+1 for the
/// pairs of USD with CAD, TRY, PHP and RUB; rolls at 17:00 New York, NZD/USD at 07:00 Auckland. errc::unknown_instrument for whatever is no spot pair: it says how one is written.
result<instrument_defined> instrument_terms(const std::string& symbol, instrument_id id);

}  // namespace tomnext::config
