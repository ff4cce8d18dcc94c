// Readers of what financing goes by: interest rates, swap rates, and the broker's statement of swaps. Text files with a header, plain or gzip.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/base/decimal.hpp"
#include "domain/base/money.hpp"
#include "domain/base/time.hpp"

namespace tomnext::persistence {

/// Rows of one file, at most.
inline constexpr std::uint64_t swap_rows_max = 1'000'000;

/// Short-term interest rates a year as shares, by currency and month.
class interest_table {
 public:
  /// Months since year 0: year · 12 + month − 1.
  static std::int32_t month_of(date d);
  static date first_of(std::int32_t month);

  /// The month's own rate, else its quarter's; nothing where there is neither.
  [[nodiscard]] std::optional<rate> at(currency c, std::int32_t month) const;
  /// False where that month (or quarter, named by its first month) has one already.
  bool add(currency c, bool quarterly, std::int32_t month, rate value);
  [[nodiscard]] bool knows(currency c) const { return of_.contains(c); }

 private:
  struct series {
    std::map<std::int32_t, rate> monthly, quarterly;
  };
  std::map<currency, series> of_;
};

/// The OECD's short-term interest rates: columns LOCATION, MEASURE, FREQUENCY, TIME and Value among others, fields quoted or not. What is used are percentages
/// a year (PC_PA) by month and by quarter; EUR is EA19. Rows of other measures, yearly ones and countries whose currency is another's are passed over.
/// Errors: those of a market file; errc::malformed_line names file and line.
result<interest_table> read_interest_rates(const std::string& path);

/// One line of a file of swap rates.
struct swap_row {
  std::string instrument;  ///< "GBP/USD"
  date first, last;        ///< the trading days whose roll it is for
  rate long_rate, short_rate;
  std::uint32_t nights{};
};
/// Columns date, instrument, long, short, in any order; and where there are: through (the last day that the row is for; else the same), nights. Dates are
/// 2012-02-01. What long and short are, the financing method says.
result<std::vector<swap_row>> read_swap_rates(const std::string& path);

/// One line of the broker's statement: what was booked for an instrument over the roll of a trading day.
struct swap_statement_row {
  std::string instrument;
  date day;
  rate booked;  ///< in whole units of the account's currency
};
/// Columns date, instrument, amount. Rows of one day and instrument add up.
result<std::vector<swap_statement_row>> read_swap_statement(const std::string& path);

}  // namespace tomnext::persistence
