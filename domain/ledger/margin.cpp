#include "domain/ledger/margin.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tomnext::ledger {
namespace {

error margin_too_large() { return {errc::overflow, "the margin of a position needs more than 128 bits"}; }
error no_sense() { return {errc::invalid_argument, "margin is of a size and by a rate that are not negative"}; }
constexpr std::int64_t fourth_decimal = rate::one / 10'000;

std::optional<rate> share_of(int128 numerator, int128 denominator) {
  fraction f{numerator, 1};
  if (!f.multiply(1, denominator)) return std::nullopt;
  const auto v = f.rounded(4, rounding::half_away_from_zero);
  if (!v || *v > INT64_MAX / fourth_decimal || *v < INT64_MIN / fourth_decimal) return std::nullopt;
  return rate{*v * fourth_decimal};
}

template <std::size_t N> bool among(const std::array<std::string_view, N>& codes, currency c) {
  return std::find(codes.begin(), codes.end(), c.code.view()) != codes.end();
}

}  // namespace

rate least_margin_rate(margin_regime regime, currency base, currency quote) {
  if (regime == margin_regime::nfa) {
    constexpr std::array<std::string_view, 11> named{"USD", "GBP", "CHF", "CAD", "JPY", "EUR", "AUD", "NZD", "SEK", "NOK", "DKK"};
    return rate{among(named, base) && among(named, quote) ? rate::one / 50 : rate::one / 20};
  }
  constexpr std::array<std::string_view, 6> major{"USD", "EUR", "JPY", "GBP", "CAD", "CHF"};
  constexpr std::array<std::string_view, 3> other_metals{"XAG", "XPT", "XPD"};
  if (among(other_metals, base)) return rate{rate::one / 10};
  return rate{among(major, base) && among(major, quote) ? rate::one / 30 : rate::one / 20};
}

result<rate> margin_rate_of(quantity leverage) {
  if (leverage.value <= 0) return error(errc::invalid_argument, "a leverage of " + leverage.to_string() + "; it must be positive");
  const auto v = divide(int128{rate::one} * quantity::one, leverage.value, rounding::half_away_from_zero);
  if (!v) return margin_too_large();
  return rate{*v};
}

result<fraction> margin_in_quote(quantity size, price mid, rate margin_rate) {
  auto f = margin_in_base(size, margin_rate);
  if (!f) return f;
  if (mid.value < 0) return no_sense();
  if (!f->multiply(mid.value, price::one)) return margin_too_large();
  return f;
}

result<fraction> margin_in_base(quantity size, rate margin_rate) {
  if (size.value < 0 || margin_rate.value < 0) return no_sense();
  fraction f{size.value, quantity::one};
  if (!f.multiply(margin_rate.value, rate::one)) return margin_too_large();
  return f;
}

result<margin_state> margin_state_of(amount equity, amount used, rate close_out_share) {
  const auto free = subtract(equity, used);
  if (!free) return margin_too_large();
  margin_state s{equity, used, *free, {}, {}};
  if (used.value > 0) s.level = share_of(equity.value, used.value);
  if (equity.value > 0) {
    fraction f{used.value, 1};
    if (f.multiply(close_out_share.value, rate::one)) s.close_out = share_of(f.numerator, f.denominator * equity.value);
  }
  return s;
}

}  // namespace tomnext::ledger
