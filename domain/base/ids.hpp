// Strong identifiers: an account is never mistaken for an order.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace tomnext {

/// A number that names one thing of one kind. Zero means "none".
template <class Tag, class Rep> struct id {
  using rep = Rep;
  Rep value{};
  constexpr auto operator<=>(const id&) const = default;
  constexpr explicit operator bool() const { return value != 0; }
};

using host_id = id<struct host_tag, std::uint32_t>;              ///< the rank of a host in its composition, from 1
using instrument_id = id<struct instrument_tag, std::uint32_t>;  ///< from 1, in configuration order
using account_id = id<struct account_tag, std::uint32_t>;
using strategy_id = id<struct strategy_tag, std::uint32_t>;
using model_id = id<struct model_tag, std::uint32_t>;
using source_id = id<struct source_tag, std::uint32_t>;      ///< a market-data source, from 1, in the order of the `data` list
using order_id = id<struct order_tag, std::uint64_t>;        ///< strategy << 32 | running number: never reused, and the client order id sent to venues
using position_id = id<struct position_tag, std::uint64_t>;  ///< hedging: the order that opened it; netting: instrument
using signal_id = id<struct signal_tag, std::uint64_t>;      ///< strategy << 32 | running number
using timer_id = id<struct timer_tag, std::uint32_t>;        ///< named by the host that armed it

/// Every instrument id is below this, so that lanes are plain arrays.
inline constexpr std::uint32_t instruments_max = 64;

}  // namespace tomnext

template <class Tag, class Rep> struct std::hash<tomnext::id<Tag, Rep>> {
  std::size_t operator()(const tomnext::id<Tag, Rep>& x) const noexcept { return std::hash<Rep>{}(x.value); }
};
