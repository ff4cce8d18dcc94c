// An order as the simulated market keeps it, and what the market says of it.
#pragma once
#include <algorithm>
#include <limits>
#include <string_view>

#include "domain/base/decimal.hpp"
#include "domain/base/ids.hpp"
#include "domain/base/market.hpp"
#include "domain/base/time.hpp"

namespace tomnext::venue {

/// What is sent. Prices are in quote currency per unit of base; those that a kind does not use are 0.
struct order_request {
  order_id order;
  side direction{};
  order_kind kind{};
  time_in_force validity{};
  quantity size;
  price limit;         ///< limit, stop_limit: no fill is worse
  price trigger;       ///< stop, stop_limit, market_if_touched; trailing_stop: where it stands at present
  price trail;         ///< trailing_stop: how far it stays behind the best price since it works
  timestamp expires;   ///< good_till_date
  bool reduce_only{};  ///< fills no more than there is to reduce, and ends where nothing is left of that
  position_id closes;  ///< hedging: the position that it reduces; 0 opens one of its own
  order_id parent;     ///< a child of a bracket: it sleeps until its parent fills, and works for what has been filled
  order_id oco;        ///< one cancels other: a fill of one side ends the other one
  template <class Archive> void archive(Archive& a) {
    a(order, direction, kind, validity, size, limit, trigger, trail, expires, reduce_only, closes, parent, oco);
  }
};

/// New values of a working order; 0 leaves the old one.
struct amendment {
  order_id order;
  quantity size;
  price limit;
  price trigger;
  price trail;
  timestamp expires;
};

constexpr bool has_limit(order_kind k) { return k == order_kind::limit || k == order_kind::stop_limit; }
constexpr bool has_trigger(order_kind k) { return k == order_kind::stop || k == order_kind::stop_limit || k == order_kind::market_if_touched; }
/// Filled at once, as far as it can be, or not at all.
constexpr bool immediate(time_in_force t) { return t == time_in_force::immediate_or_cancel || t == time_in_force::fill_or_kill; }

struct venue_order {
  order_request terms;  ///< as amended
  quantity filled;
  quantity released;     ///< a child: what its parent has filled and is still held; others: all of it
  price best;            ///< trailing_stop: the best price since it works; 0 before
  timestamp works_from;  ///< sent, plus the way to the market
  bool triggered{};
  std::uint32_t draws{};  ///< of the models so far
  [[nodiscard]] bool buys() const { return terms.direction == side::buy; }
  [[nodiscard]] bool child() const { return static_cast<bool>(terms.parent); }
  [[nodiscard]] bool reduces() const { return terms.reduce_only || child(); }
  [[nodiscard]] quantity leaves() const { return {terms.size.value - filled.value}; }
  /// What may fill now.
  [[nodiscard]] quantity open() const { return {std::max<std::int64_t>(std::min(terms.size.value, released.value) - filled.value, 0)}; }
  template <class Archive> void archive(Archive& a) { a(terms, filled, released, best, works_from, triggered, draws); }
};

enum class answer_kind : std::uint8_t { accepted, rejected, triggered, filled, cancelled, expired, amended, change_refused };

/// What the market says of one order. `leaves` is what is still open of it, 0 where it has ended filled.
struct answer {
  answer_kind kind{};
  order_id order;
  quantity size;   ///< filled: of this fill; amended: of the order from now on
  price at_price;  ///< filled; triggered: the trigger
  quantity leaves;
  std::string_view why;  ///< a text that lives for ever
  bool operator==(const answer&) const = default;
};

/// p + by, or the nearest end of the range: what comes from outside must not wrap around.
constexpr price shifted(price p, std::int64_t by) {
  return add(p, price{by}).value_or(price{by > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min()});
}
/// True where `a` is better than `b`, or as good, for whom trades in that direction.
constexpr bool no_worse(side direction, price a, price b) { return direction == side::buy ? a <= b : a >= b; }
constexpr price better(side direction, price a, price b) { return no_worse(direction, a, b) ? a : b; }
constexpr price worse(side direction, price a, price b) { return no_worse(direction, a, b) ? b : a; }

}  // namespace tomnext::venue
