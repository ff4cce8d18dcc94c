// The quotes of a log, as one more source: an import, or what a node has received.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "domain/events/market.hpp"
#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::replay {

/// A reader that also knows which instrument the newest row is about.
class log_quote_reader : public persistence::quote_reader {
 public:
  [[nodiscard]] virtual instrument_id instrument() const = 0;
};

/// Accepted quotes as they came, rejected ones as refused rows. Instruments are matched by symbol with `instruments`;
/// errc::unknown_instrument for a quote of another. Its other errors are the log's.
result<std::unique_ptr<log_quote_reader>> open_log_quotes(const std::string& directory, const std::vector<instrument_defined>& instruments);
/// Time of the first and the last quote.
result<persistence::time_span> log_quotes_span(const std::string& directory);

}  // namespace tomnext::replay
