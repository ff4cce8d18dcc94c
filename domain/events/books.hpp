// Events of portfolio_management (90 to 109) and monitoring_alerting (160 to 169).
#pragma once
#include "domain/base/market.hpp"
#include "domain/base/money.hpp"
#include "domain/base/service.hpp"
#include "domain/base/words.hpp"

namespace tomnext {

struct account_opened {
  TOMNEXT_EVENT(90, account_opened, 1)
  account_id account;
  currency in;
  std::uint32_t minor_units{};
  position_mode positions{};
  amount balance;
  conversion_method conversion{};
  TOMNEXT_FIELDS(FIELD(1, account) FIELD(2, in) FIELD(3, minor_units) FIELD(4, positions) FIELD(5, balance) FIELD(6, conversion))
};
struct cash_moved {
  TOMNEXT_EVENT(91, cash_moved, 1)
  account_id account;
  amount moved;
  amount balance;
  text reason;
  text by;
  TOMNEXT_FIELDS(FIELD(1, account) FIELD(2, moved) FIELD(3, balance) FIELD(4, reason) FIELD(5, by))
};
enum class position_change : std::uint8_t { opened = 0, added = 1, reduced = 2, closed = 3 };
constexpr std::string_view word_of(position_change v) { return words::pick(std::to_array<std::string_view>({"opened", "added", "reduced", "closed"}), v); }

/// A fill as it was booked. The average entry price is the exact rational cost / quantity and is never rounded.
struct position_changed {
  TOMNEXT_EVENT(92, position_changed, 1)
  account_id account;
  position_id position;
  strategy_id strategy;
  instrument_id instrument;
  order_id order;
  position_change change{};
  quantity net;                         ///< signed: + long, − short
  double average_price{};               ///< for people; the exact one is in the state
  amount realised;                      ///< minor units of the account's currency
  amount commission;                    ///< minor units of the account's currency
  amount balance;                       ///< after both
  price conversion_rate;                ///< account currency per quote currency as applied, 1 where they are the same
  std::uint64_t conversion_position{};  ///< source position of the quote that gave the rate
  TOMNEXT_FIELDS(FIELD(1, account) FIELD(2, position) FIELD(3, strategy) FIELD(4, instrument) FIELD(5, order) FIELD(6, change) FIELD(7, net)
                     FIELD(8, average_price) FIELD(9, realised) FIELD(10, commission) FIELD(11, balance) FIELD(12, conversion_rate)
                         FIELD(13, conversion_position))
};
struct account_valued {
  TOMNEXT_EVENT(93, account_valued, 1)
  account_id account;
  amount balance;
  amount unrealised;
  amount equity;
  amount peak_equity;
  double drawdown{};  ///< (peak − equity) / peak
  TOMNEXT_FIELDS(FIELD(1, account) FIELD(2, balance) FIELD(3, unrealised) FIELD(4, equity) FIELD(5, peak_equity) FIELD(6, drawdown))
};
struct day_closed {
  TOMNEXT_EVENT(94, day_closed, 1)
  account_id account;
  date day;
  amount start_equity;
  amount flows;
  amount realised;
  amount commission;
  amount end_equity;
  amount financing;  ///< of all rolls that were booked on this day
  TOMNEXT_FIELDS(FIELD(1, account) FIELD(2, day) FIELD(3, start_equity) FIELD(4, flows) FIELD(5, realised) FIELD(6, commission) FIELD(7, end_equity)
                     FIELD(8, financing))
};

/// How positions that are held over a roll are financed.
enum class financing_method : std::uint8_t { none = 0, points = 1, annual_rate = 2, tomnext = 3, differential = 4, compat = 5 };
constexpr std::string_view word_of(financing_method v) {
  return words::pick(std::to_array<std::string_view>({"none", "points", "annual_rate", "tomnext", "differential", "compat"}), v);
}
/// `deferred`: there are no rates for this roll yet, and nothing is moved. `settled`: they came later. `reported`: the broker's own amount;
/// `corrected`: what it differs by from what had been booked before it came.
enum class financing_state : std::uint8_t { booked = 0, deferred = 1, settled = 2, reported = 3, corrected = 4 };
constexpr std::string_view word_of(financing_state v) {
  return words::pick(std::to_array<std::string_view>({"booked", "deferred", "settled", "reported", "corrected"}), v);
}

/// Financing of a position over one roll, signed from the holder's view: positive is earned. A correction to the broker's amount names no position.
struct financing_booked {
  TOMNEXT_EVENT(95, financing_booked, 1)
  account_id account;
  position_id position;
  strategy_id strategy;
  instrument_id instrument;
  date day;             ///< the trading day that ended
  std::int32_t days{};  ///< from its value date to the next one's: what interest runs for
  date value_date;      ///< of the next trading day: until then
  financing_method method{};
  financing_state state{};
  quantity net;  ///< held over the roll: + long, − short
  rate figure;   ///< the long's or the short's, as published; of interest the difference
  price mark;    ///< the mid that values the position
  amount booked;
  amount balance;                       ///< after it
  price conversion_rate;                ///< account currency per quote currency, 1 where they are the same
  std::uint64_t conversion_position{};  ///< source position of the quote that gave the rate
  TOMNEXT_FIELDS(FIELD(1, account) FIELD(2, position) FIELD(3, strategy) FIELD(4, instrument) FIELD(5, day) FIELD(6, days) FIELD(7, value_date) FIELD(8, method)
                     FIELD(9, state) FIELD(10, net) FIELD(11, figure) FIELD(12, mark) FIELD(13, booked) FIELD(14, balance) FIELD(15, conversion_rate)
                         FIELD(16, conversion_position))
};
/// What the broker's statement says was booked for holding an instrument over the roll of a trading day, in the account's currency.
struct swap_reported {
  TOMNEXT_EVENT(96, swap_reported, 1)
  account_id account;
  instrument_id instrument;
  date day;
  amount booked;
  text source;
  TOMNEXT_FIELDS(FIELD(1, account) FIELD(2, instrument) FIELD(3, day) FIELD(4, booked) FIELD(5, source))
};

struct alert_changed {
  TOMNEXT_EVENT(160, alert_changed, 1)
  alert_rule rule{};
  alert_state state{};
  text subject;  ///< the actor or the account
  double value{};
  double threshold{};
  long_text summary;
  TOMNEXT_FIELDS(FIELD(1, rule) FIELD(2, state) FIELD(3, subject) FIELD(4, value) FIELD(5, threshold) FIELD(6, summary))
};

}  // namespace tomnext
