// The sections `portfolio` and `calendar`, and what an instrument says of its rolls.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "config/deployment.hpp"
#include "config/yaml_reader.hpp"

namespace tomnext::config {

/// From a name in the file to where it lies.
using file_resolver = std::function<std::string(const std::string&)>;

/// The method where a key names one: `venue.financing` (as files before issue 5 have it) or `portfolio.financing`.
std::optional<financing_method> financing_method_in(mapping& m, const std::string& key);
/// All of `portfolio`; `elsewhere` is what venue.financing said.
void read_portfolio(mapping& m, std::optional<financing_method> elsewhere, const file_resolver& resolved, financing_settings& out);
/// `calendar`: which bank holidays there are.
void read_calendar(mapping& m, deployment& d);
/// `swap` of an instrument, the long's and the short's: figures that stand until others are published.
void read_standing_swap(mapping& m, instrument_id instrument, std::vector<swap_rates_published>& out);
/// What only the whole file shows: figures without a method that uses them, methods without figures.
void check_financing(mapping& top, deployment& d);

}  // namespace tomnext::config
