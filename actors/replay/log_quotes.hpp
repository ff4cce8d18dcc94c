// The quotes of a log, as one more source: an import, or what a node has received.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "domain/events/market.hpp"
#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::replay {

/// Where the groups of a log are read and decoded: in place, by whoever asks for the next quote, as a live source does, which has no thread of its own; or ahead,
/// on a thread for them, for long jobs.
enum class log_reading : std::uint8_t { in_place, ahead };

/// A reader that also knows which instrument the newest row is about.
class log_quote_reader : public persistence::quote_reader {
 public:
  [[nodiscard]] virtual instrument_id instrument() const = 0;
};

/// Accepted quotes as they came, rejected ones as refused rows. Instruments are matched by symbol with `instruments`;
/// errc::unknown_instrument for a quote of another. Its other errors are the log's.
result<std::unique_ptr<log_quote_reader>> open_log_quotes(const std::string& directory, const std::vector<instrument_defined>& instruments,
                                                          log_reading how = log_reading::in_place);
/// Time of the first and the last quote.
result<persistence::time_span> log_quotes_span(const std::string& directory);

}  // namespace tomnext::replay
