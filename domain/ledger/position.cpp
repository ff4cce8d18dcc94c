#include "domain/ledger/position.hpp"

#include <limits>
#include <utility>

#include "domain/ledger/notional.hpp"

namespace tomnext::ledger {
namespace {

__extension__ using uint128 = unsigned __int128;

uint128 magnitude(int128 v) { return v < 0 ? ~static_cast<uint128>(v) + 1 : static_cast<uint128>(v); }
uint128 common_divisor(uint128 a, uint128 b) {
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

// (n / d · held + at · filled) / (held + filled) = (n · held + at · filled · d) / (d · (held + filled)), reduced. False where 128 bits do not hold it.
bool blend(int128& n, int128& d, int128 held, int128 filled, int128 at) {
  int128 carried = 0, fresh = 0, numerator = 0, denominator = 0;
  if (__builtin_mul_overflow(n, held, &carried) || __builtin_mul_overflow(at * filled, d, &fresh) || __builtin_add_overflow(carried, fresh, &numerator) ||
      __builtin_mul_overflow(d, held + filled, &denominator))
    return false;
  const uint128 g = common_divisor(magnitude(numerator), magnitude(denominator));
  n = numerator / static_cast<int128>(g);
  d = denominator / static_cast<int128>(g);
  return true;
}

// Each reduction that is followed by an addition lengthens the fraction, without end. It is short enough while the profit of all of it, at prices up to
// sixteen times the average, is computed within 128 bits.
constexpr unsigned coarse_bits = 32;
bool roomy(int128 n, int128 d, int128 size) {
  int128 worth = 0, scaled = 0;
  return !__builtin_mul_overflow(n, size, &worth) && !__builtin_mul_overflow(worth, int128{16}, &worth) &&
         !__builtin_mul_overflow(d, int128{power_of_ten(price::scale + quantity::scale)}, &scaled);
}

// n / d in units of 2^-coarse_bits, half to even: one bit of the quotient at a time: shifting n left first would not fit.
std::optional<int128> scaled_quotient(int128 n, int128 d) {
  const bool negative = n < 0;
  const auto divisor = static_cast<uint128>(d);
  uint128 quotient = magnitude(n) / divisor, rest = magnitude(n) % divisor;
  if (quotient >> (127 - coarse_bits - 1) != 0) return std::nullopt;
  for (unsigned i = 0; i < coarse_bits; ++i) {
    const bool one = rest >= divisor - rest;
    rest = one ? rest - (divisor - rest) : rest + rest;
    quotient = quotient << 1 | (one ? 1u : 0u);
  }
  const uint128 missing = divisor - rest;
  if (rest > missing || (rest == missing && (quotient & 1) != 0)) ++quotient;
  const auto value = static_cast<int128>(quotient);
  return negative ? -value : value;
}

error average_price_too_large() { return {errc::overflow, "the average price of the position needs more than 128 bits"}; }

}  // namespace

double position::average_price() const {
  return flat() ? 0.0 : static_cast<double>(numerator_) / static_cast<double>(denominator_) / static_cast<double>(price::one);
}

result<void> position::add(side direction, quantity filled, price at) {
  const bool opposite = size_.value != 0 && (size_.value > 0) != (direction == side::buy);
  if (filled.value <= 0 || direction == side::none || opposite)
    return error(errc::invalid_argument, "a position is added to by a positive quantity in its own direction");
  const auto sum = tomnext::add(size_, quantity{sign(direction) * filled.value});
  if (!sum || sum->value == std::numeric_limits<std::int64_t>::min()) return error(errc::overflow, "the position's size does not fit");
  const int128 held = size_.value < 0 ? -int128{size_.value} : int128{size_.value};
  int128 n = numerator_, d = denominator_;
  bool exact = exact_;
  auto coarsen = [&] {
    if (d <= int128{1} << coarse_bits) return;
    const auto rounded = scaled_quotient(n, d);
    if (!rounded) return;
    n = *rounded;
    d = int128{1} << coarse_bits;
    exact = false;
  };
  if (!blend(n, d, held, filled.value, at.value)) {
    coarsen();
    if (!blend(n, d, held, filled.value, at.value)) return average_price_too_large();
  }
  if (!roomy(n, d, held + filled.value)) coarsen();
  numerator_ = n;
  denominator_ = d;
  exact_ = exact;
  size_ = *sum;
  return {};
}

result<amount> position::profit(std::int64_t signed_size, price at, std::uint32_t minor_units) const {
  if (minor_units > minor_units_max) return error(errc::invalid_argument, "a currency with more than nine decimals");
  // size · (at − n / d), in units of 10^-(9 + 2), then to minor units
  int128 scaled = 0, difference = 0, numerator = 0, denominator = 0;
  if (__builtin_mul_overflow(int128{at.value}, denominator_, &scaled) || __builtin_sub_overflow(scaled, numerator_, &difference) ||
      __builtin_mul_overflow(difference, int128{signed_size}, &numerator) ||
      __builtin_mul_overflow(denominator_, int128{power_of_ten(price::scale + quantity::scale - minor_units)}, &denominator))
    return average_price_too_large();
  auto v = divide(numerator, denominator, rounding::half_away_from_zero);
  if (!v) return error(errc::overflow, "the profit does not fit");
  return amount{*v};
}

result<amount> position::reduce(quantity filled, price at, std::uint32_t minor_units) {
  const int128 held = size_.value < 0 ? -int128{size_.value} : int128{size_.value};
  if (filled.value <= 0 || filled.value > held) return error(errc::invalid_argument, "a reduction by nothing, or by more than the position holds");
  const auto closing = size_.value < 0 ? -filled.value : filled.value;
  auto p = profit(closing, at, minor_units);
  if (!p) return p;
  size_.value -= closing;
  if (flat()) {
    numerator_ = 0;
    denominator_ = 1;
    exact_ = true;
  }
  return p;
}

result<amount> position::unrealised(price at, std::uint32_t minor_units) const {
  if (flat()) return amount{};
  return profit(size_.value, at, minor_units);
}

}  // namespace tomnext::ledger
