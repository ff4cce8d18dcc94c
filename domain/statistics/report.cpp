#include "domain/statistics/report.hpp"

#include <algorithm>
#include <string>

#include "domain/statistics/selection.hpp"
#include "domain/statistics/sums.hpp"
#include "domain/statistics/tail_risk.hpp"

namespace tomnext::statistics {
namespace {

result<void> check(std::span<const trade> trades) {
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const auto& t = trades[i];
    const auto which = "trade " + std::to_string(i + 1) + " of " + to_string(t.entered);
    if (t.exited < t.entered) return error{errc::invalid_argument, which + " ends before it began"};
    if (!finite_or_none(t.profit) || !finite_or_none(t.commission) || !finite_or_none(t.adverse_excursion.value_or(0)) ||
        !finite_or_none(t.favourable_excursion.value_or(0)))
      return error{errc::invalid_argument, which + " has a profit, commission or excursion that is no number"};
  }
  return {};
}

std::vector<dated_drawdown> dated(std::vector<drawdown_episode> episodes, std::span<const trading_day> days) {
  std::vector<dated_drawdown> all;
  // Place 0 is the opening, place i the end of day i − 1.
  for (const auto& e : deepest(std::move(episodes), drawdowns_reported))
    all.push_back({days[e.peak].day, days[e.trough - 1].day, e.recovery ? std::optional(days[*e.recovery - 1].day) : std::nullopt, e.depth, e.duration_steps});
  return all;
}

void add_measures(std::span<const double> r, performance& p) {
  p.days = r.size();
  p.total_return = total_return(r);
  p.cagr = cagr(r);
  p.volatility = volatility(r);
  p.sharpe = sharpe(r);
  p.sortino = sortino(r);
  p.calmar = calmar(r);
  const auto growth = growth_of(r);
  const auto daily = max_drawdown(growth);
  p.max_drawdown = daily.depth;
  p.max_drawdown_duration_days = daily.duration;
  p.ulcer_index = finite_or_none(ulcer_index(growth));
  p.tail_ratio = tail_ratio(r);
  p.omega = omega(r);
  p.kelly_leverage = kelly_leverage(r);
  if (r.empty()) return;
  p.best_day = *std::max_element(r.begin(), r.end());
  p.worst_day = *std::min_element(r.begin(), r.end());
  p.positive_days_share = static_cast<double>(std::count_if(r.begin(), r.end(), [](double x) { return x > 0; })) / static_cast<double>(r.size());
  if (r.size() < returns_min) return;
  p.skewness = skewness(r);
  p.excess_kurtosis = excess_kurtosis(r);
  p.stability = stability(r);
  p.value_at_risk_95 = historical_value_at_risk(r, 0.95);
  p.expected_shortfall_95 = historical_expected_shortfall(r, 0.95);
  p.value_at_risk_99 = historical_value_at_risk(r, 0.99);
  p.expected_shortfall_99 = historical_expected_shortfall(r, 0.99);
  if (const auto record = sharpe_record_of(r)) {
    p.probabilistic_sharpe = probabilistic_sharpe(*record);
    p.minimum_track_record_days = minimum_track_record_returns(*record);
  }
}

}  // namespace

result<report> statistics_of(const history& of) {
  TOMNEXT_TRY(check(of.trades));
  const auto series = days_of(of.equity, of.boundaries);
  if (!series) return series.error();
  report out;
  out.days = series->days;
  std::vector<double> returns, profits;
  for (const auto& d : out.days) {
    returns.push_back(d.return_fraction);
    out.total.flow += d.flow;
  }
  add_measures(returns, out.total);
  out.total.used_up = series->used_up;
  for (const auto& e : drawdown_episodes(series->growth)) {
    out.total.max_drawdown_of_points = std::max(out.total.max_drawdown_of_points, e.depth);
    const auto lasted = of.equity[e.recovery.value_or(series->growth.size() - 1)].at - of.equity[e.peak].at;
    out.total.max_drawdown_duration_ns = std::max(out.total.max_drawdown_duration_ns, lasted);
  }
  if (!of.equity.empty()) out.total.exposure = exposure(of.trades, of.equity.front().at, of.equity.back().at);
  out.drawdowns = dated(drawdown_episodes(growth_of(returns)), out.days);
  out.weeks = returns_by(out.days, period::week);
  out.months = returns_by(out.days, period::month);
  out.years = returns_by(out.days, period::year);
  out.monthly_table = monthly_table(out.days);
  out.trades = trade_statistics_of(of.trades);
  for (auto [length, to] : {std::pair{period::day, &out.trades_by_day}, {period::week, &out.trades_by_week}, {period::month, &out.trades_by_month}}) {
    auto groups = trades_by(of.trades, of.boundaries, length);
    if (!groups) return groups.error();
    *to = std::move(*groups);
  }
  out.trades_by_strategy = trades_by_strategy(of.trades);
  out.trades_by_instrument = trades_by_instrument(of.trades);
  for (const auto& t : of.trades) profits.push_back(t.profit);
  out.daily_returns = histogram_of(returns);
  out.trade_profits = histogram_of(profits);
  return out;
}

}  // namespace tomnext::statistics
