#include "actors/replay/swap_data.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "domain/calendar/usual_holidays.hpp"
#include "persistence/market_files/swap_files.hpp"

namespace tomnext::replay {
namespace {

using persistence::interest_table;

std::string month_text(std::int32_t month) { return to_string(interest_table::first_of(month)).substr(0, 7); }

const instrument_defined* instrument_named(const config::deployment& d, const std::string& symbol) {
  const auto found = std::find_if(d.instruments.begin(), d.instruments.end(), [&](const auto& i) { return i.symbol == std::string_view(symbol); });
  return found == d.instruments.end() ? nullptr : &*found;
}

result<void> add_interest(config::deployment& d, const persistence::time_span& span) {
  auto table = persistence::read_interest_rates(d.financing.interest_rates);
  if (!table) return table.error();
  // A day's roll may come in the UTC month before, or after.
  const auto first = interest_table::month_of({utc_date(span.first).days - 2}), last = interest_table::month_of({utc_date(span.last).days + 2});
  for (const auto& i : d.instruments)
    for (auto month = first; month <= last; ++month) {
      const auto base = table->at(i.base, month), quote = table->at(i.quote, month);
      if (base && quote) {
        d.swap_rates.push_back({i.instrument,
                                interest_table::first_of(month),
                                {interest_table::first_of(month + 1).days - 1},
                                swap_unit::interest,
                                *base,
                                *quote,
                                0,
                                "short-term interest rates"});
        continue;
      }
      const auto missing = base ? i.quote : i.base;
      const bool within = month >= interest_table::month_of(utc_date(span.first)) && month <= interest_table::month_of(utc_date(span.last));
      if (d.financing.method == financing_method::compat && within)
        return error(errc::configuration_value, d.financing.interest_rates + ": no rate of " + std::string(missing.code.view()) + " for " + month_text(month) +
                                                    ", nor for its quarter, which financing: compat needs for " + std::string(i.symbol.view()));
    }
  return {};
}

result<void> add_swap_rates(config::deployment& d) {
  auto rows = persistence::read_swap_rates(d.financing.swap_rates);
  if (!rows) return rows.error();
  const auto unit = d.financing.method == financing_method::annual_rate ? swap_unit::annual_rate
                    : d.financing.method == financing_method::tomnext   ? swap_unit::tomnext
                                                                        : swap_unit::points;
  for (const auto& r : *rows)
    // A broker's file has all of his pairs.
    if (const auto* i = instrument_named(d, r.instrument))
      d.swap_rates.push_back({i->instrument, r.first, r.last, unit, r.long_rate, r.short_rate, r.nights, "file of swap rates"});
  return {};
}

result<void> add_statement(config::deployment& d, const persistence::time_span& span) {
  auto rows = persistence::read_swap_statement(d.financing.swap_statement);
  if (!rows) return rows.error();
  std::map<std::pair<date, instrument_id>, std::int64_t> sums;
  for (const auto& r : *rows) {
    // A statement of the whole year is nothing of days before the data and behind it.
    if (r.day < utc_date(span.first) || r.day > utc_date(span.last)) continue;
    const auto* i = instrument_named(d, r.instrument);
    if (i == nullptr)
      return error(errc::unknown_instrument,
                   d.financing.swap_statement + ": '" + r.instrument.substr(0, 40) + "' is none of the instruments of this deployment");
    const auto scale = power_of_ten(rate::scale - d.account.minor_units);
    if (r.booked.value % scale != 0)
      return error(errc::configuration_value,
                   d.financing.swap_statement + ": the amount of " + r.instrument + " on " + to_string(r.day) + " has more decimals than the account's money");
    auto& sum = sums[{r.day, i->instrument}];
    if (__builtin_add_overflow(sum, r.booked.value / scale, &sum)) return error(errc::overflow, d.financing.swap_statement + ": the amounts do not fit");
  }
  for (const auto& [key, sum] : sums) d.swap_reports.push_back({d.account.account, key.second, key.first, amount{sum}, "statement"});
  return {};
}

}  // namespace

void add_usual_holidays(config::deployment& d, const persistence::time_span& span) {
  const auto& f = d.financing;
  const bool finances = f.method != financing_method::compat && (f.method != financing_method::none || !f.swap_statement.empty());
  if (!d.usual_holidays || !finances) return;
  std::set<currency> all{*currency::parse("USD")};
  for (const auto& i : d.instruments) all.insert({i.base, i.quote});
  for (const auto& h : d.holidays) all.erase(h.of);
  // The last trades of a year settle in the next.
  const int first = civil_of(utc_date(span.first)).year, last = civil_of(utc_date(span.last)).year + 1;
  for (const auto c : all) {
    std::size_t count = 0;
    for (int year = first; year <= last; ++year)
      for (const auto day : calendar::usual_bank_holidays(c, year)) {
        if (count++ % holidays_defined{}.dates.capacity == 0) d.holidays.push_back({1, c, {}});
        (void)d.holidays.back().dates.push_back(start_of(day));
      }
  }
}

result<void> add_swap_data(config::deployment& d, const persistence::time_span& span) {
  if (!d.financing.interest_rates.empty()) TOMNEXT_TRY(add_interest(d, span));
  if (!d.financing.swap_rates.empty()) TOMNEXT_TRY(add_swap_rates(d));
  if (!d.financing.swap_statement.empty()) TOMNEXT_TRY(add_statement(d, span));
  return {};
}

}  // namespace tomnext::replay
