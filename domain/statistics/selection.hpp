// How much of a Sharpe ratio is luck: of a short record, and of having been chosen among many.
// All Sharpe ratios here are per period, not annualised; kurtosis is that of the density: 3 for the normal.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "domain/base/describe.hpp"

namespace tomnext::statistics {

/// What the estimates of a Sharpe ratio hang on.
struct sharpe_record {
  double sharpe{};        ///< mean / sample deviation
  std::size_t returns{};  ///< how many it is estimated from
  double skewness = 0;
  double kurtosis = 3;
};
/// Of a series of returns; absent for fewer than two or without any deviation.
std::optional<sharpe_record> sharpe_record_of(std::span<const double> returns);

/// Probability that the true Sharpe ratio exceeds the benchmark: Φ((SR − SR*) √(n − 1) / √(1 − γ₃ SR + (γ₄ − 1)/4 SR²)).
/// D. Bailey and M. López de Prado, "The Sharpe ratio efficient frontier", Journal of Risk 15 (2012). Absent under two returns, or where no distribution has such
/// moments.
std::optional<double> probabilistic_sharpe(const sharpe_record& record, double benchmark = 0);
/// The number of returns from which on that probability exceeds `confidence`: 1 + (1 − γ₃ SR + (γ₄ − 1)/4 SR²) (Φ⁻¹(confidence) / (SR − SR*))².
/// As above. Absent where the ratio does not exceed the benchmark, or confidence is not within (0.5, 1).
std::optional<double> minimum_track_record_returns(const sharpe_record& record, double benchmark = 0, double confidence = 0.95);

/// The expected highest of N independent Sharpe ratios that truly are 0: √V ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))), V the variance of the trials' ratios, γ
/// Euler's constant. 0 for one trial. Absent for none, or a negative variance.
/// D. Bailey and M. López de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management 40 (2014).
std::optional<double> expected_highest_sharpe(double independent_trials, double variance_of_trials);
/// The probabilistic Sharpe ratio against that benchmark: how probable it is that the best of N trials is better than luck.
std::optional<double> deflated_sharpe(const sharpe_record& selected, double independent_trials, double variance_of_trials);
/// Trials that resemble each other count less: ρ + (1 − ρ) M for M trials of mean correlation ρ (ibid., appendix 3). ρ is taken as at least 0 and at most 1.
double independent_trials(std::size_t trials, double mean_correlation);

/// The best of several trials, and how much of it may be luck.
struct selected_trial {
  std::size_t best{};                          ///< the first of those with the highest ratio
  double sharpe{};                             ///< its ratio, per period
  double independent_trials{};                 ///< what the trials count for, by their mean correlation
  double expected_highest_sharpe{};            ///< of as many that are luck alone, per period
  std::optional<double> probabilistic_sharpe;  ///< that its true ratio exceeds 0, had it been the only one
  std::optional<double> deflated_sharpe;       ///< that it exceeds what luck alone would have found
  std::optional<double> minimum_track_record_returns;
  TOMNEXT_FIELDS(FIELD(1, best) FIELD(2, sharpe) FIELD(3, independent_trials) FIELD(4, expected_highest_sharpe) FIELD(5, probabilistic_sharpe)
                     FIELD(6, deflated_sharpe) FIELD(7, minimum_track_record_returns))
};
/// `trials`: the returns of each over the same times. Trials that never move are counted, with a ratio of 0, and correlate with none.
/// Absent where none moves, where lengths differ, or under two returns.
std::optional<selected_trial> selected_trial_of(std::span<const std::vector<double>> trials);

}  // namespace tomnext::statistics
