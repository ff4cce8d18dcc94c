#include "domain/statistics/tail_risk.hpp"

#include <algorithm>
#include <cmath>

#include "domain/statistics/moments.hpp"
#include "domain/statistics/normal.hpp"
#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {
namespace {

bool valid(double confidence) { return confidence > 0.5 && confidence < 1; }

// The risk as −mean + deviation · q(S, K), and how q changes with S and K: what the derivatives of all parametric measures need.
struct loss_quantile {
  double q{}, by_skewness{}, by_kurtosis{};
};
loss_quantile cornish_fisher(const shape& s, double confidence) {
  const double z = normal_quantile(1 - confidence);
  const double c1 = (z * z - 1) / 6, c2 = (z * z * z - 3 * z) / 24, c3 = (2 * z * z * z - 5 * z) / 36;
  return {-(z + c1 * s.skewness + c2 * s.excess_kurtosis - c3 * s.skewness * s.skewness), -(c1 - 2 * c3 * s.skewness), -c2};
}
// −1/α ∫_{−∞}^{h} x f(x) dx of the Edgeworth density f = φ (1 + S He₃/6 + K He₄/24 + S² He₆/72). As (x φ Heₙ) integrates in closed form:
// ∫ x φ = −φ, and by parts ∫_{−∞}^{h} x Heₙ φ = −φ(h) (h Heₙ₋₁(h) + Heₙ₋₂(h)).
loss_quantile edgeworth_tail(const shape& s, double confidence) {
  const auto at = cornish_fisher(s, confidence);
  const double h = -at.q, h2 = h * h, alpha = 1 - confidence;
  const double he1 = h, he2 = h2 - 1, he3 = h * (h2 - 3), he4 = (h2 - 6) * h2 + 3, he5 = h * ((h2 - 10) * h2 + 15), he6 = ((h2 - 15) * h2 + 45) * h2 - 15;
  const double i3 = h * he2 + he1, i4 = h * he3 + he2, i6 = h * he5 + he4;
  const double S = s.skewness, K = s.excess_kurtosis, f = normal_density(h) / alpha;
  loss_quantile tail{f * (1 + S * i3 / 6 + K * i4 / 24 + S * S * i6 / 72), 0, 0};
  // The integral's upper end moves with S and K too: d(−1/α ∫ x f)/dh = −h f(h) · density.
  const double by_end = -h * f * (1 + S * he3 / 6 + K * he4 / 24 + S * S * he6 / 72);
  tail.by_skewness = f * (i3 / 6 + S * i6 / 36) - by_end * at.by_skewness;
  tail.by_kurtosis = f * i4 / 24 - by_end * at.by_kurtosis;
  return tail.q > at.q ? tail : at;
}
loss_quantile quantile_for(const shape& s, double confidence, risk_method method, bool shortfall) {
  if (method == risk_method::modified) return shortfall ? edgeworth_tail(s, confidence) : cornish_fisher(s, confidence);
  const double z = normal_quantile(1 - confidence);
  return {shortfall ? normal_density(z) / (1 - confidence) : -z, 0, 0};
}
std::optional<double> parametric(const shape& s, double confidence, risk_method method, bool shortfall) {
  if (!valid(confidence) || s.deviation <= 0) return std::nullopt;
  return finite_or_none(-s.mean + s.deviation * quantile_for(s, confidence, method, shortfall).q);
}

std::optional<decomposed_risk> component(std::span<const std::vector<double>> columns, std::span<const double> weights, double confidence, risk_method method,
                                         bool shortfall) {
  if (!valid(confidence) || columns.empty() || weights.size() != columns.size()) return std::nullopt;
  const std::size_t rows = columns[0].size();
  if (rows < 2 || std::any_of(columns.begin(), columns.end(), [&](const auto& c) { return c.size() != rows; })) return std::nullopt;
  std::vector<double> means;
  for (const auto& c : columns) means.push_back(mean(c));
  std::vector<double> portfolio(rows, 0);  // about its mean
  double level = 0;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    level += weights[k] * means[k];
    for (std::size_t t = 0; t < rows; ++t) portfolio[t] += weights[k] * (columns[k][t] - means[k]);
  }
  compensated_sum two, three, four;
  for (const double p : portfolio) {
    two.add(p * p);
    three.add(p * p * p);
    four.add(p * p * p * p);
  }
  const auto n = static_cast<double>(rows);
  const double variance = two.value() / (n - 1), deviation = std::sqrt(variance);
  if (deviation <= 0) return std::nullopt;
  const double m3 = three.value() / n, m4 = four.value() / n;
  const shape s{level, deviation, m3 / (variance * deviation), m4 / (variance * variance) - 3};
  const auto q = quantile_for(s, confidence, method, shortfall);
  const auto total = finite_or_none(-level + deviation * q.q);
  if (!total) return std::nullopt;
  decomposed_risk risk{*total, {}};
  for (std::size_t k = 0; k < columns.size(); ++k) {
    compensated_sum with, with2, with3;
    for (std::size_t t = 0; t < rows; ++t) {
      const double own = columns[k][t] - means[k], p = portfolio[t];
      with.add(own * p);
      with2.add(own * p * p);
      with3.add(own * p * p * p);
    }
    const double d_deviation = with.value() / (n - 1) / deviation;
    const double d_skewness = 3 * with2.value() / n / (variance * deviation) - 3 * s.skewness * d_deviation / deviation;
    const double d_kurtosis = 4 * with3.value() / n / (variance * variance) - 4 * (s.excess_kurtosis + 3) * d_deviation / deviation;
    risk.parts.push_back(weights[k] * (-means[k] + q.q * d_deviation + deviation * (q.by_skewness * d_skewness + q.by_kurtosis * d_kurtosis)));
  }
  return risk;
}

}  // namespace

std::optional<double> historical_value_at_risk(std::span<const double> returns, double confidence) {
  if (!valid(confidence)) return std::nullopt;
  const auto q = quantile(returns, 1 - confidence);
  if (!q) return std::nullopt;
  return finite_or_none(-*q);
}
std::optional<double> historical_expected_shortfall(std::span<const double> returns, double confidence) {
  const auto loss = historical_value_at_risk(returns, confidence);
  if (!loss) return std::nullopt;
  compensated_sum sum;
  std::size_t n = 0;
  for (const double r : returns) {
    if (-r < *loss) continue;
    sum.add(-r);
    ++n;
  }
  return n == 0 ? std::nullopt : finite_or_none(sum.value() / static_cast<double>(n));
}

std::optional<shape> shape_of(std::span<const double> returns) {
  const auto s = skewness(returns), k = excess_kurtosis(returns);
  if (!s || !k) return std::nullopt;
  return shape{mean(returns), population_deviation(returns), *s, *k};
}
std::optional<double> gaussian_value_at_risk(const shape& s, double confidence) { return parametric(s, confidence, risk_method::gaussian, false); }
std::optional<double> gaussian_expected_shortfall(const shape& s, double confidence) { return parametric(s, confidence, risk_method::gaussian, true); }
std::optional<double> modified_value_at_risk(const shape& s, double confidence) { return parametric(s, confidence, risk_method::modified, false); }
std::optional<double> modified_expected_shortfall(const shape& s, double confidence) { return parametric(s, confidence, risk_method::modified, true); }

std::optional<double> weighted_volatility(std::span<const double> returns, double decay) {
  if (returns.empty() || !(decay > 0 && decay < 1)) return std::nullopt;
  double squares = 0, weights = 0;
  // Oldest first, so that each older weight has been multiplied down once more: Horner's scheme.
  for (const double r : returns) {
    squares = decay * squares + r * r;
    weights = decay * weights + 1;
  }
  return finite_or_none(std::sqrt(squares / weights));
}

std::optional<decomposed_risk> component_value_at_risk(std::span<const std::vector<double>> columns, std::span<const double> weights, double confidence,
                                                       risk_method method) {
  return component(columns, weights, confidence, method, false);
}
std::optional<decomposed_risk> component_expected_shortfall(std::span<const std::vector<double>> columns, std::span<const double> weights, double confidence,
                                                            risk_method method) {
  return component(columns, weights, confidence, method, true);
}

}  // namespace tomnext::statistics
