// The profile `top_of_book`: quotes. Buys trigger and fill on the ask, sells on the bid.
#pragma once
#include "domain/venue/order_book.hpp"

namespace tomnext::venue {

/// The newest usable quote. Sizes are what is displayed; 0: not limited.
struct top_view {
  price bid;
  price ask;
  quantity bid_size;
  quantity ask_size;
  timestamp at;
  [[nodiscard]] bool known() const { return bid.value > 0 && ask.value > 0; }
};

/// Orders meet a quote in the order in which they came. A quote is not consumed: each order sees all of it.
///
/// An order is filled at the quote itself, also where a gap lies between it and the order's price: for the worse with a stop, for the better with a limit.
/// Up to the displayed size it fills at the top, the remainder one price step worse; a limit order's remainder waits where that is beyond its limit.
/// A stop, a trailing stop or a market-if-touched that triggers is a market order from then on, a stop-limit a limit order.
/// A fill at the market slips as the models say. An immediate order ends with what the first quote gives it; fill-or-kill takes all or nothing.
///
/// submit: the order meets `q` at once, unless latency keeps it; a market order without a quote, or without a price one step worse, is rejected.
void submit(order_book& book, const order_request& r, const top_view& q);
/// All working orders meet `q`. What was good till then is expired first.
void work(order_book& book, const top_view& q);

}  // namespace tomnext::venue
