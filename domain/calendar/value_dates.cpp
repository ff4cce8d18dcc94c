#include "domain/calendar/value_dates.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tomnext::calendar {
namespace {

// A run of holidays longer than this is no run of holidays.
constexpr int search_days_max = 60;

template <std::size_t N> bool among(const std::array<std::string_view, N>& codes, currency c) {
  return std::find(codes.begin(), codes.end(), c.code.view()) != codes.end();
}

bool is_usd(currency c) { return c.code == "USD"; }
currency usd() {
  currency c;
  (void)c.code.assign("USD");
  return c;
}

error no_day(date from, const settlement_terms& t) {
  return {errc::invalid_argument, "no value date for " + std::string(t.base.code.view()) + "/" + std::string(t.quote.code.view()) + " within " +
                                      std::to_string(search_days_max) + " days of " + to_string(from) + ": its holidays leave none"};
}

/// The first day from d on that `good` says yes to.
template <class Good> bool advance(date& d, Good good) {
  for (int i = 0; i < search_days_max; ++i, ++d.days)
    if (good(d)) return true;
  return false;
}

// The day on which a currency settles against USD.
bool settle(date& d, currency c, std::uint32_t lag, const bank_holidays& holidays) {
  const auto own = [&](date x) { return !is_weekend(x) && !holidays.contains(c, x); };
  const auto both = [&](date x) { return own(x) && !holidays.contains(usd(), x); };
  for (std::uint32_t i = 1; i < lag; ++i) {
    ++d.days;
    if (!(is_latin_american(c) ? advance(d, both) : advance(d, own))) return false;
  }
  if (lag > 0) ++d.days;
  return advance(d, both);
}

}  // namespace

std::uint32_t spot_lag_days(currency c) {
  constexpr std::array<std::string_view, 4> next_day{"CAD", "TRY", "PHP", "RUB"};
  return is_usd(c) ? 0 : among(next_day, c) ? 1 : 2;
}

std::uint32_t spot_lag_days(currency base, currency quote) { return std::max(spot_lag_days(base), spot_lag_days(quote)); }

bool is_latin_american(currency c) {
  constexpr std::array<std::string_view, 16> codes{"ARS", "BOB", "BRL", "CLP", "COP", "CRC", "DOP", "GTQ",
                                                   "HNL", "MXN", "NIO", "PEN", "PYG", "SVC", "UYU", "VES"};
  return among(codes, c);
}

result<void> bank_holidays::define(currency of, std::uint32_t version, const std::set<date>& dates) {
  const auto found = of_.find(of);
  if (found == of_.end() && of_.size() == currencies_max)
    return error(errc::invalid_argument, "holidays of more than " + std::to_string(currencies_max) + " currencies");
  if (found != of_.end() && version < found->second.version) return {};
  std::set<date> all = found != of_.end() && version == found->second.version ? found->second.dates : std::set<date>{};
  all.insert(dates.begin(), dates.end());
  if (all.size() > dates_max) return error(errc::invalid_argument, "more than " + std::to_string(dates_max) + " holidays of " + std::string(of.code.view()));
  of_[of] = {version, std::move(all)};
  return {};
}

bool bank_holidays::contains(currency c, date d) const {
  const auto found = of_.find(c);
  return found != of_.end() && found->second.dates.contains(d);
}

result<date> value_date_of(date traded, const settlement_terms& t, const bank_holidays& holidays) {
  if (is_weekend(traded)) return error(errc::invalid_argument, to_string(traded) + " is a weekend: nothing is traded for it");
  date settles = traded;
  for (const auto c : {t.base, t.quote}) {
    if (is_usd(c)) continue;
    // A pair that is said to settle earlier than its currencies usually do, does; a pair with USD settles as it is said to.
    const bool with_usd = is_usd(t.base) || is_usd(t.quote);
    const auto lag = with_usd ? t.lag_days : std::min(spot_lag_days(c), t.lag_days);
    date own = traded;
    if (!settle(own, c, lag, holidays)) return no_day(traded, t);
    settles = std::max(settles, own);
  }
  const auto good = [&](date x) { return !is_weekend(x) && !holidays.contains(t.base, x) && !holidays.contains(t.quote, x) && !holidays.contains(usd(), x); };
  if (!advance(settles, good)) return no_day(traded, t);
  return settles;
}

result<roll_interest> roll_of(date day, const settlement_terms& terms, const bank_holidays& holidays) {
  auto value = value_date_of(day, terms, holidays);
  if (!value) return value.error();
  auto next = value_date_of(next_trading_day(day), terms, holidays);
  if (!next) return next.error();
  return roll_interest{*value, *next};
}

}  // namespace tomnext::calendar
