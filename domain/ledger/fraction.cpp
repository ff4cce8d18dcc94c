#include "domain/ledger/fraction.hpp"

#include <utility>

namespace tomnext::ledger {
namespace {

__extension__ using uint128 = unsigned __int128;

uint128 magnitude(int128 v) { return v < 0 ? ~static_cast<uint128>(v) + 1 : static_cast<uint128>(v); }
// 0 where the divisor would be 2^127, which no int128 holds: then nothing is taken out.
int128 common_divisor(int128 a, int128 b) {
  uint128 x = magnitude(a), y = magnitude(b);
  while (y != 0) x = std::exchange(y, x % y);
  return x >> 127 != 0 ? 0 : static_cast<int128>(x);
}
void reduce(int128& a, int128& b) {
  if (const int128 g = common_divisor(a, b); g > 1) {
    a /= g;
    b /= g;
  }
}

}  // namespace

bool fraction::multiply(int128 n, int128 d) {
  if (d <= 0) return false;
  reduce(n, d);
  reduce(numerator, d);
  reduce(n, denominator);
  return !__builtin_mul_overflow(numerator, n, &numerator) && !__builtin_mul_overflow(denominator, d, &denominator);
}

bool fraction::subtract(const fraction& f) {
  int128 mine = denominator, its = f.denominator;
  reduce(mine, its);  // the least common denominator is denominator × its
  int128 a = 0, b = 0, n = 0, d = 0;
  if (__builtin_mul_overflow(numerator, its, &a) || __builtin_mul_overflow(f.numerator, mine, &b) || __builtin_sub_overflow(a, b, &n) ||
      __builtin_mul_overflow(denominator, its, &d))
    return false;
  reduce(n, d);
  numerator = n;
  denominator = d;
  return true;
}

std::optional<std::int64_t> fraction::rounded(unsigned decimals, rounding mode) const {
  fraction f = *this;
  if (decimals > 18 || !f.multiply(power_of_ten(decimals), 1)) return std::nullopt;
  return divide(f.numerator, f.denominator, mode);
}

}  // namespace tomnext::ledger
