// Events of data_pipeline: instruments, calendar, quotes, bars. Numbers 20 to 39.
#pragma once
#include "domain/base/market.hpp"
#include "domain/base/money.hpp"
#include "domain/base/service.hpp"
#include "domain/base/words.hpp"

namespace tomnext {

/// Whose day ends: 17:00 New York; 07:00 Auckland, for NZD; or the day of a comparison (22:00 UTC, after the first event of each UTC day).
enum class roll_profile : std::uint8_t { new_york = 0, auckland = 1, comparison = 2 };
constexpr std::string_view word_of(roll_profile v) { return words::pick(std::to_array<std::string_view>({"new_york", "auckland", "comparison"}), v); }

/// What the two figures of swap_rates_published are.
enum class swap_unit : std::uint8_t { points = 0, annual_rate = 1, tomnext = 2, interest = 3 };
constexpr std::string_view word_of(swap_unit v) { return words::pick(std::to_array<std::string_view>({"points", "annual_rate", "tomnext", "interest"}), v); }

/// Terms of an instrument, valid until its next version.
struct instrument_defined {
  TOMNEXT_EVENT(20, instrument_defined, 1)
  instrument_id instrument;
  std::uint32_t version{};
  short_text symbol;  ///< "GBP/USD"
  instrument_kind kind{};
  currency base;
  currency quote;
  std::uint32_t price_precision{};  ///< decimals of a price; the price step is 10^-price_precision
  quantity quantity_step;
  quantity quantity_min;
  quantity displayed_size;        ///< what each side of the book shows where the source tells no sizes
  std::uint32_t spot_lag_days{};  ///< T+2, or T+1 for USD/CAD and a few others
  std::uint32_t base_minor_units{};
  std::uint32_t quote_minor_units{};
  roll_profile roll{};  ///< whose roll moves its value date
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, version) FIELD(3, symbol) FIELD(4, kind) FIELD(5, base) FIELD(6, quote) FIELD(7, price_precision)
                     FIELD(8, quantity_step) FIELD(9, quantity_min) FIELD(10, displayed_size) FIELD(11, spot_lag_days) FIELD(12, base_minor_units)
                         FIELD(13, quote_minor_units) FIELD(14, roll))
};
/// A page of trading-day boundaries: boundary i ends trading day first_date + i, as UTC instants: 17:00 New York of that date, or 07:00 Auckland of the
/// next.
struct calendar_defined {
  TOMNEXT_EVENT(21, calendar_defined, 1)
  std::uint32_t version{};
  short_text tzdata_version;
  date first_date;
  bounded_list<timestamp, 32> boundaries;
  roll_profile roll{};
  TOMNEXT_FIELDS(FIELD(1, version) FIELD(2, tzdata_version) FIELD(3, first_date) FIELD(4, boundaries) FIELD(5, roll))
};
/// A quote with its verdict: the raw fields, the flags, and where in its source it stood.
struct quote_accepted {
  TOMNEXT_EVENT(22, quote_accepted, 1)
  instrument_id instrument;
  price bid;
  price ask;
  quantity bid_size;  ///< 0: the source tells none
  quantity ask_size;
  timestamp source_time;
  std::uint32_t flags{};            ///< quote_flag
  std::uint64_t source_position{};  ///< running number over all merged sources, from 1
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, bid) FIELD(3, ask) FIELD(4, bid_size) FIELD(5, ask_size) FIELD(6, source_time) FIELD(7, flags)
                     FIELD(8, source_position))
};
struct quote_rejected {
  TOMNEXT_EVENT(23, quote_rejected, 1)
  instrument_id instrument;
  quote_rejection reason{};
  price bid;
  price ask;
  timestamp source_time;
  std::uint64_t source_position{};
  text place;  ///< file and line
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, reason) FIELD(3, bid) FIELD(4, ask) FIELD(5, source_time) FIELD(6, source_position) FIELD(7, place))
};
/// A time bar, left-open and stamped at its close where it does not say otherwise. A mid price has one decimal more than the instrument.
struct bar_closed {
  TOMNEXT_EVENT(24, bar_closed, 1)
  instrument_id instrument;
  std::uint32_t step_s{};
  price_side from{};
  timestamp opened_at;
  timestamp closed_at;
  price open;
  price high;
  price low;
  price close;
  std::uint32_t ticks{};  ///< 0: nothing traded, all four prices are the last close
  bar_interval interval{};
  bar_stamp stamp{};
  std::uint32_t offset_s{};  ///< its boundaries lie so much after whole steps since 1970 in UTC
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, step_s) FIELD(3, from) FIELD(4, opened_at) FIELD(5, closed_at) FIELD(6, open) FIELD(7, high) FIELD(8, low)
                     FIELD(9, close) FIELD(10, ticks) FIELD(11, interval) FIELD(12, stamp) FIELD(13, offset_s))
  [[nodiscard]] bar_spec spec() const { return {step_s, from, interval, stamp, offset_s}; }
  /// What it goes by.
  [[nodiscard]] timestamp stamped() const { return stamp == bar_stamp::open ? opened_at : closed_at; }
};
/// The trading day `closed` has ended at `instant`, before that instant's ticks.
struct trading_day_rolled {
  TOMNEXT_EVENT(25, trading_day_rolled, 1)
  date closed;
  timestamp instant;
  roll_profile roll{};
  TOMNEXT_FIELDS(FIELD(1, closed) FIELD(2, instant) FIELD(3, roll))
};
/// A source opened, ended or failed. `ended` closes what strategies hold where they are told to.
struct source_state_changed {
  TOMNEXT_EVENT(26, source_state_changed, 1)
  source_id source;
  source_state state{};
  text name;
  std::uint64_t accepted{};
  std::uint64_t rejected{};
  TOMNEXT_FIELDS(FIELD(1, source) FIELD(2, state) FIELD(3, name) FIELD(4, accepted) FIELD(5, rejected))
};
/// Swap rates of an instrument, for the rolls of the trading days `first` … `last`. A later publication for the same days goes before an earlier one.
///   points       what a long and what a short receives for a night, in price steps; negative: pays
///   annual_rate  the same as a share of the position's value a year
///   tomnext      the market's quote in price steps: its ask, with which a long rolls, and its bid, with which a short rolls
///   interest     a year's interest on the base and on the quote currency, as a share
struct swap_rates_published {
  TOMNEXT_EVENT(27, swap_rates_published, 1)
  instrument_id instrument;
  date first;
  date last;
  swap_unit unit{};
  rate long_rate;
  rate short_rate;
  std::uint32_t nights{};  ///< the figures are for so many nights; 0: for one. Points of a roll over three nights are often told for all three
  text source;
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, first) FIELD(3, last) FIELD(4, unit) FIELD(5, long_rate) FIELD(6, short_rate) FIELD(7, nights) FIELD(8, source))
};
/// Bank holidays of a currency, each as the midnight of its date in UTC. Pages of one version add up; those of a later version replace them.
struct holidays_defined {
  TOMNEXT_EVENT(28, holidays_defined, 1)
  std::uint32_t version{};
  currency of;
  bounded_list<timestamp, 32> dates;
  TOMNEXT_FIELDS(FIELD(1, version) FIELD(2, of) FIELD(3, dates))
};

}  // namespace tomnext
