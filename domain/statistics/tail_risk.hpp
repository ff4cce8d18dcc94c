// Value at risk and expected shortfall of returns. Losses are positive: a value at risk of 0.01 is a loss of one per cent.
#pragma once
#include <optional>
#include <span>
#include <vector>

namespace tomnext::statistics {

/// Historical: −quantile of type 7 at 1 − confidence (PerformanceAnalytics, empyrical). Absent for none. 0.5 < confidence < 1 in all of these.
std::optional<double> historical_value_at_risk(std::span<const double> returns, double confidence);
/// Mean of the losses of at least the historical value at risk.
std::optional<double> historical_expected_shortfall(std::span<const double> returns, double confidence);

/// What the parametric measures are made of. PerformanceAnalytics takes the population deviation (divisor n) of one series, and for a portfolio the root
/// of w'Σw of the sample covariance.
struct shape {
  double mean{}, deviation{}, skewness{}, excess_kurtosis{};
};
/// Population moments. Absent without any deviation.
std::optional<shape> shape_of(std::span<const double> returns);
/// Gaussian: −mean + z · deviation, z = Φ⁻¹(confidence).
std::optional<double> gaussian_value_at_risk(const shape& s, double confidence);
/// −mean + deviation · φ(z) / (1 − confidence).
std::optional<double> gaussian_expected_shortfall(const shape& s, double confidence);
/// Modified: the Cornish–Fisher quantile h = z + (z²−1)S/6 + (z³−3z)K/24 − (2z³−5z)S²/36 instead of z = Φ⁻¹(1 − confidence).
/// P. Zangari, 1996; L. Favre and J.-A. Galeano, 2002.
std::optional<double> modified_value_at_risk(const shape& s, double confidence);
/// The mean beyond h under the Edgeworth density of second order, and never less than the modified value at risk.
/// K. Boudt, B. Peterson, C. Croux, "Estimation and decomposition of downside risk for portfolios with non-normal returns", Journal of Risk 11 (2008).
std::optional<double> modified_expected_shortfall(const shape& s, double confidence);

/// Deviation by exponentially falling weights, newest last, mean taken as 0: √(Σ (1−λ) λ^i r²_{n−i} / Σ (1−λ) λ^i). RiskMetrics, 1996, with λ = 0.94 for
/// days. Absent for none. 0 < λ < 1.
std::optional<double> weighted_volatility(std::span<const double> returns, double decay = 0.94);

/// A portfolio's risk and what each of its parts adds to it; the parts sum to the total.
struct decomposed_risk {
  double total{};
  std::vector<double> parts;
};
enum class risk_method { gaussian, modified };
/// Part i is w_i · ∂risk/∂w_i (Euler), from sample covariances and, for `modified`, co-skewness and co-kurtosis with divisor n. Absent where the columns
/// differ in length, have fewer than two rows, or weights are not one a column, or the portfolio never moves.
std::optional<decomposed_risk> component_value_at_risk(std::span<const std::vector<double>> columns, std::span<const double> weights, double confidence,
                                                       risk_method method);
/// The same of the expected shortfall.
std::optional<decomposed_risk> component_expected_shortfall(std::span<const std::vector<double>> columns, std::span<const double> weights, double confidence,
                                                            risk_method method);

}  // namespace tomnext::statistics
