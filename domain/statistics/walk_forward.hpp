// Where to train and where to test: walks forward through time, and folds around each test, with a distance between them.
#pragma once
#include <cstdint>
#include <vector>

#include "domain/base/describe.hpp"
#include "domain/base/result.hpp"
#include "domain/base/time.hpp"

namespace tomnext::statistics {

/// [first, last): of observations by their number, or of time in nanoseconds.
struct extent {
  std::int64_t first{}, last{};
  bool operator==(const extent&) const = default;
  [[nodiscard]] std::int64_t length() const { return last - first; }
  TOMNEXT_FIELDS(FIELD(1, first) FIELD(2, last))
};
struct split {
  std::vector<extent> train;  ///< ascending; a walk forward has one
  extent test;
  TOMNEXT_FIELDS(FIELD(1, train) FIELD(2, test))
};

/// More splits than this are a mistake in the plan.
inline constexpr std::int64_t splits_max = 10'000;

/// What a walk forward is made of, in observations or in nanoseconds.
///
/// `purge`: what is learnt at t looks as far ahead as t + purge (the horizon of its label), so that much before a test is not trained on.
/// `embargo`: a further distance, for what neighbouring observations have in common although no label overlaps.
/// M. López de Prado, "Advances in Financial Machine Learning" (2018), chapters 7 and 12; R. Pardo, "The Evaluation and Optimization of Trading Strategies" (2008).
struct walk_forward_plan {
  extent whole;
  std::int64_t train{};  ///< length of training: of each (rolling), or the least (anchored)
  std::int64_t test{};   ///< length of each test; the last one may be shorter, but not empty
  std::int64_t step{};   ///< from one test's begin to the next's; 0: the length of a test
  std::int64_t purge{};
  std::int64_t embargo{};
  bool anchored = false;  ///< training begins at the begin of the whole each time, and grows
};
/// Each test begins purge + embargo behind the end of its training. Tests do not overlap where step ≥ test.
/// `invalid_argument` for lengths that are not positive, negative distances, a whole that holds no split, and more than `splits_max`.
result<std::vector<split>> walk_forward(const walk_forward_plan& plan);

/// `folds` tests side by side that together are the whole; each is trained on what lies before and behind it, purge + embargo away on either side where the label
/// of a training observation (before) or of a test observation (behind) would overlap: purge alone before, purge + embargo behind. Ibid., chapter 7.
/// `invalid_argument` for fewer than two folds or more folds than observations, negative distances, and a fold that nothing is left to train for.
result<std::vector<split>> purged_folds(const extent& whole, std::int64_t folds, std::int64_t purge, std::int64_t embargo);

}  // namespace tomnext::statistics
