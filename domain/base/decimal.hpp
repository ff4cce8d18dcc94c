// Fixed-point numbers: exact, in 64 bits, with 128-bit intermediates and named rounding. Overflow is an error.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/base/result.hpp"

namespace tomnext {

__extension__ using int128 = __int128;

/// How a quotient that is not exact becomes an integer.
enum class rounding : std::uint8_t { half_away_from_zero, half_even, towards_zero, away_from_zero, floor, ceiling };

/// numerator / denominator, rounded. Nothing where the denominator is zero or the result needs more than 64 bits.
std::optional<std::int64_t> divide(int128 numerator, int128 denominator, rounding mode);
/// The same with a 128-bit result.
std::optional<int128> divide_wide(int128 numerator, int128 denominator, rounding mode);
/// a · b / c with a 128-bit product.
inline std::optional<std::int64_t> mul_div(std::int64_t a, std::int64_t b, std::int64_t c, rounding mode) { return divide(int128{a} * b, c, mode); }

constexpr std::int64_t power_of_ten(unsigned exponent) {
  std::int64_t p = 1;
  for (; exponent > 0; --exponent) p *= 10;
  return p;
}

/// Text such as "-1.25" into units of 10^-scale; more decimals than that is an error, not a rounding.
result<std::int64_t> parse_decimal(std::string_view text, unsigned scale);
/// The shortest text with at least `decimals_min` decimals.
std::string format_decimal(std::int64_t value, unsigned scale, unsigned decimals_min);

/// A number in units of 10^-Scale. Tag keeps prices from being added to quantities.
template <class Tag, unsigned Scale> struct fixed {
  using rep = std::int64_t;
  static constexpr unsigned scale = Scale;
  static constexpr std::int64_t one = power_of_ten(Scale);
  std::int64_t value{};
  constexpr auto operator<=>(const fixed&) const = default;
  constexpr explicit operator bool() const { return value != 0; }

  static result<fixed> parse(std::string_view text) {
    auto v = parse_decimal(text, Scale);
    if (!v) return v.error();
    return fixed{*v};
  }
  static constexpr fixed whole(std::int64_t n) { return {n * one}; }
  /// The nearest double: one correctly rounded division.
  [[nodiscard]] constexpr double to_double() const { return static_cast<double>(value) / static_cast<double>(one); }
  [[nodiscard]] std::string to_string(unsigned decimals_min = 0) const { return format_decimal(value, Scale, decimals_min); }
};

/// Sums that notice overflow.
template <class T> constexpr std::optional<T> add(T a, T b) {
  T r{};
  if (__builtin_add_overflow(a.value, b.value, &r.value)) return std::nullopt;
  return r;
}
template <class T> constexpr std::optional<T> subtract(T a, T b) {
  T r{};
  if (__builtin_sub_overflow(a.value, b.value, &r.value)) return std::nullopt;
  return r;
}

using price = fixed<struct price_tag, 9>;        ///< quote currency per unit of base; nine decimals hold the mid of any pair
using quantity = fixed<struct quantity_tag, 2>;  ///< units of base currency (or ounces); signed where it is a position
using rate = fixed<struct rate_tag, 12>;         ///< a dimensionless ratio: commission, margin, weight

}  // namespace tomnext
