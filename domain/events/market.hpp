// Events of data_pipeline: instruments, calendar, quotes, bars. Numbers 20 to 39.
#pragma once
#include "domain/base/market.hpp"
#include "domain/base/money.hpp"
#include "domain/base/service.hpp"

namespace tomnext {

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
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, version) FIELD(3, symbol) FIELD(4, kind) FIELD(5, base) FIELD(6, quote) FIELD(7, price_precision)
                     FIELD(8, quantity_step) FIELD(9, quantity_min) FIELD(10, displayed_size) FIELD(11, spot_lag_days) FIELD(12, base_minor_units)
                         FIELD(13, quote_minor_units))
};
/// A page of trading-day boundaries: boundary i ends trading day first_date + i (17:00 New York of that date), as UTC instants.
struct calendar_defined {
  TOMNEXT_EVENT(21, calendar_defined, 1)
  std::uint32_t version{};
  short_text tzdata_version;
  date first_date;
  bounded_list<timestamp, 32> boundaries;
  TOMNEXT_FIELDS(FIELD(1, version) FIELD(2, tzdata_version) FIELD(3, first_date) FIELD(4, boundaries))
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
/// A time bar: left-open, stamped at its close. A mid price has one decimal more than the instrument.
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
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, step_s) FIELD(3, from) FIELD(4, opened_at) FIELD(5, closed_at) FIELD(6, open) FIELD(7, high) FIELD(8, low)
                     FIELD(9, close) FIELD(10, ticks))
  [[nodiscard]] bar_spec spec() const { return {step_s, from}; }
};
/// The trading day `closed` has ended at `instant`, before that instant's ticks.
struct trading_day_rolled {
  TOMNEXT_EVENT(25, trading_day_rolled, 1)
  date closed;
  timestamp instant;
  TOMNEXT_FIELDS(FIELD(1, closed) FIELD(2, instant))
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

}  // namespace tomnext
