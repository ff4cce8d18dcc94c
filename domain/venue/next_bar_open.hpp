// The profile `next_bar_open`: bars. What was decided on one bar is worked on the next, beginning with its open.
#pragma once
#include "domain/venue/order_book.hpp"

namespace tomnext::venue {

struct bar_view {
  timestamp opened_at;
  price open;
  price high;
  price low;
  price close;
  template <class Archive> void archive(Archive& a) { a(opened_at, open, high, low, close); }
};

struct bar_rules {
  rate spread;  ///< what opens a position is dearer by this share of its price, also at a limit; what reduces one is not
  /// Comparison mode: entries that wait when the data ends are worked on the last bar, which they were decided on. That looks ahead; without it they expire.
  bool entries_at_end{};
};

/// Works all orders that were sent before the bar began to be worked on. First what closes at the market, then protecting stops, then the rest, each in the
/// order in which it came. In full size: bars show no sizes.
///
/// - market: at the open
/// - stop, trailing stop: where the bar reaches the trigger, at the worse of open and trigger. A trailing stop is tested first and follows the bar afterwards
/// - limit: where the bar reaches the limit, at the better of open and limit; an immediate one at the open or not at all
/// - market-if-touched: where the bar reaches the trigger, at the better of open and trigger
/// - stop-limit: as a stop where that is within the limit, and else from the next bar on as a limit
///
/// A bracket's children are tested on the bar on which it was entered where the order of things is known: after a market order, which filled at the open,
/// stop before profit; after a stop order the profit alone, and only where the bar does not reach the stop. Otherwise they wait for the next bar.
void work(order_book& book, const bar_view& bar, const bar_rules& rules);

/// The end of the data: what closes at the market is filled at the open of the last bar; all other orders expire.
void finish(order_book& book, const bar_view& last, const bar_rules& rules);

}  // namespace tomnext::venue
