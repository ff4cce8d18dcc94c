// A strategy that can be made to throw: the poisonous input of the simulation. Knows nothing of the market.
#pragma once
#include <cstdint>
#include <optional>

#include "domain/base/time.hpp"

namespace tomnext::tests {

/// The next bar that strategy kind "fragile" decides on is poisonous: its decision throws so many times, in whatever life. One thread runs all.
struct poisonous_bar {
  std::uint32_t deaths_left = 0;
  std::optional<timestamp> opened_at;  ///< of the bar, once there is one
};
inline poisonous_bar poison_of_fragile;

}  // namespace tomnext::tests
