// Worked examples of the papers, and what must hold of any numbers.
#include "domain/statistics/selection.hpp"

#include <rapidcheck.h>

#include <cmath>

#include "domain/statistics/moments.hpp"
#include "domain/statistics/normal.hpp"
#include "domain/statistics/overfitting.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext::statistics;

namespace {

// Normal numbers, the same in each run: SplitMix64 through the quantile.
struct noise {
  std::uint64_t state;
  double operator()() {
    state += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return normal_quantile((static_cast<double>(z >> 11) + 0.5) * 0x1p-53);
  }
};
std::vector<std::vector<double>> trials_of(std::size_t count, std::size_t length, std::uint64_t seed) {
  noise n{seed};
  std::vector<std::vector<double>> trials(count, std::vector<double>(length));
  for (auto& t : trials)
    for (double& r : t) r = n();
  return trials;
}
bool near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

}  // namespace

// Bailey and López de Prado, "The deflated Sharpe ratio" (2014), "A numerical example": SR 2.5 a year from 1,250 daily returns of 250 a year, variance of the
// trials' annual ratios ½, skewness −3, kurtosis 10: SR₀ 0.1132 and DSR 0.9004 for 100 trials; 0.9505 for 46, and for 88 of normal returns.
TEST_CASE("statistics: the deflated Sharpe ratio's own example", "[statistics]") {
  const double daily = 2.5 / std::sqrt(250.0), variance = 0.5 / 250;
  const sharpe_record fat{daily, 1'250, -3, 10}, normal{daily, 1'250, 0, 3};
  CHECK(near(*expected_highest_sharpe(100, variance), 0.1132, 5e-5));
  CHECK(near(*deflated_sharpe(fat, 100, variance), 0.9004, 5e-5));
  CHECK(near(*deflated_sharpe(fat, 46, variance), 0.9505, 5e-5));
  CHECK(near(*deflated_sharpe(normal, 88, variance), 0.9505, 5e-5));
}

// Bailey and López de Prado, "The Sharpe ratio efficient frontier" (2012): a fund with a monthly ratio of 0.458 over 24 months, skewness −2.448, kurtosis 10.164,
// has a probability of 0.913 of a ratio above 0, and 0.982 were it normal; and with normal returns a ratio of 2 a year is above 1 with 95 % confidence after 2.73
// years of daily returns, 2.83 of weekly, 3.24 of monthly ones.
TEST_CASE("statistics: the probabilistic Sharpe ratio's own examples", "[statistics]") {
  CHECK(near(*probabilistic_sharpe({0.458, 24, -2.448, 10.164}), 0.913, 5e-4));
  CHECK(near(*probabilistic_sharpe({0.458, 24, 0, 3}), 0.982, 5e-4));
  for (const auto& [per_year, years] : {std::pair{252.0, 2.73}, {52.0, 2.83}, {12.0, 3.24}}) {
    const double root = std::sqrt(per_year);
    CHECK(near(*minimum_track_record_returns({2 / root, 0, 0, 3}, 1 / root) / per_year, years, 5e-3));
  }
}

TEST_CASE("statistics: what has no answer is absent", "[statistics]") {
  CHECK(!probabilistic_sharpe({1, 1, 0, 3}));
  CHECK(!probabilistic_sharpe({1, 100, 10, 3}));  // no distribution has these moments
  CHECK(!minimum_track_record_returns({0.1, 100, 0, 3}, 0.1));
  CHECK(!minimum_track_record_returns({0.1, 100, 0, 3}, 0, 0.5));
  CHECK(!expected_highest_sharpe(0, 1));
  CHECK(!expected_highest_sharpe(10, -1));
  CHECK(*expected_highest_sharpe(1, 1) == 0);
  CHECK(!sharpe_record_of(std::vector<double>(30, 0.01)));
  CHECK(independent_trials(100, 0) == 100);
  CHECK(independent_trials(100, 1) == 1);
  CHECK(independent_trials(100, 0.5) == 50.5);
  CHECK(independent_trials(100, -0.5) == 100);
}

TEST_CASE("statistics: more trials deflate, more returns and a lower benchmark convince", "[statistics][property]") {
  CHECK(rc::check("monotone, within 0 and 1, and consistent with the minimum length", [] {
    const auto real = [](int low, int high) { return *rc::gen::inRange(low, high) / 1'000.0; };
    const double skew = real(-2'000, 2'000);
    const sharpe_record r{real(-500, 500), static_cast<std::size_t>(*rc::gen::inRange(2, 3'000)), skew, skew * skew + 1.1 + real(0, 9'000)};
    const double trials = *rc::gen::inRange(1, 1'000), variance = real(1, 100) / 100;
    const auto psr = probabilistic_sharpe(r), dsr = deflated_sharpe(r, trials, variance), more = deflated_sharpe(r, trials * 2, variance);
    RC_ASSERT(psr && dsr && more);
    RC_ASSERT(*psr >= 0 && *psr <= 1);
    RC_ASSERT(*dsr <= *psr);
    RC_ASSERT(*more <= *dsr);
    RC_ASSERT(*expected_highest_sharpe(trials * 2, variance) > *expected_highest_sharpe(trials, variance));
    RC_ASSERT(*probabilistic_sharpe(r, 0.01) <= *psr);
    const auto length = minimum_track_record_returns(r);
    RC_ASSERT(length.has_value() == (r.sharpe > 0));
    if (length && *length < 1e9) {
      auto longer = r, shorter = r;
      longer.returns = static_cast<std::size_t>(*length) + 2;
      shorter.returns = std::max<std::size_t>(2, static_cast<std::size_t>(*length) - 1);
      RC_ASSERT(*probabilistic_sharpe(longer) > 0.95);
      if (shorter.returns > 2) RC_ASSERT(*probabilistic_sharpe(shorter) < 0.95);
    }
  }));
}

TEST_CASE("statistics: the expected highest ratio is that of a simulation", "[statistics]") {
  noise n{7};
  constexpr int rounds = 20'000;
  for (const int trials : {5, 20, 100}) {
    double sum = 0;
    for (int i = 0; i < rounds; ++i) {
      double highest = n();
      for (int k = 1; k < trials; ++k) highest = std::max(highest, n());
      sum += highest;
    }
    INFO(trials);
    // The paper's approximation lies up to some hundredths above.
    const double over = *expected_highest_sharpe(trials, 1) - sum / rounds;
    CHECK(over > -0.01);
    CHECK(over < 0.05);
  }
}

TEST_CASE("statistics: the best of many trials, and what it is worth", "[statistics]") {
  auto trials = trials_of(40, 500, 11);
  const auto luck = selected_trial_of(trials);
  REQUIRE(luck);
  // Independent noise counts nearly in full. Its best has convinced by itself, and no longer does among the others.
  CHECK(luck->independent_trials > 38);
  CHECK(*luck->probabilistic_sharpe > 0.95);
  CHECK(*luck->deflated_sharpe < 0.9);
  CHECK(luck->expected_highest_sharpe > 0.05);
  const auto of_best = *sharpe_record_of(trials[luck->best]);
  CHECK(luck->sharpe == of_best.sharpe);
  for (const auto& t : trials) CHECK(sharpe_record_of(t)->sharpe <= luck->sharpe);
  for (double& r : trials[5]) r += 0.4;
  const auto skill = selected_trial_of(trials);
  CHECK(skill->best == 5);
  CHECK(*skill->deflated_sharpe > 0.99);
  // Forty times the same trial is one trial.
  const auto same = selected_trial_of(std::vector(40, trials[7]));
  REQUIRE(same);
  CHECK(near(same->independent_trials, 1, 1e-9));
  CHECK(near(*same->deflated_sharpe, *same->probabilistic_sharpe, 1e-9));
  const auto one = selected_trial_of(std::vector(1, trials[7]));
  CHECK(one->deflated_sharpe == one->probabilistic_sharpe);
  auto with_idle = trials;
  with_idle.emplace_back(500, 0.0);
  CHECK(selected_trial_of(with_idle)->best == 5);
  with_idle.emplace_back(499, 0.0);
  CHECK(!selected_trial_of(with_idle));
  CHECK(!selected_trial_of({}));
  CHECK(!selected_trial_of(std::vector(3, std::vector<double>(20, 1.0))));
}

TEST_CASE("statistics: the best of noise is at or below the median as often as chance has it", "[statistics]") {
  double sum = 0;
  constexpr int rounds = 60;
  for (int seed = 1; seed <= rounds; ++seed) {
    const auto o = overfitting_of(trials_of(9, 200, static_cast<std::uint64_t>(seed)), 8);
    REQUIRE(o);
    CHECK(o->splits == 70);
    CHECK(o->logits.size() == 70);
    sum += o->probability_of_overfitting;
  }
  // Five of nine places are at or below the median.
  CHECK(near(sum / rounds, 5.0 / 9, 0.06));
}

TEST_CASE("statistics: one trial that is truly better is not overfitted", "[statistics]") {
  auto trials = trials_of(20, 480, 3);
  for (double& r : trials[11]) r += 0.5;
  const auto o = overfitting_of(trials);
  REQUIRE(o);
  CHECK(o->splits == 12'870);
  CHECK(o->probability_of_overfitting < 0.001);
  CHECK(o->probability_of_loss < 0.001);
}

TEST_CASE("statistics: a trial that wins in one half by losing in the other is overfitted always", "[statistics]") {
  // Two trials, each good where the other is bad: whichever is best in-sample is the worst out of sample.
  auto trials = trials_of(2, 40, 5);
  for (std::size_t i = 0; i < 40; ++i) {
    trials[0][i] = 0.01 * trials[0][i] + (i < 20 ? 1 : -1);
    trials[1][i] = 0.01 * trials[1][i] + (i < 20 ? -1 : 1);
  }
  const auto o = overfitting_of(trials, 2);
  REQUIRE(o);
  CHECK(o->splits == 2);
  CHECK(o->probability_of_overfitting == 1);
  CHECK(o->probability_of_loss == 1);
  CHECK(near(o->logits[0], std::log(0.5), 1e-15));  // rank 1 of 2: ω = 1/3
}

TEST_CASE("statistics: the ratios of blocks are those of their returns", "[statistics]") {
  // Two blocks: each split's ratios can be had directly. What does not divide is dropped at the oldest end.
  auto trials = trials_of(5, 101, 9);
  for (auto& t : trials)
    for (double& r : t) r = r * 1e-3 + 100;  // a level that would cancel
  const auto o = overfitting_of(trials, 2);
  REQUIRE(o);
  const auto ratio_of = [&](std::size_t k, std::size_t from) {
    const std::span<const double> part(trials[k].data() + from, 50);
    return mean(part) / deviation(part);
  };
  for (const std::size_t in : {std::size_t{1}, std::size_t{51}}) {
    const std::size_t out = in == 1 ? 51 : 1;
    std::size_t best = 0;
    for (std::size_t k = 1; k < 5; ++k)
      if (ratio_of(k, in) > ratio_of(best, in)) best = k;
    double rank = 1;
    for (std::size_t k = 0; k < 5; ++k) rank += ratio_of(k, out) < ratio_of(best, out);
    CHECK(near(o->logits[in == 1 ? 0 : 1], std::log(rank / (6 - rank)), 1e-12));
  }
}

TEST_CASE("statistics: plans of cross-validation that are none are refused", "[statistics]") {
  const auto trials = trials_of(3, 40, 1);
  for (const std::size_t blocks : {0u, 1u, 3u, 18u, 32u}) CHECK(!overfitting_of(trials, blocks));
  CHECK(!overfitting_of(std::vector(1, trials[0]), 2));
  auto uneven = trials;
  uneven[1].pop_back();
  CHECK(!overfitting_of(uneven, 2));
  CHECK(!overfitting_of(trials_of(3, 31, 1), 16));
  auto broken = trials;
  broken[2][3] = std::nan("");
  CHECK(!overfitting_of(broken, 2));
  // Trials that never move are all alike: the chosen one shares the middle rank.
  const auto still = overfitting_of(std::vector(3, std::vector<double>(8, 0.1)), 2);
  REQUIRE(still);
  CHECK(still->logits == std::vector<double>{0, 0});
  CHECK(still->probability_of_overfitting == 1);
  CHECK(!still->performance_degradation);
}
