// Value dates of spot trades: which day they settle on, and how many days of interest lie between one trading day and the next.
#pragma once
#include <cstdint>
#include <map>
#include <set>

#include "domain/base/money.hpp"
#include "domain/base/result.hpp"
#include "domain/base/time.hpp"

namespace tomnext::calendar {

/// Days from trade to settlement against USD: 1 for CAD, TRY, PHP and RUB, 2 for the others; of USD itself 0.
std::uint32_t spot_lag_days(currency c);
/// Of a pair: the later of its two currencies.
std::uint32_t spot_lag_days(currency base, currency quote);
/// Currencies that do not pass over USD's holidays on the days before settlement.
bool is_latin_american(currency c);

/// Bank holidays by currency. Saturdays and Sundays are none: nothing settles on them anyway.
class bank_holidays {
 public:
  /// At most so many currencies, and dates of each.
  static constexpr std::size_t currencies_max = 64, dates_max = 4'096;
  /// Dates of one version add up; those of a later one replace them; those of an earlier one are not taken.
  /// errc::invalid_argument beyond the limits: nothing is then taken.
  result<void> define(currency of, std::uint32_t version, const std::set<date>& dates);
  [[nodiscard]] bool contains(currency c, date d) const;
  [[nodiscard]] bool empty() const { return of_.empty(); }

  template <class Archive> void archive(Archive& a) { a(of_); }

 private:
  struct known {
    std::uint32_t version{};
    std::set<date> dates;
    template <class Archive> void archive(Archive& a) { a(version, dates); }
  };
  std::map<currency, known> of_;
};

struct settlement_terms {
  currency base, quote;
  std::uint32_t lag_days = 2;  ///< of the pair: no currency of it settles later than this
};

/// The value date of a spot trade that is made on the trading day `traded` (Monday to Friday).
///
/// Each currency of the pair is counted against USD by its own lag: days before the last are weekdays that are no holiday of that currency (holidays of USD do
/// not count on them, except for Latin American currencies); the last is one that is no holiday of USD either. A cross takes the later of its two, and goes on
/// to the next weekday that is good in both currencies and in USD.
/// errc::invalid_argument where holidays leave no such day within sixty days, or the trading day is none.
result<date> value_date_of(date traded, const settlement_terms& terms, const bank_holidays& holidays);

/// Monday to Friday: the trading day that follows.
constexpr date next_trading_day(date d) {
  do ++d.days;
  while (weekday(d) == 0 || weekday(d) == 6);
  return d;
}

/// One roll: what a position carries that is held from the trading day `day` into the next.
struct roll_interest {
  date value_date;       ///< of `day`
  date next_value_date;  ///< of the next trading day
  [[nodiscard]] std::int32_t days() const { return next_value_date.days - value_date.days; }
};
/// For T+2 without holidays 1 day, 3 on Wednesday; a holiday makes it 0 or 4 and more. The days of all rolls of a year sum up to the year.
result<roll_interest> roll_of(date day, const settlement_terms& terms, const bank_holidays& holidays);

}  // namespace tomnext::calendar
