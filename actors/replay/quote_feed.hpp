// The one way in for quotes: market files or logs, merged by time, judged, numbered. The back-test, the import and the live ingress all read it.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "actors/replay/log_quotes.hpp"
#include "config/deployment.hpp"
#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::replay {

/// A bar that a source tells, in the comparison mode `bars_as_feed`.
struct told_bar {
  bar_closed bar;
  std::uint64_t position{};
};

/// A quote with its verdict, or a bar that the source tells.
struct judged_quote {
  std::variant<quote_accepted, quote_rejected, told_bar> is;
  [[nodiscard]] const quote_accepted* accepted() const { return std::get_if<quote_accepted>(&is); }
  [[nodiscard]] const quote_rejected* rejected() const { return std::get_if<quote_rejected>(&is); }
  [[nodiscard]] const told_bar* bar() const { return std::get_if<told_bar>(&is); }
  [[nodiscard]] timestamp time() const {
    if (const auto* q = accepted()) return q->source_time;
    return bar() != nullptr ? bar()->bar.closed_at : rejected()->source_time;
  }
  [[nodiscard]] std::uint64_t position() const {
    if (const auto* q = accepted()) return q->source_position;
    return bar() != nullptr ? bar()->position : rejected()->source_position;
  }
};

/// A kernel hears of it, as it would live.
template <class Kernel> void hear(Kernel& k, const judged_quote& q) {
  if (const auto* accepted = q.accepted()) [[likely]]
    k.quote(*accepted);
  else if (const auto* told = q.bar()) k.bar(told->bar, told->position);
  else k.quote(*q.rejected());
}

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
/// Those of a deployment.
feed_settings feed_of(const config::deployment& d);

/// Opens all sources. Malformed lines and prices that are not positive stop the reading with file and line, or are rejected quotes, as the quality
/// settings say. Errors name file, line and reason; nothing is skipped silently.
/// The first quote read is the one after `after_position`: the earlier ones are read and judged again, so that verdicts are those of an
/// unbroken reading. errc::file_truncated where the sources hold fewer quotes than that.
result<std::unique_ptr<quote_feed>> open_feed(const feed_settings& s, std::uint64_t after_position = 0);
result<std::unique_ptr<quote_feed>> open_feed(const config::deployment& d, std::uint64_t after_position = 0);

/// First and last time over all sources, without judging a quote. Empty where there is none.
result<persistence::time_span> span_of(const std::vector<config::data_source>& sources);

}  // namespace tomnext::replay
