#include "domain/statistics/selection.hpp"

#include <algorithm>
#include <cmath>

#include "domain/statistics/moments.hpp"
#include "domain/statistics/normal.hpp"
#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {
namespace {

constexpr double euler = 0.57721566490153286061;

// Variance of the estimated ratio, times n − 1. Not positive where no distribution has such moments.
double spread(const sharpe_record& r) { return 1 - r.skewness * r.sharpe + (r.kurtosis - 1) / 4 * r.sharpe * r.sharpe; }

}  // namespace

std::optional<sharpe_record> sharpe_record_of(std::span<const double> returns) {
  const double d = deviation(returns);
  const auto s = skewness(returns), k = excess_kurtosis(returns);
  if (d <= 0 || !s || !k) return std::nullopt;
  return sharpe_record{mean(returns) / d, returns.size(), *s, *k + 3};
}

std::optional<double> probabilistic_sharpe(const sharpe_record& record, double benchmark) {
  const double v = spread(record);
  if (record.returns < 2 || !(v > 0)) return std::nullopt;
  const auto z = finite_or_none((record.sharpe - benchmark) * std::sqrt(static_cast<double>(record.returns - 1)) / std::sqrt(v));
  if (!z) return std::nullopt;
  return normal_cumulative(*z);
}

std::optional<double> minimum_track_record_returns(const sharpe_record& record, double benchmark, double confidence) {
  const double v = spread(record);
  if (!(record.sharpe > benchmark) || !(v > 0) || !(confidence > 0.5 && confidence < 1)) return std::nullopt;
  const double z = normal_quantile(confidence) / (record.sharpe - benchmark);
  return finite_or_none(1 + v * z * z);
}

std::optional<double> expected_highest_sharpe(double independent_trials, double variance_of_trials) {
  if (!(independent_trials >= 1) || !(variance_of_trials >= 0)) return std::nullopt;
  if (independent_trials == 1) return 0;
  // The formula is for many trials: just above one it would fall below 0.
  const double highest = (1 - euler) * normal_quantile(1 - 1 / independent_trials) + euler * normal_quantile(1 - 1 / (independent_trials * math::exp(1)));
  return finite_or_none(std::sqrt(variance_of_trials) * std::max(0.0, highest));
}

std::optional<double> deflated_sharpe(const sharpe_record& selected, double independent_trials, double variance_of_trials) {
  const auto benchmark = expected_highest_sharpe(independent_trials, variance_of_trials);
  if (!benchmark) return std::nullopt;
  return probabilistic_sharpe(selected, *benchmark);
}

double independent_trials(std::size_t trials, double mean_correlation) {
  const double rho = mean_correlation > 0 ? std::min(mean_correlation, 1.0) : 0;
  return rho + (1 - rho) * static_cast<double>(trials);
}

std::optional<selected_trial> selected_trial_of(std::span<const std::vector<double>> trials) {
  if (trials.empty() || trials[0].size() < 2) return std::nullopt;
  std::vector<double> ratios, together(trials[0].size(), 0);
  std::optional<sharpe_record> best;
  selected_trial s;
  for (std::size_t k = 0; k < trials.size(); ++k) {
    const auto& t = trials[k];
    if (t.size() != together.size()) return std::nullopt;
    const auto record = sharpe_record_of(t);
    ratios.push_back(record ? record->sharpe : 0);
    if (!record) continue;
    if (!best || record->sharpe > best->sharpe) {
      best = record;
      s.best = k;
    }
    const double level = mean(t), d = deviation(t);
    for (std::size_t i = 0; i < t.size(); ++i) together[i] += (t[i] - level) / d;
  }
  if (!best) return std::nullopt;
  // The variance of a sum of standardised series is the sum of all their correlations, each with itself among them.
  const auto moving = static_cast<double>(std::count_if(trials.begin(), trials.end(), [](const auto& t) { return deviation(t) > 0; }));
  const double d = deviation(together), n = static_cast<double>(trials.size());
  const double mean_correlation = n > 1 ? (d * d - moving) / (n * (n - 1)) : 0;
  s.sharpe = best->sharpe;
  s.independent_trials = independent_trials(trials.size(), mean_correlation);
  const double spread_of_ratios = deviation(ratios);
  const auto highest = statistics::expected_highest_sharpe(s.independent_trials, spread_of_ratios * spread_of_ratios);
  if (!highest) return std::nullopt;
  s.expected_highest_sharpe = *highest;
  s.probabilistic_sharpe = statistics::probabilistic_sharpe(*best);
  s.deflated_sharpe = statistics::probabilistic_sharpe(*best, *highest);
  s.minimum_track_record_returns = statistics::minimum_track_record_returns(*best);
  return s;
}

}  // namespace tomnext::statistics
