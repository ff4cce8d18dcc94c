#include "domain/statistics/equity_days.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "domain/calendar/fx_day.hpp"
#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {
namespace {

// Beyond this a return of one period is no longer a number that others can be multiplied with.
constexpr double growth_max = 1e100;

error no_curve(std::string what) { return {errc::invalid_argument, "equity curve: " + std::move(what)}; }

result<std::vector<date>> dates_of(std::span<const equity_point> points, const day_boundaries& boundaries) {
  if (!calendar::well_formed(boundaries.ends)) return no_curve("the day boundaries do not ascend by at most 25 hours each");
  std::vector<date> dates;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const timestamp at = points[i].at;
    const bool first_of_instant = i == 0 || points[i - 1].at < at;
    const bool at_boundary = std::binary_search(boundaries.ends.begin(), boundaries.ends.end(), at);
    // The opening point has no day behind it to close.
    const auto day = trading_weekday_of(i > 0 && first_of_instant && at_boundary ? at - 1 : at, boundaries);
    if (!day) return no_curve("the point of " + to_string(at) + " lies in no day of the boundaries");
    dates.push_back(*day);
  }
  return dates;
}

}  // namespace

std::optional<date> trading_weekday_of(timestamp at, const day_boundaries& boundaries) {
  const auto day = calendar::trading_day_of(at, boundaries.first_date, boundaries.ends);
  if (!day) return std::nullopt;
  return weekday_from(*day);
}

result<std::vector<equity_point>> with_flows(std::vector<equity_point> points, std::span<const cash_flow> flows) {
  std::size_t place = 0;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (i > 0 && flows[i].at < flows[i - 1].at) return no_curve("the flow of " + to_string(flows[i].at) + " lies before the one ahead of it");
    while (place < points.size() && points[place].at < flows[i].at) ++place;
    if (place == points.size()) return no_curve("the flow of " + to_string(flows[i].at) + " lies behind the last point");
    if (place > 0) points[place].flow += flows[i].amount;
  }
  return points;
}

result<daily_series> days_of(std::span<const equity_point> points, const day_boundaries& boundaries) {
  daily_series series;
  if (points.empty()) return series;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0 && points[i].at < points[i - 1].at) return no_curve("the point of " + to_string(points[i].at) + " lies before the one ahead of it");
    if (!finite_or_none(points[i].equity) || !finite_or_none(points[i].flow)) return no_curve("the point of " + to_string(points[i].at) + " is no number");
  }
  if (points[0].equity <= 0) return no_curve("it begins at an equity that is not positive");
  const auto dates = dates_of(points, boundaries);
  if (!dates) return dates.error();

  double base = points[0].equity;  // what the return since the last flow or day's end is measured from
  double day_factor = 1, growth = 1, equity = base;
  trading_day today{(*dates)[0], base, 0, 0};
  // Ends today, and the days up to `until` on which nothing happened.
  const auto close_until = [&](date until) {
    while (today.day < until) {
      day_factor *= equity / base;
      growth *= equity / base;
      base = equity;
      today.equity = equity;
      today.return_fraction = day_factor - 1;
      series.days.push_back(today);
      day_factor = 1;
      today = {next_weekday(today.day), equity, 0, 0};
    }
  };
  series.growth.push_back(1);
  for (std::size_t i = 1; i < points.size() && !series.used_up; ++i) {
    close_until((*dates)[i]);
    const auto& p = points[i];
    equity = p.equity;
    if (p.flow != 0) {
      const double factor = (p.equity - p.flow) / base;
      day_factor *= factor;
      growth *= factor;
      base = p.equity;
      today.flow += p.flow;
      series.used_up = factor <= 0;
    }
    series.used_up = series.used_up || p.equity <= 0;
    const double moved = base != 0 ? equity / base : 1;
    if (!(std::fabs(growth * moved) < growth_max) || (!series.used_up && !(growth * moved > 1 / growth_max)))
      return no_curve("its growth up to " + to_string(p.at) + " does not fit");
    series.growth.push_back(growth * moved);
  }
  if (base <= 0) {
    // Nothing was left after a flow: the day ends with what the span before it came to.
    today.equity = equity;
    today.return_fraction = day_factor - 1;
    series.days.push_back(today);
    return series;
  }
  close_until(next_weekday(today.day));
  return series;
}

}  // namespace tomnext::statistics
