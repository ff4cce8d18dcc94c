// What the account knows of financing: the value dates of its instruments, the rates that were published, what was booked and what waits for rates.
#pragma once
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "domain/calendar/value_dates.hpp"
#include "domain/events/books.hpp"
#include "domain/events/market.hpp"
#include "domain/ledger/financing.hpp"

namespace tomnext::portfolio_management {

struct financing_configuration {
  financing_method method{};
  rate markup;               ///< of the broker, each night, in the unit of the method's figures
  std::int32_t day_count{};  ///< of the year; 0: by currency
};

/// Decides nothing and moves no money: a fold that answers. Everything in it is bounded; what exceeds a bound is an error that says so.
class financing_desk {
 public:
  static constexpr std::size_t publications_max = 20'000;  ///< per instrument
  static constexpr std::size_t deferred_max = 65'536;
  static constexpr std::size_t reported_max = 65'536;
  static constexpr std::size_t days_kept_max = 8'192;  ///< (instrument, day) for which reports are still taken

  explicit financing_desk(financing_configuration configuration) : configuration_(configuration) {}

  /// Figures of one instrument, as published.
  struct figures {
    date first, last;
    swap_unit unit{};
    rate long_rate, short_rate;
    std::uint32_t nights{};
    template <class Archive> void archive(Archive& a) { a(first, last, unit, long_rate, short_rate, nights); }
  };
  /// A position over a roll that there were no rates for.
  struct waiting {
    position_id position;
    strategy_id strategy;
    date day, value_date;
    std::int32_t nights{};  // not `days`: an archive takes what has a member of that name for a date
    quantity net;
    price mark;
    template <class Archive> void archive(Archive& a) { a(position, strategy, day, value_date, nights, net, mark); }
  };

  // The fold. Errors are of the input: the reaction to it fails.
  void define(const instrument_defined& e);
  result<void> define(const holidays_defined& e);
  result<void> publish(const swap_rates_published& e);
  result<void> report(const swap_reported& e);
  void roll(const trading_day_rolled& e);
  void booked(const financing_booked& e);

  [[nodiscard]] const financing_configuration& configuration() const { return configuration_; }
  [[nodiscard]] bool rolls_with(instrument_id i, roll_profile roll) const;
  [[nodiscard]] result<calendar::roll_interest> roll_of(instrument_id i, date day) const;
  /// The newest publication for this day in the method's unit.
  [[nodiscard]] std::optional<swap_rates_published> rates(instrument_id i, date day) const;
  /// In whole units of the quote currency.
  [[nodiscard]] result<ledger::fraction> amount_of(instrument_id i, const swap_rates_published& r, const ledger::overnight& held) const;
  [[nodiscard]] std::uint32_t price_precision(instrument_id i) const;

  [[nodiscard]] const std::vector<waiting>* waiting_for(instrument_id i) const;
  [[nodiscard]] std::size_t deferred() const { return deferred_; }
  /// The broker's amount for a roll that has not come yet.
  [[nodiscard]] std::optional<amount> reported(instrument_id i, date day) const;
  [[nodiscard]] const std::map<std::pair<date, instrument_id>, amount>& all_reported() const { return reported_; }
  /// True once the instrument's roll of that day is over.
  [[nodiscard]] bool is_over(instrument_id i, date day) const;
  /// What is booked for it; nothing where it was so long ago that it is forgotten.
  [[nodiscard]] std::optional<amount> booked_for(instrument_id i, date day) const;

  template <class Archive> void archive(Archive& a) {
    a(holidays_, instruments_, published_, waiting_, deferred_, reported_, booked_, forgotten_through_, rolled_);
  }

 private:
  struct instrument {
    currency base, quote;
    std::uint32_t lag_days{}, price_precision{};
    roll_profile roll{};
    template <class Archive> void archive(Archive& a) { a(base, quote, lag_days, price_precision, roll); }
  };
  [[nodiscard]] const instrument* known(instrument_id i) const;
  void stop_waiting(const financing_booked& e);

  financing_configuration configuration_;
  calendar::bank_holidays holidays_;
  std::map<instrument_id, instrument> instruments_;
  std::map<instrument_id, std::vector<figures>> published_;  // in the order of publication
  std::map<instrument_id, std::vector<waiting>> waiting_;    // in the order of their rolls
  std::uint64_t deferred_ = 0;                               // of all instruments
  std::map<std::pair<date, instrument_id>, amount> reported_, booked_;
  date forgotten_through_{INT32_MIN};
  std::array<date, 3> rolled_{date{INT32_MIN}, date{INT32_MIN}, date{INT32_MIN}};  // by profile: the newest day that has ended
};

}  // namespace tomnext::portfolio_management
