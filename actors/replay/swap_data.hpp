// What financing goes by, from the deployment's files into events: interest rates, swap rates, the broker's statement.
#pragma once
#include "config/deployment.hpp"
#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::replay {

/// Adds the usual bank holidays of the instruments' currencies, and of USD, for the years of the data, where the deployment goes by them and lists none.
void add_usual_holidays(config::deployment& d, const persistence::time_span& span);

/// Reads the files that the deployment names, and adds to its swap_rates and swap_reports what concerns its instruments and the time of its data.
/// Errors: those of the files; errc::unknown_instrument for a statement's instrument that is none of the deployment's; errc::configuration_value where
/// `compat` has no interest rate of a currency for a month of the data.
result<void> add_swap_data(config::deployment& d, const persistence::time_span& span);

}  // namespace tomnext::replay
