// Figures for people: digits in groups of three.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace tomnext::replay {

/// "-1234567.50" -> "-1,234,567.50": the digits before the point; whatever else there is stays.
inline std::string grouped(std::string_view number) {
  const std::size_t first = number.empty() || number[0] != '-' ? 0 : 1;
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string out;
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (i > first && i < point && (point - i) % 3 == 0) out += ',';
    out += number[i];
  }
  return out;
}
inline std::string grouped(std::uint64_t n) { return grouped(std::to_string(n)); }

}  // namespace tomnext::replay
