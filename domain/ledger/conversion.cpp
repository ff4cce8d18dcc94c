#include "domain/ledger/conversion.hpp"

#include <utility>

#include "domain/ledger/notional.hpp"

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
  if (auto g = common_divisor(n, d); g > 1) {
    n /= g;
    d /= g;
  }
  if (auto g = common_divisor(numerator, d); g > 1) {
    numerator /= g;
    d /= g;
  }
  if (auto g = common_divisor(n, denominator); g > 1) {
    n /= g;
    denominator /= g;
  }
  return !__builtin_mul_overflow(numerator, n, &numerator) && !__builtin_mul_overflow(denominator, d, &denominator);
}

}  // namespace

void rate_table::define(const instrument_defined& e) {
  // Instrument 0 is none: its book stays empty, and stands for every instrument that is not known.
  if (e.instrument.value == 0 || e.instrument.value >= instruments_max) return;
  auto& b = books_[e.instrument.value];
  b.base = e.base;
  b.quote = e.quote;
  b.base_minor_units = e.base_minor_units;
  b.quote_minor_units = e.quote_minor_units;
}

const rate_table::book* rate_table::quoted(currency base, currency quote) const {
  for (const auto& b : books_)
    if (b.base == base && b.quote == quote && b.bid.value > 0 && b.ask.value > 0) return &b;
  return nullptr;
}

std::optional<rate_table::leg> rate_table::find(currency from, currency to, bool positive, side traded, conversion_method method) const {
  const book* b = quoted(from, to);
  const bool direct = b != nullptr;
  if (!direct) b = quoted(to, from);
  if (b == nullptr) return std::nullopt;
  int128 numerator = int128{b->bid.value} + b->ask.value, denominator = int128{2} * price::one;
  if (method != conversion_method::mid) {
    const bool use_bid = method == conversion_method::side_traded ? traded == side::sell : positive == direct;
    numerator = use_bid ? b->bid.value : b->ask.value;
    denominator = price::one;
  }
  return direct ? leg{numerator, denominator, b->source_position} : leg{denominator, numerator, b->source_position};
}

result<converted> rate_table::convert(amount value, currency from, std::uint32_t from_minor_units, currency to, std::uint32_t to_minor_units, side traded,
                                      conversion_method method) const {
  if (from_minor_units > minor_units_max || to_minor_units > minor_units_max) return error(errc::invalid_argument, "a currency with more than nine decimals");
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
        return error(errc::conversion_rate_missing, "no rate from " + f + " to " + t + " yet: quotes of " + f + "/" + t + ", " + t + "/" + f + ", or of both " +
                                                        f + " and " + t + " against USD are needed in 'data'");
      }
      first = *to_usd;
    }
  }
  int128 numerator = first.numerator, denominator = first.denominator;
  bool fits = !second || multiply(numerator, denominator, second->numerator, second->denominator);
  int128 rate_numerator = numerator, rate_denominator = denominator;
  fits = fits && multiply(rate_numerator, rate_denominator, price::one, 1);
  const auto effective = fits ? divide(rate_numerator, rate_denominator, rounding::half_away_from_zero) : std::nullopt;
  fits = fits && multiply(numerator, denominator, power_of_ten(to_minor_units), power_of_ten(from_minor_units)) &&
         multiply(numerator, denominator, value.value, 1);
  const auto booked = fits ? divide(numerator, denominator, rounding::half_away_from_zero) : std::nullopt;
  if (!booked || !effective)
    return error(errc::overflow,
                 "an amount of " + std::to_string(value.value) + " " + std::string(from.code.view()) + " minor units does not fit when converted");
  return converted{amount{*booked}, price{*effective}, first.source_position};
}

}  // namespace tomnext::ledger
