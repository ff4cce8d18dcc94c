#include "domain/statistics/bar_engine.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "domain/statistics/drawdowns.hpp"
#include "domain/statistics/returns.hpp"
#include "domain/statistics/sums.hpp"
#include "domain/statistics/trades.hpp"

namespace tomnext::statistics::bar_engine {
namespace {

std::vector<double> daily_returns(std::span<const bar> bars) {
  std::vector<double> ends;
  for (std::size_t i = 0; i < bars.size(); ++i)
    if (i + 1 == bars.size() || utc_date(bars[i + 1].at) != utc_date(bars[i].at)) ends.push_back(bars[i].equity);
  return returns_of(ends);
}
std::optional<double> geometric_mean(std::span<const double> returns) {
  if (returns.empty()) return std::nullopt;
  compensated_sum logs;
  for (const double r : returns) {
    if (r <= -1) return 0;
    logs.add(math::log(1 + r));
  }
  return finite_or_none(math::exp(logs.value() / static_cast<double>(returns.size())) - 1);
}
// (1 + r)^N by multiplication where that is exact enough: 252 is a whole number, and e^(N ln x) loses digits that the volatility's difference needs.
double whole_power(double x, unsigned n) {
  double product = 1;
  for (; n > 0; n /= 2, x *= x)
    if (n % 2 == 1) product *= x;
  return product;
}

void add_days(std::span<const bar> bars, summary& s) {
  constexpr unsigned days = 252;
  const auto r = daily_returns(bars);
  const auto g = geometric_mean(r);
  if (!g) return;
  s.annual_return = finite_or_none(whole_power(1 + *g, days) - 1);
  if (!s.annual_return) return;
  if (r.size() > 1) {
    const double d = deviation(r), growth = (1 + *g) * (1 + *g);
    s.annual_volatility = finite_or_none(std::sqrt(std::max(0.0, whole_power(d * d + growth, days) - whole_power(growth, days))));
  }
  if (s.annual_volatility) s.sharpe = ratio(*s.annual_return, *s.annual_volatility);
  s.sortino = ratio(*s.annual_return, downside_deviation(r) * std::sqrt(static_cast<double>(days)));
}

void add_bars(std::span<const bar> bars, summary& s) {
  std::vector<double> equity;
  for (const auto& b : bars) equity.push_back(b.equity);
  s.equity_final = equity.back();
  s.equity_peak = *std::max_element(equity.begin(), equity.end());
  if (equity[0] > 0) {
    s.total_return = equity.back() / equity[0] - 1;
    const auto elapsed = static_cast<double>(bars.back().at - bars.front().at);
    if (elapsed > 0) s.cagr = finite_or_none(power(equity.back() / equity[0], 365.25 * static_cast<double>(day_ns) / elapsed) - 1);
  }
  for (const auto& e : drawdown_episodes(equity)) {
    s.max_drawdown = std::max(s.max_drawdown, e.depth);
    const std::int64_t lasted = bars[e.recovery.value_or(bars.size() - 1)].at - bars[e.peak].at;
    s.max_drawdown_duration_ns = std::max(s.max_drawdown_duration_ns.value_or(0), lasted);
  }
  if (s.annual_return) s.calmar = ratio(*s.annual_return, s.max_drawdown);
}

void add_trades(std::span<const bar_trade> trades, std::size_t bars, summary& s) {
  std::vector<bool> in_market(bars, false);
  std::vector<double> returns;
  std::vector<trade> profits;
  compensated_sum up, down;
  for (const auto& t : trades) {
    for (std::size_t i = t.entry_bar; i <= t.exit_bar && i < bars; ++i) in_market[i] = true;
    returns.push_back(t.return_fraction);
    (t.return_fraction > 0 ? up : down).add(t.return_fraction);
    trade p;
    p.entered = t.entered;
    p.exited = t.exited;
    p.profit = t.profit;
    profits.push_back(p);
    s.max_trade_duration_ns = std::max(s.max_trade_duration_ns.value_or(0), t.exited - t.entered);
  }
  s.exposure = static_cast<double>(std::count(in_market.begin(), in_market.end(), true)) / static_cast<double>(bars);
  s.trades = trades.size();
  if (trades.empty()) return;
  const auto of_profits = trade_statistics_of(profits);
  s.win_rate = of_profits.win_rate;
  s.system_quality_number = of_profits.system_quality_number;
  s.kelly_fraction = of_profits.kelly_fraction;
  s.average_trade_duration_ns = *of_profits.average_duration_s * static_cast<double>(second_ns);
  s.best_trade = *std::max_element(returns.begin(), returns.end());
  s.worst_trade = *std::min_element(returns.begin(), returns.end());
  s.average_trade = geometric_mean(returns);
  s.profit_factor = ratio(up.value(), -down.value());
  s.expectancy = finite_or_none(mean(returns));
}

}  // namespace

summary summary_of(std::span<const bar> bars, std::span<const bar_trade> trades) {
  summary s;
  if (bars.empty()) return s;
  add_days(bars, s);
  add_bars(bars, s);
  add_trades(trades, bars.size(), s);
  return s;
}

}  // namespace tomnext::statistics::bar_engine
