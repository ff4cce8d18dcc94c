#include "domain/base/decimal.hpp"

#include <algorithm>

namespace tomnext {
namespace {

__extension__ using uint128 = unsigned __int128;

constexpr uint128 magnitude(int128 v) { return v < 0 ? ~static_cast<uint128>(v) + 1 : static_cast<uint128>(v); }

// Whether a quotient that lost `rest` of `divisor` moves one away from zero.
bool moves_away(uint128 quotient, uint128 rest, uint128 divisor, bool negative, rounding mode) {
  if (rest == 0) return false;
  switch (mode) {
    case rounding::towards_zero: return false;
    case rounding::away_from_zero: return true;
    case rounding::floor: return negative;
    case rounding::ceiling: return !negative;
    case rounding::half_away_from_zero: return rest >= divisor - rest;
    case rounding::half_even: return rest > divisor - rest || (rest == divisor - rest && (quotient & 1) != 0);
  }
  return false;
}

}  // namespace

std::optional<int128> divide_wide(int128 numerator, int128 denominator, rounding mode) {
  if (denominator == 0) return std::nullopt;
  const bool negative = (numerator < 0) != (denominator < 0);
  const uint128 n = magnitude(numerator), d = magnitude(denominator);
  uint128 q = n / d;
  if (moves_away(q, n % d, d, negative, mode)) ++q;
  constexpr uint128 limit = uint128{1} << 127;
  if (q > limit || (q == limit && !negative)) return std::nullopt;
  return negative ? static_cast<int128>(~q + 1) : static_cast<int128>(q);
}

std::optional<std::int64_t> divide(int128 numerator, int128 denominator, rounding mode) {
  auto q = divide_wide(numerator, denominator, mode);
  if (!q || *q > INT64_MAX || *q < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(*q);
}

result<std::int64_t> parse_decimal(std::string_view text, unsigned scale) {
  auto refuse = [&](errc code, const std::string& why) { return error(code, "'" + std::string(text.substr(0, 40)) + "' " + why); };
  std::size_t i = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++i;
  // The least value has no positive twin: −2^63 is text, too.
  const uint128 limit = static_cast<uint128>(INT64_MAX) + (negative ? 1 : 0);
  uint128 value = 0;
  unsigned decimals = 0;
  bool digits = false, point = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return refuse(errc::not_a_decimal, "is not a decimal number");
    digits = true;
    if (point && decimals == scale) {
      if (c != '0') return refuse(errc::not_a_decimal, "has more than " + std::to_string(scale) + " decimals");
      continue;
    }
    if (point) ++decimals;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > limit) return refuse(errc::overflow, "is too large");
  }
  if (!digits) return refuse(errc::not_a_decimal, "is not a decimal number");
  for (; decimals < scale; ++decimals) {
    value *= 10;
    if (value > limit) return refuse(errc::overflow, "is too large");
  }
  return static_cast<std::int64_t>(negative ? -static_cast<int128>(value) : static_cast<int128>(value));
}

std::string format_decimal(std::int64_t value, unsigned scale, unsigned decimals_min) {
  uint128 m = magnitude(value);
  std::string s;
  for (unsigned i = 0; m != 0 || i <= scale; ++i) {
    if (i == scale && scale != 0) s += '.';
    s += static_cast<char>('0' + static_cast<int>(m % 10));
    m /= 10;
  }
  std::reverse(s.begin(), s.end());
  if (scale != 0) {
    std::size_t keep = s.size() - (scale - std::min(scale, decimals_min));
    while (s.size() > keep && s.back() == '0') s.pop_back();
    if (s.back() == '.') s.pop_back();
  }
  return value < 0 ? "-" + s : s;
}

}  // namespace tomnext
