#include "config/financing_section.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/dates.hpp"
#include "config/instrument_terms.hpp"

namespace tomnext::config {
namespace {

const std::vector<std::string> methods{"none", "points", "annual_rate", "tomnext", "differential", "compat"};

rate share(mapping& m, const std::string& key) {
  return m.parsed<rate>(key, rate{}, [](const std::string& t) { return rate::parse(t); });
}

}  // namespace

std::optional<financing_method> financing_method_in(mapping& m, const std::string& key) {
  if (!m.has(key)) return std::nullopt;
  return static_cast<financing_method>(m.choice(key, {}, methods));
}

void read_portfolio(mapping& m, std::optional<financing_method> elsewhere, const file_resolver& resolved, financing_settings& out) {
  const auto here = financing_method_in(m, "financing");
  if (here && elsewhere && *here != *elsewhere) m.fail(errc::configuration_value, "financing", "venue.financing names another method; keep one of the two");
  out.method = here ? *here : elsewhere.value_or(out.method);
  const auto file = [&](const char* key, std::string& name) {
    if (m.has(key)) name = resolved(m.text(key));
  };
  file("interest_rates", out.interest_rates);
  file("swap_rates", out.swap_rates);
  file("swap_statement", out.swap_statement);
  out.markup = share(m, "financing_markup");
  if (out.markup.value < 0) m.fail(errc::configuration_value, "financing_markup", "must not be negative");
  // Brokers that charge a yearly rate count 365 days, whatever the currency; interest is counted by each currency's own year.
  const auto count = m.choice("day_count", out.method == financing_method::annual_rate ? 2 : 0, {"by_currency", "360", "365"});
  out.day_count = count == 0 ? 0 : count == 1 ? 360 : 365;
}

void read_calendar(mapping& m, deployment& d) {
  auto& out = d.holidays;
  d.usual_holidays = m.choice("bank_holidays", 0, {"usual", "none"}) == 0;
  m.each("holidays", [&](mapping& h, std::size_t) {
    const auto of = h.parsed<currency>("currency", {}, [](const std::string& t) { return parse_currency(t); });
    if (std::any_of(out.begin(), out.end(), [&](const auto& x) { return x.of == of; }))
      h.fail(errc::configuration_value, "currency", fmt::format("'{}' is listed twice", of.code.view()));
    const auto dates = h.list("dates");
    if (dates.empty()) h.fail(errc::configuration_key, "dates", "names no date");
    if (dates.size() > 4'096) h.fail(errc::configuration_value, "dates", "more than 4096");
    for (std::size_t i = 0; i < dates.size(); ++i) {
      const auto day = parse_date(dates[i]);
      if (!day) {
        h.fail(errc::configuration_value, "dates", day.error().message);
        return;
      }
      if (i % holidays_defined{}.dates.capacity == 0) out.push_back({1, of, {}});
      (void)out.back().dates.push_back(start_of(*day));
    }
  });
}

void read_standing_swap(mapping& m, instrument_id instrument, std::vector<swap_rates_published>& out) {
  const auto figures = m.list("swap");
  if (figures.empty()) return;
  if (figures.size() != 2) return m.fail(errc::configuration_value, "swap", "takes two figures, the long's and the short's, such as [-11.49, 7.02]");
  const auto of_long = rate::parse(figures[0]), of_short = rate::parse(figures[1]);
  for (const auto& f : {of_long, of_short})
    if (!f) return m.fail(errc::configuration_value, "swap", f.error().message);
  out.push_back({instrument, date_of({1900, 1, 1}), date_of({2200, 12, 31}), swap_unit::points, *of_long, *of_short, 0, "configuration"});
}

void check_financing(mapping& top, deployment& d) {
  auto& f = d.financing;
  using enum financing_method;
  const bool by_figures = f.method == points || f.method == annual_rate || f.method == financing_method::tomnext;
  const bool by_interest = f.method == differential || f.method == compat;
  const auto refuse = [&](const std::string& why) { top.fail(errc::configuration_value, "portfolio", why); };
  const auto method = std::string(word_of(f.method));
  if (by_interest && f.interest_rates.empty()) refuse(fmt::format("financing: {} needs interest_rates, a file of short-term interest rates", method));
  if (!by_interest && !f.interest_rates.empty()) refuse(fmt::format("interest_rates are for financing: differential or compat, not for {}", method));
  if (!by_figures && !f.swap_rates.empty()) refuse(fmt::format("swap_rates are for financing: points, annual_rate or tomnext, not for {}", method));
  if (!by_figures && !d.swap_rates.empty()) refuse(fmt::format("swap of an instrument is for financing: points, annual_rate or tomnext, not for {}", method));
  if (f.method == compat && (f.markup || f.day_count != 0 || !f.swap_statement.empty()))
    refuse("financing: compat is a comparison by fixed rules: financing_markup, day_count and swap_statement do not go with it");
  const auto unit = f.method == annual_rate ? swap_unit::annual_rate : f.method == financing_method::tomnext ? swap_unit::tomnext : swap_unit::points;
  for (auto& r : d.swap_rates) r.unit = unit;
}

}  // namespace tomnext::config
