#include "domain/statistics/returns.hpp"

#include <algorithm>
#include <cmath>

namespace tomnext::statistics {

std::vector<double> returns_of(std::span<const double> equity) {
  std::vector<double> r;
  for (std::size_t i = 1; i < equity.size() && equity[i - 1] > 0; ++i) r.push_back(equity[i] / equity[i - 1] - 1);
  return r;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double deviation(std::span<const double> values) {
  // Equal values have no deviation, whatever the rounding of their mean.
  if (values.size() < 2 || std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; })) return 0;
  const double m = mean(values);
  double squares = 0;
  for (double v : values) squares += (v - m) * (v - m);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::optional<double> sharpe(std::span<const double> daily_returns) {
  const double d = deviation(daily_returns);
  if (daily_returns.size() < returns_min || d <= 0) return std::nullopt;
  return mean(daily_returns) / d * std::sqrt(trading_days_per_year);
}

std::optional<double> sortino(std::span<const double> daily_returns) {
  double squares = 0;
  for (double r : daily_returns) squares += r < 0 ? r * r : 0;
  if (daily_returns.size() < returns_min || squares <= 0) return std::nullopt;
  return mean(daily_returns) / std::sqrt(squares / static_cast<double>(daily_returns.size())) * std::sqrt(trading_days_per_year);
}

std::optional<double> volatility(std::span<const double> daily_returns) {
  if (daily_returns.size() < returns_min) return std::nullopt;
  return deviation(daily_returns) * std::sqrt(trading_days_per_year);
}

drawdown max_drawdown(std::span<const double> equity) {
  drawdown worst;
  double peak = equity.empty() ? 0 : equity[0];
  std::size_t since = 0;
  for (double e : equity) {
    if (e >= peak) {
      peak = e;
      since = 0;
      continue;
    }
    ++since;
    if (peak > 0) worst.depth = std::max(worst.depth, (peak - e) / peak);
    worst.duration = std::max(worst.duration, since);
  }
  return worst;
}

}  // namespace tomnext::statistics
