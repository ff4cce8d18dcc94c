// The pre-trade check: one order against limits, prices and exposure. No state, no side effects.
#pragma once
#include <cstdint>
#include <string_view>

#include "domain/base/money.hpp"
#include "domain/events/trading.hpp"

namespace tomnext::risk_management {

/// Limits of one book. 0: not set. A negative one allows nothing.
struct risk_limits {
  quantity position_max;                  ///< absolute net position per instrument, over all accounts, reservations included
  amount notional_max;                    ///< of one order, minor units of its quote currency
  std::uint32_t orders_per_second_max{};  ///< approvals within (at − 1 s, at]; more than `approvals_kept` counts as that many
  rate price_collar;                      ///< |limit price / mid − 1|
  template <class Archive> void archive(Archive& a) { a(position_max, notional_max, orders_per_second_max, price_collar); }
};

/// As many approvals are remembered, at most.
inline constexpr std::uint32_t approvals_kept = 10'000;

/// What the check reads of an instrument.
struct instrument_terms {
  bool known{};
  quantity step;
  quantity minimum;
  std::uint32_t quote_minor_units{};
  template <class Archive> void archive(Archive& a) { a(known, step, minimum, quote_minor_units); }
};

/// The newest usable quote; both 0 where none was seen.
struct top_of_book {
  price bid;
  price ask;
  [[nodiscard]] bool known() const { return bid.value > 0 && ask.value > 0; }
  [[nodiscard]] price at(side direction) const { return direction == side::buy ? ask : bid; }
  template <class Archive> void archive(Archive& a) { a(bid, ask); }
};

/// All that one verdict depends on, besides the order.
struct pre_trade_view {
  risk_limits limits;
  instrument_terms terms;
  top_of_book quote;
  trading_state state{};
  timestamp at;
  bool order_open{};                 ///< an earlier order of the same id has not ended
  bool parent_open{};                ///< a child's parent is approved, and has not ended
  int128 worst_in_direction{};       ///< exposure::worst of the instrument for the order's direction
  quantity closable;                 ///< what a reduce-only order may close
  bool netting{};                    ///< the account has one position per instrument: what closes no more than that reduces it, flagged or not
  std::uint32_t recent_approvals{};  ///< within (at − 1 s, at]
};

/// limit == none: approved. Otherwise the first limit that refused the order, the value found and the value allowed, in the limit's own unit:
/// position, reduce_only, quantity_step: `quantity`; notional: minor units; price_collar: `rate`; orders_per_second: orders;
/// trading_state: the state found and the least strict one wanted; validity: nanoseconds since 1970; no_price, unknown_instrument: 0 or the id.
struct verdict {
  limit_kind limit{};
  std::int64_t value{};
  std::int64_t allowed{};
  std::string_view reason;
  // of an approval:
  price reference_price;  ///< ask for a buy, bid for a sell; 0 where no quote is known
  amount notional;        ///< size · reference price, minor units of the quote currency, half away from zero
  [[nodiscard]] bool approved() const { return limit == limit_kind::none; }
};

/// Checks in this order, the first refusal wins: instrument known, well-formed (direction, order id, validity), quantity, trading state,
/// reduce-only, price available, price collar, notional, position, orders per second. Equal to a limit is allowed.
/// In `reducing`, an order of a netting account that closes no more than there is to close passes like a reduce-only one.
/// A bracket's child passes with its parent: it only closes what that opens, so it is checked for its form, its size, and that its parent is open.
/// A reduce-only order passes in `active` and `reducing`, and is checked for quantity ≤ closable and for its price alone: closing must stay possible.
verdict check(const order_intended& order, const pre_trade_view& view);

}  // namespace tomnext::risk_management
