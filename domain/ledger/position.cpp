#include "domain/ledger/position.hpp"

#include <utility>

namespace tomnext::ledger {
namespace {

int128 common_divisor(int128 a, int128 b) {
  if (a < 0) a = -a;
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}
error too_large() { return {errc::overflow, "the exact average price of the position needs more than 128 bits"}; }

}  // namespace

double position::average_price() const {
  return flat() ? 0.0 : static_cast<double>(numerator_) / static_cast<double>(denominator_) / static_cast<double>(price::one);
}

result<void> position::add(side direction, quantity filled, price at) {
  const auto held = int128{size_.value < 0 ? -size_.value : size_.value};
  // (n / d · held + at · filled) / (held + filled) = (n · held + at · filled · d) / (d · (held + filled))
  int128 carried = 0, fresh = 0, numerator = 0, denominator = 0;
  if (__builtin_mul_overflow(numerator_, held, &carried) || __builtin_mul_overflow(int128{at.value} * filled.value, denominator_, &fresh) ||
      __builtin_add_overflow(carried, fresh, &numerator) || __builtin_mul_overflow(denominator_, held + filled.value, &denominator))
    return too_large();
  const auto sum = add_sizes(direction, filled);
  if (!sum) return error(errc::overflow, "the position's size does not fit");
  const auto g = common_divisor(numerator, denominator);
  numerator_ = numerator / g;
  denominator_ = denominator / g;
  size_ = *sum;
  return {};
}

std::optional<quantity> position::add_sizes(side direction, quantity filled) const {
  return tomnext::add(size_, quantity{sign(direction) * filled.value});
}

result<amount> position::profit(std::int64_t signed_size, price at, std::uint32_t minor_units) const {
  // size · (at − n / d), in units of 10^-(9 + 2), then to minor units
  int128 scaled = 0, difference = 0, numerator = 0, denominator = 0;
  if (__builtin_mul_overflow(int128{at.value}, denominator_, &scaled) || __builtin_sub_overflow(scaled, numerator_, &difference) ||
      __builtin_mul_overflow(difference, int128{signed_size}, &numerator) ||
      __builtin_mul_overflow(denominator_, int128{power_of_ten(price::scale + quantity::scale - minor_units)}, &denominator))
    return too_large();
  auto v = divide(numerator, denominator, rounding::half_away_from_zero);
  if (!v) return error(errc::overflow, "the profit does not fit");
  return amount{*v};
}

result<amount> position::reduce(quantity filled, price at, std::uint32_t minor_units) {
  const auto held = size_.value < 0 ? -size_.value : size_.value;
  if (filled.value <= 0 || filled.value > held) return error(errc::invalid_argument, "a reduction by more than the position holds");
  const auto closing = size_.value < 0 ? -filled.value : filled.value;
  auto p = profit(closing, at, minor_units);
  if (!p) return p;
  size_.value -= closing;
  if (flat()) {
    numerator_ = 0;
    denominator_ = 1;
  }
  return p;
}

result<amount> position::unrealised(price at, std::uint32_t minor_units) const {
  if (flat()) return amount{};
  return profit(size_.value, at, minor_units);
}

}  // namespace tomnext::ledger
