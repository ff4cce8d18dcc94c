// Time bars of a deployment's data, of any specifications, and nothing else.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "actors/replay/progress.hpp"
#include "actors/replay/quote_feed.hpp"
#include "config/deployment.hpp"

namespace tomnext::replay {

/// Takes each bar as it closes; an error stops the reading.
using bar_consumer = std::function<result<void>(const bar_closed&)>;

/// Bars that are still open when the data end: nobody knows whether more quotes would have come.
enum class open_bars : std::uint8_t { left_out, told };

/// The bars that the data pipeline would make: of each instrument that has data, of each specification, in the order in which they close; at one time by
/// instrument, then in the order of the list. Flagged quotes form bars too. What the source tells as bars is passed over. Errors: of the feed, of the specifications, of `take`; errc::cancelled.
result<feed_figures> build_bars(const config::deployment& d, const std::vector<bar_spec>& specs, open_bars at_end, const bar_consumer& take,
                                const progress& on_progress);

/// instrument, bars, time (what the bar goes by), opened, closed, open, high, low, close, ticks. Times in UTC; prices with the decimals that they have.
std::string bars_csv_header();
std::string to_csv_line(const bar_closed& b, const config::deployment& d);
/// The same fields as one object.
std::string to_json_line(const bar_closed& b, const config::deployment& d);

}  // namespace tomnext::replay
