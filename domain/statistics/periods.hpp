// Days gathered into weeks, months and years, and trades by when, what and who.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "domain/statistics/equity_days.hpp"
#include "domain/statistics/trades.hpp"

namespace tomnext::statistics {

enum class period { day, week, month, year };
/// The first date of the period that a date lies in: itself, Monday, the first of the month, the first of January.
date start_of_period(date d, period length);

struct period_return {
  date period_start;
  std::size_t days{};        ///< trading days in it
  double return_fraction{};  ///< compounded
  double flow{};
  double equity{};  ///< at its end
  TOMNEXT_FIELDS(FIELD(1, period_start) FIELD(2, days) FIELD(3, return_fraction) FIELD(4, flow) FIELD(5, equity))
};
/// In the order of time; periods without a day are left out.
std::vector<period_return> returns_by(std::span<const trading_day> days, period length);

/// A year of a table of months.
struct year_of_months {
  int year{};
  std::array<std::optional<double>, 12> month_returns;
  double year_return{};
  TOMNEXT_FIELDS(FIELD(1, year) FIELD(2, month_returns) FIELD(3, year_return))
};
std::vector<year_of_months> monthly_table(std::span<const trading_day> days);

struct trades_of_period {
  date period_start;
  trade_statistics statistics;
  TOMNEXT_FIELDS(FIELD(1, period_start) FIELD(2, statistics))
};
struct trades_of_strategy {
  strategy_id strategy;
  trade_statistics statistics;
  TOMNEXT_FIELDS(FIELD(1, strategy) FIELD(2, statistics))
};
struct trades_of_instrument {
  instrument_id instrument;
  trade_statistics statistics;
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, statistics))
};
/// By the trading day of the exit, ascending. `invalid_argument` where an exit lies in no day of the boundaries.
result<std::vector<trades_of_period>> trades_by(std::span<const trade> trades, const day_boundaries& boundaries, period length);
/// Ascending by id; within each the order given.
std::vector<trades_of_strategy> trades_by_strategy(std::span<const trade> trades);
std::vector<trades_of_instrument> trades_by_instrument(std::span<const trade> trades);

}  // namespace tomnext::statistics
