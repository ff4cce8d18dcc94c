#include "domain/statistics/returns.hpp"

#include <cmath>

#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {

std::vector<double> returns_of(std::span<const double> equity) {
  std::vector<double> r;
  for (std::size_t i = 1; i < equity.size() && equity[i - 1] > 0; ++i) r.push_back(equity[i] / equity[i - 1] - 1);
  return r;
}

std::vector<double> growth_of(std::span<const double> returns) {
  std::vector<double> e{1};
  e.reserve(returns.size() + 1);
  for (const double r : returns) e.push_back(e.back() * (1 + r));
  return e;
}

std::optional<double> total_return(std::span<const double> returns) {
  double growth = 1;
  for (const double r : returns) growth *= 1 + r;
  return finite_or_none(growth - 1);
}

std::optional<double> cagr(std::span<const double> returns, const basis& by) {
  if (returns.empty() || returns.size() < by.returns_min) return std::nullopt;
  const auto total = total_return(returns);
  if (!total) return std::nullopt;
  return finite_or_none(power(1 + *total, by.periods_per_year / static_cast<double>(returns.size())) - 1);
}

std::optional<double> sharpe(std::span<const double> returns, const basis& by) {
  const double d = deviation(returns);
  if (returns.size() < by.returns_min || d <= 0 || !finite_or_none(d)) return std::nullopt;
  return finite_or_none((mean(returns) - by.risk_free) / d * std::sqrt(by.periods_per_year));
}

std::optional<double> sortino(std::span<const double> returns, const basis& by) {
  const double d = downside_deviation(returns, by.target);
  if (returns.size() < by.returns_min || d <= 0 || !finite_or_none(d)) return std::nullopt;
  return finite_or_none((mean(returns) - by.target) / d * std::sqrt(by.periods_per_year));
}

std::optional<double> volatility(std::span<const double> returns, const basis& by) {
  if (returns.size() < by.returns_min) return std::nullopt;
  return finite_or_none(deviation(returns) * std::sqrt(by.periods_per_year));
}

std::optional<double> calmar(std::span<const double> returns, const basis& by) {
  const auto growth = cagr(returns, by);
  if (!growth) return std::nullopt;
  return ratio(*growth, max_drawdown(growth_of(returns)).depth);
}

std::optional<double> tail_ratio(std::span<const double> returns, const basis& by) {
  if (returns.empty() || returns.size() < by.returns_min) return std::nullopt;
  return ratio(*quantile(returns, 0.95), std::fabs(*quantile(returns, 0.05)));
}

std::optional<double> omega(std::span<const double> returns, const basis& by) {
  if (returns.size() < by.returns_min) return std::nullopt;
  compensated_sum above, below;
  for (const double r : returns) {
    if (r > by.target) above.add(r - by.target);
    else below.add(by.target - r);
  }
  return ratio(above.value(), below.value());
}

std::optional<double> kelly_leverage(std::span<const double> returns, const basis& by) {
  const double d = deviation(returns);
  if (returns.size() < by.returns_min || !finite_or_none(d * d)) return std::nullopt;
  return ratio(mean(returns) - by.risk_free, d * d);
}

std::optional<double> stability(std::span<const double> returns) {
  if (returns.size() < 2) return std::nullopt;
  std::vector<double> logs;
  compensated_sum sum;
  for (const double r : returns) {
    if (r <= -1) return std::nullopt;
    sum.add(math::log(1 + r));
    logs.push_back(sum.value());
  }
  const double middle = static_cast<double>(logs.size() - 1) / 2, level = mean(logs);
  compensated_sum times, values, both;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const double t = static_cast<double>(i) - middle, v = logs[i] - level;
    times.add(t * t);
    values.add(v * v);
    both.add(t * v);
  }
  return ratio(both.value() * both.value(), times.value() * values.value());
}

}  // namespace tomnext::statistics
