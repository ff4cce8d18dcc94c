#include "actors/api/short_numbers.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace tomnext::api {

std::string formatted(const char* format, double value) {
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), format, value);  // ends its text in any case
  return text.data();
}

std::string count(double n) {
  static constexpr std::array<std::string_view, 5> suffixes{"M", "G", "T", "P", "E"};
  if (n < 1e8) return formatted("%.0f", n);
  if (n >= 1e21) return formatted("%.1e", n);
  std::size_t i = 0;
  for (n /= 1e6; n >= 1000.0 && i + 1 < suffixes.size(); n /= 1000.0) ++i;
  return formatted("%.2f", n) + std::string(suffixes[i]);
}
std::string count(std::uint64_t n) { return count(static_cast<double>(n)); }

std::string microseconds(double us) {
  if (!std::isfinite(us) || us < 0) return "-";
  return us < 1e5 ? formatted("%.1f", us) : count(us);
}

std::string bytes(std::uint64_t n) {
  static constexpr std::array<std::string_view, 4> units{" KiB", " MiB", " GiB", " TiB"};
  if (n < 1024) return std::to_string(n) + " B";
  auto value = static_cast<double>(n) / 1024.0;
  std::size_t i = 0;
  for (; value >= 1024.0 && i + 1 < units.size(); ++i) value /= 1024.0;
  return formatted("%.1f", value) + std::string(units[i]);
}

}  // namespace tomnext::api
