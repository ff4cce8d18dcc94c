// A strategy that can be made to throw: the poisonous input of the simulation. Knows nothing of the market.
#pragma once
#include <cstdint>

namespace tomnext::tests {

/// So many of the next decisions of strategy kind "fragile" throw; each takes one off. One thread runs all.
inline std::uint32_t fragile_deaths_left = 0;

}  // namespace tomnext::tests
