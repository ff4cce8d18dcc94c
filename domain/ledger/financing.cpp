#include "domain/ledger/financing.hpp"

#include <algorithm>

namespace tomnext::ledger {
namespace {

error too_large() { return {errc::overflow, "the financing of a position needs more than 128 bits"}; }

// What one unit earns in a night, as the holder sees it and before the markup: in price steps, or as a share of its value.
bool nightly(const swap_rates_published& r, bool is_long, const financing_terms& terms, fraction& out) {
  out = {};
  switch (r.unit) {
    case swap_unit::points: out.numerator = is_long ? r.long_rate.value : r.short_rate.value; break;
    case swap_unit::tomnext: out.numerator = is_long ? -int128{r.long_rate.value} : int128{r.short_rate.value}; break;
    case swap_unit::annual_rate:
      out.numerator = is_long ? r.long_rate.value : r.short_rate.value;
      return out.multiply(1, int128{rate::one} * terms.quote_day_count);
    case swap_unit::interest: {
      fraction quote{r.short_rate.value, 1};
      out.numerator = r.long_rate.value;
      if (!out.multiply(1, int128{rate::one} * terms.base_day_count) || !quote.multiply(1, int128{rate::one} * terms.quote_day_count) || !out.subtract(quote))
        return false;
      return is_long || out.multiply(-1, 1);
    }
  }
  return out.multiply(1, rate::one);
}

bool in_points(swap_unit u) { return u == swap_unit::points || u == swap_unit::tomnext; }

}  // namespace

std::int32_t day_count_of(currency c) {
  constexpr std::array<std::string_view, 15> by_365{"GBP", "AUD", "NZD", "CAD", "ZAR", "SGD", "HKD", "PLN", "INR", "KRW", "THB", "TWD", "MYR", "ILS", "RUB"};
  return std::find(by_365.begin(), by_365.end(), c.code.view()) != by_365.end() ? 365 : 360;
}

rate figure_of(const swap_rates_published& r, quantity net, rate markup) {
  const bool is_long = net.value > 0;
  int128 figure = is_long ? r.long_rate.value : r.short_rate.value;
  if (r.unit == swap_unit::tomnext && is_long) figure = -figure;
  if (r.unit == swap_unit::interest) figure = (int128{r.long_rate.value} - r.short_rate.value) * (is_long ? 1 : -1);
  figure -= markup.value;
  return rate{divide(figure, 1, rounding::half_away_from_zero).value_or(0)};
}

result<fraction> financing_of(const swap_rates_published& r, const overnight& held, const financing_terms& terms) {
  if (terms.base_day_count <= 0 || terms.quote_day_count <= 0 || terms.price_precision > price::scale || terms.markup.value < 0)
    return error(errc::invalid_argument, "financing terms: day counts are positive, a price has at most nine decimals, a markup is not negative");
  const int128 size = held.net.value < 0 ? -int128{held.net.value} : int128{held.net.value};
  fraction earned, kept{terms.markup.value, 1};
  const bool points = in_points(r.unit);
  if (!nightly(r, held.net.value > 0, terms, earned) || !kept.multiply(1, int128{rate::one} * (points ? 1 : terms.quote_day_count))) return too_large();
  // Figures for several nights are shared out over them; the markup is for each.
  if (r.nights > 1 && !earned.multiply(1, r.nights)) return too_large();
  if (!earned.subtract(kept) || !earned.multiply(held.days, 1) || !earned.multiply(size, quantity::one)) return too_large();
  const bool valued = points ? earned.multiply(1, power_of_ten(terms.price_precision)) : earned.multiply(held.mark.value, price::one);
  if (!valued) return too_large();
  return earned;
}

result<fraction> comparison_financing_of(quantity net, price mid, rate base, rate quote, std::int32_t times) {
  fraction f{net.value < 0 ? int128{net.value} : -int128{net.value}, quantity::one};
  if (!f.multiply(mid.value, price::one) || !f.multiply(int128{base.value} - quote.value, rate::one) || !f.multiply(times, 365)) return too_large();
  return f;
}

price rounded_mid(price bid, price ask, std::uint32_t price_precision) {
  const std::int64_t step = power_of_ten(price::scale - std::min(price_precision, price::scale));
  return price{divide(int128{bid.value} + ask.value, int128{2} * step, rounding::half_away_from_zero).value_or(0) * step};
}

price exact_mid(price bid, price ask) { return price{divide(int128{bid.value} + ask.value, 2, rounding::half_away_from_zero).value_or(0)}; }

}  // namespace tomnext::ledger
