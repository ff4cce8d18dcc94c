#include "domain/ledger/conversion.hpp"

#include "domain/ledger/notional.hpp"

namespace tomnext::ledger {
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

std::optional<conversion_factor> rate_table::find(currency from, currency to, bool positive, side traded, conversion_method method) const {
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
  return conversion_factor{direct ? fraction{numerator, denominator} : fraction{denominator, numerator}, b->source_position};
}

result<conversion_factor> rate_table::factor(currency from, currency to, bool positive, side traded, conversion_method method) const {
  if (from == to) return conversion_factor{};
  if (auto one = find(from, to, positive, traded, method)) return *one;
  currency usd;
  (void)usd.code.assign("USD");
  auto to_usd = find(from, usd, positive, traded, method), onward = find(usd, to, positive, traded, method);
  if (!to_usd || !onward) {
    const std::string f(from.code.view()), t(to.code.view());
    return error(errc::conversion_rate_missing, "no rate from " + f + " to " + t + " yet: quotes of " + f + "/" + t + ", " + t + "/" + f + ", or of both " + f +
                                                    " and " + t + " against USD are needed in 'data'");
  }
  if (!to_usd->value.multiply(onward->value)) return error(errc::overflow, "the rate from " + std::string(from.code.view()) + " does not fit");
  return *to_usd;
}

result<converted> rate_table::convert(amount value, currency from, std::uint32_t from_minor_units, currency to, std::uint32_t to_minor_units, side traded,
                                      conversion_method method) const {
  if (from_minor_units > minor_units_max || to_minor_units > minor_units_max) return error(errc::invalid_argument, "a currency with more than nine decimals");
  auto rate = factor(from, to, value.value >= 0, traded, method);
  if (!rate && rate.error().code == errc::conversion_rate_missing) return rate.error();
  const auto effective = rate ? rate->value.rounded(price::scale, rounding::half_away_from_zero) : std::nullopt;
  fraction f = rate ? rate->value : fraction{};
  const bool fits = effective && f.multiply(power_of_ten(to_minor_units), power_of_ten(from_minor_units)) && f.multiply(value.value, 1);
  const auto booked = fits ? divide(f.numerator, f.denominator, rounding::half_away_from_zero) : std::nullopt;
  if (!booked)
    return error(errc::overflow,
                 "an amount of " + std::to_string(value.value) + " " + std::string(from.code.view()) + " minor units does not fit when converted");
  return converted{amount{*booked}, price{*effective}, rate->source_position};
}

result<converted> rate_table::convert(const fraction& value, currency from, currency to, std::uint32_t to_minor_units, conversion_method method) const {
  if (to_minor_units > minor_units_max) return error(errc::invalid_argument, "a currency with more than nine decimals");
  // Nothing is traded: what is held is sold, what is owed is bought.
  const bool positive = value.numerator >= 0;
  auto rate = factor(from, to, positive, positive ? side::sell : side::buy, method == conversion_method::side_traded ? conversion_method::by_sign : method);
  if (!rate) return rate.error();
  const auto effective = rate->value.rounded(price::scale, rounding::half_away_from_zero);
  fraction f = value;
  const auto booked = f.multiply(rate->value) ? f.rounded(to_minor_units, rounding::half_away_from_zero) : std::nullopt;
  if (!booked || !effective) return error(errc::overflow, "an amount of " + std::string(from.code.view()) + " does not fit when converted");
  return converted{amount{*booked}, price{*effective}, rate->source_position};
}

}  // namespace tomnext::ledger
