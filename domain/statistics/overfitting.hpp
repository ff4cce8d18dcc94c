// The probability that choosing the best of several back-tests has chosen luck: combinatorially symmetric cross-validation.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "domain/base/describe.hpp"
#include "domain/base/result.hpp"

namespace tomnext::statistics {

/// More blocks make more splits than anyone waits for: 16 have 12,870 of them, for each trial.
inline constexpr std::size_t overfitting_blocks_max = 16;

struct overfitting {
  std::size_t splits{};                           ///< C(blocks, blocks / 2)
  double probability_of_overfitting{};            ///< share of splits whose best trial in-sample is at or below the median out of sample
  double probability_of_loss{};                   ///< share of splits whose best trial in-sample has a Sharpe ratio below 0 out of sample
  std::optional<double> performance_degradation;  ///< slope of the chosen trial's ratio out of sample over that in-sample: below 0 is overfitting
  std::vector<double> logits;                     ///< per split, ln(ω / (1 − ω)), ω the relative rank out of sample of the trial chosen in-sample
  TOMNEXT_FIELDS(FIELD(1, splits) FIELD(2, probability_of_overfitting) FIELD(3, probability_of_loss) FIELD(4, performance_degradation) FIELD(5, logits))
};
/// `trials`: the returns of each trial over the same times. They are cut into `blocks` equal blocks of time – what does not divide is left out at the oldest end.
/// For every choice of half of the blocks, the trial with the highest Sharpe ratio in them (the first, where several have it) is ranked by its ratio in the other
/// half: ω = rank / (trials + 1), equal ones sharing their mean rank. A trial without deviation has a ratio of 0.
/// `invalid_argument` for fewer than two trials, lengths that differ, fewer than two returns a block, and blocks that are odd or not within 2 and 16.
/// D. Bailey, J. Borwein, M. López de Prado, Q. Zhu, "The probability of backtest overfitting", Journal of Computational Finance 20 (2017).
result<overfitting> overfitting_of(std::span<const std::vector<double>> trials, std::size_t blocks = overfitting_blocks_max);

}  // namespace tomnext::statistics
