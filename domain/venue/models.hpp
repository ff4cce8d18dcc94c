// What makes a simulated market less than perfect: latency, slippage, partial fills, rejects. Seeded; the same seed gives the same run.
#pragma once
#include <cstdint>

#include "domain/base/decimal.hpp"
#include "domain/base/ids.hpp"

namespace tomnext::venue {

/// A model that is left at its defaults changes nothing. Ratios are from 0 to 1.
struct market_models {
  std::uint64_t seed = 1;
  std::int64_t latency_ns = 0;           ///< from sending to working
  std::int64_t latency_jitter_ns = 0;    ///< up to so much more, evenly spread
  rate slippage_probability;             ///< of a fill at the market, also of a stop
  std::uint32_t slippage_steps_max = 0;  ///< then it is 1 to so many price steps worse, evenly spread
  rate partial_fill_probability;         ///< of a fill: then an evenly spread share of it is filled, and the rest waits
  rate reject_probability;               ///< of an order
  bool operator==(const market_models&) const = default;
};

/// What a draw is for: two purposes of one order never share a number.
enum class draw_for : std::uint8_t { latency = 1, slippage = 2, slippage_steps = 3, partial_fill = 4, partial_share = 5, reject = 6 };

/// A number from 0 to `rate::one` − 1 that depends on nothing but its arguments: no state to keep, and no order of asking.
std::int64_t draw(std::uint64_t seed, order_id order, draw_for purpose, std::uint32_t n);

/// The time from sending to working, in nanoseconds.
std::int64_t latency(const market_models& m, order_id order);
bool rejects(const market_models& m, order_id order);
/// Price steps that the n-th fill of an order is worse.
std::uint32_t slippage_steps(const market_models& m, order_id order, std::uint32_t n);
/// How much of `size` the n-th fill of an order gets: a multiple of `step`, at least one, and all of it where the model does not cut it.
quantity filled_share(const market_models& m, order_id order, std::uint32_t n, quantity size, quantity step);

}  // namespace tomnext::venue
