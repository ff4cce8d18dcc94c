#include "domain/statistics/walk_forward.hpp"

#include <algorithm>
#include <string>

namespace tomnext::statistics {
namespace {

error refused(std::string what) { return {errc::invalid_argument, "walk forward: " + std::move(what)}; }

// Places are counted from the begin of the whole and lengths are below half of the range, so that no sum of two overflows.
constexpr std::int64_t longest = INT64_MAX / 4;
bool within(std::int64_t length, std::int64_t least) { return length >= least && length <= longest; }

}  // namespace

result<std::vector<split>> walk_forward(const walk_forward_plan& plan) {
  if (plan.whole.first > plan.whole.last || plan.whole.first < -longest || plan.whole.last > longest)
    return refused("the whole ends before it begins, or is too long");
  if (!within(plan.train, 1) || !within(plan.test, 1)) return refused("training and test have at least a length of 1");
  if (!within(plan.step, 0) || !within(plan.purge, 0) || !within(plan.embargo, 0)) return refused("step, purge and embargo are not negative");
  const std::int64_t step = plan.step == 0 ? plan.test : plan.step, distance = plan.purge + plan.embargo, length = plan.whole.length();
  // Behind the whole's begin, so that the loop cannot overflow.
  const std::int64_t first_test = plan.train > length || distance > length - plan.train ? length : plan.train + distance;
  if (first_test >= length) return refused("training, purge and embargo leave nothing to test of a length of " + std::to_string(length));
  if ((length - first_test - 1) / step >= splits_max) return refused("more than " + std::to_string(splits_max) + " splits");
  std::vector<split> splits;
  for (std::int64_t place = first_test; place < length; place += step) {
    const std::int64_t end = place - distance, begin = plan.anchored ? 0 : end - plan.train, at = plan.whole.first;
    splits.push_back({{{at + begin, at + end}}, {at + place, at + std::min(place + plan.test, length)}});
    if (step > length - place) break;
  }
  return splits;
}

result<std::vector<split>> purged_folds(const extent& whole, std::int64_t folds, std::int64_t purge, std::int64_t embargo) {
  if (whole.first > whole.last || whole.first < -longest || whole.last > longest) return refused("the whole ends before it begins, or is too long");
  if (!within(purge, 0) || !within(embargo, 0)) return refused("purge and embargo are not negative");
  const std::int64_t length = whole.length();
  if (folds < 2 || folds > splits_max || folds > length) return refused(std::to_string(folds) + " folds of a length of " + std::to_string(length));
  std::vector<split> splits;
  const std::int64_t each = length / folds, more = length % folds;
  std::int64_t place = 0;
  for (std::int64_t k = 0; k < folds; ++k) {
    // The first ones are longer by one where the whole does not divide.
    const std::int64_t end = place + each + (k < more ? 1 : 0);
    split s{{}, {whole.first + place, whole.first + end}};
    if (place > purge) s.train.push_back({whole.first, whole.first + place - purge});
    if (length - end > purge + embargo) s.train.push_back({whole.first + end + purge + embargo, whole.last});
    if (s.train.empty()) return refused("purge and embargo leave nothing to train on for fold " + std::to_string(k + 1));
    splits.push_back(std::move(s));
    place = end;
  }
  return splits;
}

}  // namespace tomnext::statistics
