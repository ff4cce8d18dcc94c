// The one way in for quotes: market files or logs, merged by time, judged, numbered. The back-test, the import and the live ingress all read it.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "actors/replay/log_quotes.hpp"
#include "config/deployment.hpp"
#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::replay {

/// A quote with its verdict; or, in the comparison mode `bars_as_feed`, a bar that the source tells.
struct judged_quote {
  bool accepted{};
  bool is_bar = false;
  quote_accepted quote;     ///< where accepted
  quote_rejected rejected;  ///< where not
  bar_closed bar;           ///< where it is one, accepted as such
  std::uint64_t bar_position{};
  [[nodiscard]] timestamp time() const { return is_bar ? bar.closed_at : accepted ? quote.source_time : rejected.source_time; }
  [[nodiscard]] std::uint64_t position() const { return is_bar ? bar_position : accepted ? quote.source_position : rejected.source_position; }
};

/// Counted from the first quote of the sources on, whatever position a feed was opened at. A quote with several flags counts once as flagged. Bars that a
/// source tells are among the accepted.
struct feed_figures {
  std::uint64_t accepted = 0, rejected = 0, flagged = 0, crossed = 0, locked = 0, spikes = 0;
};

/// Reasons that are kept of rejected quotes, at most.
inline constexpr std::size_t reject_reasons_max = 20;

class quote_feed {
 public:
  virtual ~quote_feed() = default;
  /// Fills as much of `out` as there is; 0 at the end. Positions run from 1 over all sources, the same at each reading.
  virtual result<std::size_t> read(std::span<judged_quote> out) = 0;
  [[nodiscard]] virtual const feed_figures& figures() const = 0;
  /// The first reject_reasons_max rejected quotes as "file:line: reason".
  [[nodiscard]] virtual const std::vector<std::string>& rejects() const = 0;
};

struct feed_settings {
  std::vector<config::data_source> sources;     ///< merged by time; at one time in this order
  std::vector<instrument_defined> instruments;  ///< index = id − 1
  config::quality_settings quality;
  log_reading logs = log_reading::in_place;
};

/// Opens all sources. Malformed lines and prices that are not positive stop the reading with file and line, or are rejected quotes, as the quality
/// settings say. Errors name file, line and reason; nothing is skipped silently.
/// The first quote read is the one after `after_position`: the earlier ones are read and judged again, so that verdicts are those of an
/// unbroken reading. errc::file_truncated where the sources hold fewer quotes than that.
result<std::unique_ptr<quote_feed>> open_feed(const feed_settings& s, std::uint64_t after_position = 0);
result<std::unique_ptr<quote_feed>> open_feed(const config::deployment& d, std::uint64_t after_position = 0, log_reading logs = log_reading::in_place);

/// First and last time over all sources, without judging a quote. Empty where there is none.
result<persistence::time_span> span_of(const std::vector<config::data_source>& sources);

}  // namespace tomnext::replay
