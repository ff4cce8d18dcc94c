#include "domain/ledger/conversion.hpp"

#include <utility>

namespace tomnext::ledger {
namespace {

int128 magnitude(int128 v) { return v < 0 ? -v : v; }
int128 common_divisor(int128 a, int128 b) {
  a = magnitude(a);
  b = magnitude(b);
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

// numerator × n / (denominator × d) with what is common taken out first; nothing where 128 bits do not hold it.
bool multiply(int128& numerator, int128& denominator, int128 n, int128 d) {
  if (auto g = common_divisor(n, d); g > 1) { n /= g; d /= g; }
  if (auto g = common_divisor(numerator, d); g > 1) { numerator /= g; d /= g; }
  if (auto g = common_divisor(n, denominator); g > 1) { n /= g; denominator /= g; }
  return !__builtin_mul_overflow(numerator, n, &numerator) && !__builtin_mul_overflow(denominator, d, &denominator);
}

}  // namespace

void rate_table::define(const instrument_defined& e) {
  auto& b = books_[e.instrument.value];
  b.base = e.base;
  b.quote = e.quote;
  b.base_minor_units = e.base_minor_units;
  b.quote_minor_units = e.quote_minor_units;
}

std::optional<rate_table::leg> rate_table::find(currency from, currency to, bool positive, side traded, conversion_method method) const {
  for (const auto& b : books_) {
    const bool direct = b.base == from && b.quote == to;
    const bool inverse = b.base == to && b.quote == from;
    if ((!direct && !inverse) || b.bid.value <= 0 || b.ask.value <= 0) continue;
    if (method == conversion_method::mid) {
      const int128 sum = int128{b.bid.value} + b.ask.value;
      return direct ? leg{sum, int128{2} * price::one, b.source_position} : leg{int128{2} * price::one, sum, b.source_position};
    }
    const bool use_bid = method == conversion_method::side_traded ? traded == side::sell : positive == direct;
    const int128 p = use_bid ? b.bid.value : b.ask.value;
    return direct ? leg{p, price::one, b.source_position} : leg{price::one, p, b.source_position};
  }
  return std::nullopt;
}

result<converted> rate_table::convert(amount value, currency from, std::uint32_t from_minor_units, currency to, std::uint32_t to_minor_units, side traded,
                                      conversion_method method) const {
  const bool positive = value.value >= 0;
  leg first;
  std::optional<leg> second;
  if (from != to) {
    currency usd;
    (void)usd.code.assign("USD");
    if (auto one = find(from, to, positive, traded, method)) {
      first = *one;
    } else {
      auto to_usd = find(from, usd, positive, traded, method);
      second = find(usd, to, positive, traded, method);
      if (!to_usd || !second) {
        const std::string f(from.code.view()), t(to.code.view());
        return error(errc::conversion_rate_missing, "no rate from " + f + " to " + t + " yet: quotes of " + f + "/" + t + ", " + t + "/" + f + ", or of both " + f +
                                                        " and " + t + " against USD are needed in 'data'");
      }
      first = *to_usd;
    }
  }
  int128 numerator = first.numerator, denominator = first.denominator;
  bool fits = !second || multiply(numerator, denominator, second->numerator, second->denominator);
  int128 rate_numerator = numerator, rate_denominator = denominator;
  fits = fits && multiply(rate_numerator, rate_denominator, price::one, 1);
  const auto effective = fits ? divide(rate_numerator, rate_denominator, rounding::half_away_from_zero) : std::nullopt;
  fits = fits && multiply(numerator, denominator, power_of_ten(to_minor_units), power_of_ten(from_minor_units)) && multiply(numerator, denominator, value.value, 1);
  const auto booked = fits ? divide(numerator, denominator, rounding::half_away_from_zero) : std::nullopt;
  if (!booked || !effective) return error(errc::overflow, "an amount of " + std::to_string(value.value) + " " + std::string(from.code.view()) + " minor units does not fit when converted");
  return converted{amount{*booked}, price{*effective}, first.source_position};
}

}  // namespace tomnext::ledger
