#include "domain/statistics/overfitting.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "domain/statistics/moments.hpp"
#include "domain/statistics/relative.hpp"
#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {
namespace {

error no_probability(std::string what) { return {errc::invalid_argument, "probability of overfitting: " + std::move(what)}; }

// A trial's blocks: sums about its overall mean, so that the variance of any choice of blocks follows without cancellation.
struct trial_blocks {
  double level{};
  std::vector<double> sums, squares;
};
trial_blocks blocks_of(std::span<const double> returns, std::size_t blocks) {
  const std::size_t length = returns.size() / blocks, skipped = returns.size() - length * blocks;
  const auto used = returns.subspan(skipped);
  trial_blocks t{mean(used), {}, {}};
  for (std::size_t b = 0; b < blocks; ++b) {
    compensated_sum sum, squares;
    for (const double r : used.subspan(b * length, length)) {
      sum.add(r - t.level);
      squares.add((r - t.level) * (r - t.level));
    }
    t.sums.push_back(sum.value());
    t.squares.push_back(squares.value());
  }
  return t;
}
double sharpe_in(const trial_blocks& t, std::uint32_t chosen, std::size_t block_length) {
  double sum = 0, squares = 0;
  for (std::size_t b = 0; b < t.sums.size(); ++b) {
    if ((chosen >> b & 1) == 0) continue;
    sum += t.sums[b];
    squares += t.squares[b];
  }
  const double n = static_cast<double>(block_length) * std::popcount(chosen);
  const double variance = (squares - sum * sum / n) / (n - 1);
  // What is left of equal returns after rounding is no deviation.
  if (!(variance > squares * 1e-14)) return 0;
  return (t.level + sum / n) / std::sqrt(variance);
}

}  // namespace

result<overfitting> overfitting_of(std::span<const std::vector<double>> trials, std::size_t blocks) {
  if (trials.size() < 2) return no_probability("it takes at least two trials");
  if (blocks < 2 || blocks > overfitting_blocks_max || blocks % 2 == 1)
    return no_probability(std::to_string(blocks) + " blocks; allowed are even numbers from 2 to " + std::to_string(overfitting_blocks_max));
  const std::size_t length = trials[0].size();
  for (const auto& t : trials) {
    if (t.size() != length) return no_probability("the trials differ in length: " + std::to_string(t.size()) + " and " + std::to_string(length) + " returns");
    if (!std::all_of(t.begin(), t.end(), [](double r) { return finite_or_none(r).has_value(); })) return no_probability("a return is no number");
  }
  if (length / blocks < 2) return no_probability(std::to_string(length) + " returns are fewer than two for each of " + std::to_string(blocks) + " blocks");

  std::vector<trial_blocks> all;
  for (const auto& t : trials) all.push_back(blocks_of(t, blocks));
  const std::size_t block_length = length / blocks;
  const std::uint32_t everything = (1u << blocks) - 1;
  overfitting o;
  std::size_t overfit = 0, lost = 0;
  std::vector<double> inside, outside;
  for (std::uint32_t chosen = 0; chosen <= everything; ++chosen) {
    if (static_cast<std::size_t>(std::popcount(chosen)) * 2 != blocks) continue;
    std::size_t best = 0;
    double highest = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      const double s = sharpe_in(all[k], chosen, block_length);
      if (k > 0 && s <= highest) continue;
      best = k;
      highest = s;
    }
    const std::uint32_t others = everything & ~chosen;
    const double own = sharpe_in(all[best], others, block_length);
    double rank = 1;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (k == best) continue;
      const double s = sharpe_in(all[k], others, block_length);
      rank += s < own ? 1 : s == own ? 0.5 : 0;
    }
    const double n = static_cast<double>(all.size());
    o.logits.push_back(math::log(rank / (n + 1 - rank)));
    overfit += 2 * rank <= n + 1;
    lost += own < 0;
    inside.push_back(highest);
    outside.push_back(own);
  }
  o.splits = o.logits.size();
  o.probability_of_overfitting = static_cast<double>(overfit) / static_cast<double>(o.splits);
  o.probability_of_loss = static_cast<double>(lost) / static_cast<double>(o.splits);
  o.performance_degradation = beta(outside, inside);
  return o;
}

}  // namespace tomnext::statistics
