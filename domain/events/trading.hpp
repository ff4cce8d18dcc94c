// Events of strategy_execution (60 to 79), risk_management (110 to 129) and trading_gateway (130 to 159).
#pragma once
#include "domain/base/market.hpp"
#include "domain/base/money.hpp"
#include "domain/base/service.hpp"
#include "domain/base/words.hpp"

namespace tomnext {

struct strategy_registered {
  TOMNEXT_EVENT(60, strategy_registered, 1)
  strategy_id strategy;
  text name;
  short_text kind;
  instrument_id instrument;
  account_id account;
  TOMNEXT_FIELDS(FIELD(1, strategy) FIELD(2, name) FIELD(3, kind) FIELD(4, instrument) FIELD(5, account))
};
struct strategy_state_changed {
  TOMNEXT_EVENT(61, strategy_state_changed, 1)
  strategy_id strategy;
  strategy_state state{};
  text why;
  TOMNEXT_FIELDS(FIELD(1, strategy) FIELD(2, state) FIELD(3, why))
};
struct signal_proposed {
  TOMNEXT_EVENT(62, signal_proposed, 1)
  strategy_id strategy;
  signal_id signal;
  instrument_id instrument;
  side direction{};
  double score{};  ///< −1 … +1
  double fast{};
  double slow{};
  timestamp valid_until;
  order_kind entry{};  ///< how it is to be entered
  price entry_price;   ///< limit: no worse; stop: from here on; 0: at the market
  price stop_loss;     ///< 0: none
  price take_profit;   ///< 0: none
  bool only_if_flat{};
  TOMNEXT_FIELDS(FIELD(1, strategy) FIELD(2, signal) FIELD(3, instrument) FIELD(4, direction) FIELD(5, score) FIELD(6, fast) FIELD(7, slow)
                     FIELD(8, valid_until) FIELD(9, entry) FIELD(10, entry_price) FIELD(11, stop_loss) FIELD(12, take_profit) FIELD(13, only_if_flat))
};
struct signal_stage_changed {
  TOMNEXT_EVENT(63, signal_stage_changed, 1)
  strategy_id strategy;
  signal_id signal;
  instrument_id instrument;
  signal_stage stage{};
  text why;
  TOMNEXT_FIELDS(FIELD(1, strategy) FIELD(2, signal) FIELD(3, instrument) FIELD(4, stage) FIELD(5, why))
};
/// A strategy wants an order. It is sent only if risk approves it before valid_until.
struct order_intended {
  TOMNEXT_EVENT(65, order_intended, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  account_id account;
  instrument_id instrument;
  side direction{};
  order_kind kind{};
  time_in_force validity{};
  quantity size;
  price limit;
  bool reduce_only{};
  position_id closes;  ///< hedging: the position that it reduces; 0 opens a new one
  timestamp valid_until;
  price trigger;      ///< stop, stop_limit, market_if_touched; trailing_stop: where it begins, 0: `trail` from the market
  price trail;        ///< trailing_stop: its distance
  timestamp expires;  ///< good_till_date
  order_id parent;    ///< a child of a bracket: works for what its parent has filled
  order_id oco;       ///< one cancels other
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, account) FIELD(5, instrument) FIELD(6, direction) FIELD(7, kind)
                     FIELD(8, validity) FIELD(9, size) FIELD(10, limit) FIELD(11, reduce_only) FIELD(12, closes) FIELD(13, valid_until) FIELD(14, trigger)
                         FIELD(15, trail) FIELD(16, expires) FIELD(17, parent) FIELD(18, oco))
};

/// A strategy wants an order of its own changed: cancelled. What has been filled by then stays filled.
struct order_change_intended {
  TOMNEXT_EVENT(66, order_change_intended, 1)
  order_id order;
  strategy_id strategy;
  account_id account;
  instrument_id instrument;
  order_change change{};
  text why;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, account) FIELD(4, instrument) FIELD(5, change) FIELD(6, why))
};

/// The limits of the book. A limit of 0 is not set.
struct limits_set {
  TOMNEXT_EVENT(110, limits_set, 1)
  std::uint32_t version{};
  quantity position_max;  ///< absolute net position per instrument
  amount notional_max;    ///< of one order, in minor units of its quote currency
  std::uint32_t orders_per_second_max{};
  rate price_collar;  ///< |limit price / mid − 1|
  text by;
  TOMNEXT_FIELDS(FIELD(1, version) FIELD(2, position_max) FIELD(3, notional_max) FIELD(4, orders_per_second_max) FIELD(5, price_collar) FIELD(6, by))
};
struct order_approved {
  TOMNEXT_EVENT(111, order_approved, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  account_id account;
  instrument_id instrument;
  side direction{};
  order_kind kind{};
  time_in_force validity{};
  quantity size;
  price limit;
  bool reduce_only{};
  position_id closes;
  timestamp valid_until;
  quantity reserved;  ///< exposure held until the order ends
  amount notional;    ///< at the side traded, in minor units of the quote currency
  price reference_price;
  price trigger;      ///< stop, stop_limit, market_if_touched; trailing_stop: where it begins, 0: `trail` from the market
  price trail;        ///< trailing_stop: its distance
  timestamp expires;  ///< good_till_date
  order_id parent;    ///< a child of a bracket: works for what its parent has filled
  order_id oco;       ///< one cancels other
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, account) FIELD(5, instrument) FIELD(6, direction) FIELD(7, kind)
                     FIELD(8, validity) FIELD(9, size) FIELD(10, limit) FIELD(11, reduce_only) FIELD(12, closes) FIELD(13, valid_until) FIELD(14, reserved)
                         FIELD(15, notional) FIELD(16, reference_price) FIELD(17, trigger) FIELD(18, trail) FIELD(19, expires) FIELD(20, parent) FIELD(21, oco))
};
struct order_denied {
  TOMNEXT_EVENT(112, order_denied, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  account_id account;
  instrument_id instrument;
  limit_kind limit{};
  std::int64_t value{};  ///< in the limit's own unit
  std::int64_t allowed{};
  text reason;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, account) FIELD(5, instrument) FIELD(6, limit) FIELD(7, value) FIELD(8, allowed)
                     FIELD(9, reason))
};
struct trading_state_changed {
  TOMNEXT_EVENT(113, trading_state_changed, 1)
  trading_state state{};
  text who;
  text why;
  TOMNEXT_FIELDS(FIELD(1, state) FIELD(2, who) FIELD(3, why))
};
struct reservation_released {
  TOMNEXT_EVENT(114, reservation_released, 1)
  order_id order;
  instrument_id instrument;
  quantity released;
  text why;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, instrument) FIELD(3, released) FIELD(4, why))
};

/// A cancel is always approved: it can only lessen what the book may come to hold.
struct change_approved {
  TOMNEXT_EVENT(115, change_approved, 1)
  order_id order;
  strategy_id strategy;
  account_id account;
  instrument_id instrument;
  order_change change{};
  text why;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, account) FIELD(4, instrument) FIELD(5, change) FIELD(6, why))
};

/// The client order id (the order's id) is decided and durable from here on.
struct order_submitted {
  TOMNEXT_EVENT(130, order_submitted, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  account_id account;
  instrument_id instrument;
  side direction{};
  order_kind kind{};
  time_in_force validity{};
  quantity size;
  price limit;
  bool reduce_only{};
  position_id closes;
  timestamp valid_until;
  price trigger;      ///< stop, stop_limit, market_if_touched; trailing_stop: where it begins, 0: `trail` from the market
  price trail;        ///< trailing_stop: its distance
  timestamp expires;  ///< good_till_date
  order_id parent;    ///< a child of a bracket: works for what its parent has filled
  order_id oco;       ///< one cancels other
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, account) FIELD(5, instrument) FIELD(6, direction) FIELD(7, kind)
                     FIELD(8, validity) FIELD(9, size) FIELD(10, limit) FIELD(11, reduce_only) FIELD(12, closes) FIELD(13, valid_until) FIELD(14, trigger)
                         FIELD(15, trail) FIELD(16, expires) FIELD(17, parent) FIELD(18, oco))
};
/// Bytes leave for the venue only after this is durable. An order with it and without an answer is unknown, not failed.
struct send_started {
  TOMNEXT_EVENT(131, send_started, 1)
  order_id order;
  instrument_id instrument;
  side direction{};
  order_kind kind{};
  time_in_force validity{};
  quantity size;
  price limit;
  std::uint32_t attempt{};
  bool reduce_only{};
  position_id closes;
  price trigger;            ///< stop, stop_limit, market_if_touched; trailing_stop: where it begins, 0: `trail` from the market
  price trail;              ///< trailing_stop: its distance
  timestamp expires;        ///< good_till_date
  order_id parent;          ///< a child of a bracket: works for what its parent has filled
  order_id oco;             ///< one cancels other
  venue_request request{};  ///< a cancel names the order and the instrument alone
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, instrument) FIELD(3, direction) FIELD(4, kind) FIELD(5, validity) FIELD(6, size) FIELD(7, limit) FIELD(8, attempt)
                     FIELD(9, reduce_only) FIELD(10, closes) FIELD(11, trigger) FIELD(12, trail) FIELD(13, expires) FIELD(14, parent) FIELD(15, oco)
                         FIELD(16, request))
};
struct order_acknowledged {
  TOMNEXT_EVENT(132, order_acknowledged, 1)
  order_id order;
  strategy_id strategy;
  instrument_id instrument;
  std::uint64_t venue_order{};
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, instrument) FIELD(4, venue_order))
};
struct order_rejected {
  TOMNEXT_EVENT(133, order_rejected, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  instrument_id instrument;
  text reason;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, instrument) FIELD(5, reason))
};
/// A fill. Commission is booked in the quote currency's minor unit, rounded half away from zero.
struct order_filled {
  TOMNEXT_EVENT(134, order_filled, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  account_id account;
  instrument_id instrument;
  side direction{};
  quantity size;
  price at_price;
  quantity leaves;  ///< what is still open of the order
  position_id closes;
  std::uint64_t execution{};  ///< the venue's execution id
  amount notional;            ///< minor units of the quote currency
  amount commission;          ///< minor units of the quote currency
  bool late{};                ///< the order had already ended
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, account) FIELD(5, instrument) FIELD(6, direction) FIELD(7, size)
                     FIELD(8, at_price) FIELD(9, leaves) FIELD(10, closes) FIELD(11, execution) FIELD(12, notional) FIELD(13, commission) FIELD(14, late))
};
struct order_cancelled {
  TOMNEXT_EVENT(135, order_cancelled, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  instrument_id instrument;
  quantity leaves;
  text why;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, instrument) FIELD(5, leaves) FIELD(6, why))
};
struct order_expired {
  TOMNEXT_EVENT(136, order_expired, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  instrument_id instrument;
  quantity leaves;
  text why;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, instrument) FIELD(5, leaves) FIELD(6, why))
};

/// The market has reached the order's trigger: it is a market or a limit order from now on.
struct order_triggered {
  TOMNEXT_EVENT(137, order_triggered, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  instrument_id instrument;
  price trigger;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, instrument) FIELD(5, trigger))
};
/// The venue works another size of the order from now on: that of a bracket's child whose parent has ended, say.
struct order_amended {
  TOMNEXT_EVENT(138, order_amended, 1)
  order_id order;
  strategy_id strategy;
  signal_id signal;
  instrument_id instrument;
  quantity old_size;
  quantity size;
  quantity leaves;
  text why;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, signal) FIELD(4, instrument) FIELD(5, old_size) FIELD(6, size) FIELD(7, leaves) FIELD(8, why))
};
/// A change that was asked for was not made; the order is what it was, or has ended already.
struct order_change_refused {
  TOMNEXT_EVENT(139, order_change_refused, 1)
  order_id order;
  strategy_id strategy;
  instrument_id instrument;
  order_change change{};
  text reason;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, instrument) FIELD(4, change) FIELD(5, reason))
};

enum class venue_report : std::uint8_t {
  acknowledged = 0,
  filled = 1,
  rejected = 2,
  cancelled = 3,
  expired = 4,
  triggered = 5,
  amended = 6,
  change_refused = 7
};
constexpr std::string_view word_of(venue_report v) {
  return words::pick(std::to_array<std::string_view>({"acknowledged", "filled", "rejected", "cancelled", "expired", "triggered", "amended", "change_refused"}),
                     v);
}

/// What the venue told us, word for word, before the gateway has drawn its conclusions.
struct venue_order_reported {
  TOMNEXT_EVENT(140, venue_order_reported, 1)
  order_id order;
  instrument_id instrument;
  venue_report report{};
  std::uint64_t venue_order{};
  std::uint64_t execution{};
  quantity size;
  price at_price;
  quantity leaves;
  text reason;
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, instrument) FIELD(3, report) FIELD(4, venue_order) FIELD(5, execution) FIELD(6, size) FIELD(7, at_price)
                     FIELD(8, leaves) FIELD(9, reason))
};

}  // namespace tomnext
