#include "domain/statistics/relative.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {
namespace {

std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) ranks[order[k]] = static_cast<double>(i + 1 + end) / 2;
    i = end;
  }
  return ranks;
}
std::vector<double> difference(std::span<const double> a, std::span<const double> b) {
  std::vector<double> d;
  if (a.size() == b.size())
    for (std::size_t i = 0; i < a.size(); ++i) d.push_back(a[i] - b[i]);
  return d;
}

}  // namespace

std::optional<double> covariance(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size() || a.size() < 2) return std::nullopt;
  const double level_a = mean(a), level_b = mean(b);
  compensated_sum sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum.add((a[i] - level_a) * (b[i] - level_b));
  return finite_or_none(sum.value() / static_cast<double>(a.size() - 1));
}

std::optional<double> correlation(std::span<const double> a, std::span<const double> b) {
  const auto both = covariance(a, b);
  const double da = deviation(a), db = deviation(b);
  if (!both || da <= 0 || db <= 0) return std::nullopt;
  const auto r = finite_or_none(*both / da / db);
  if (!r) return std::nullopt;
  return std::clamp(*r, -1.0, 1.0);
}

std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b) { return correlation(ranks_of(a), ranks_of(b)); }

std::optional<double> pair_correlation(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size() || a.size() < 2) return std::nullopt;
  std::int64_t agree = 0, differ_a = 0, differ_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const int sa = (a[i] > a[j]) - (a[i] < a[j]), sb = (b[i] > b[j]) - (b[i] < b[j]);
      agree += sa * sb;
      differ_a += sa != 0;
      differ_b += sb != 0;
    }
  }
  return ratio(static_cast<double>(agree), std::sqrt(static_cast<double>(differ_a)) * std::sqrt(static_cast<double>(differ_b)));
}

std::optional<double> beta(std::span<const double> returns, std::span<const double> benchmark) {
  const auto both = covariance(returns, benchmark);
  const double d = deviation(benchmark);
  if (!both || d <= 0) return std::nullopt;
  return finite_or_none(*both / d / d);
}

std::optional<double> alpha(std::span<const double> returns, std::span<const double> benchmark, const basis& by) {
  const auto b = beta(returns, benchmark);
  if (!b || returns.size() < by.returns_min) return std::nullopt;
  return finite_or_none(mean(returns) - by.risk_free - *b * (mean(benchmark) - by.risk_free));
}
std::optional<double> annual_alpha(std::span<const double> returns, std::span<const double> benchmark, const basis& by) {
  const auto a = alpha(returns, benchmark, by);
  if (!a) return std::nullopt;
  return finite_or_none(power(1 + *a, by.periods_per_year) - 1);
}

std::optional<double> tracking_error(std::span<const double> returns, std::span<const double> benchmark, const basis& by) {
  if (returns.size() != benchmark.size()) return std::nullopt;
  return volatility(difference(returns, benchmark), by);
}
std::optional<double> information_ratio(std::span<const double> returns, std::span<const double> benchmark, const basis& by) {
  const auto error = tracking_error(returns, benchmark, by), own = cagr(returns, by), other = cagr(benchmark, by);
  if (!error || !own || !other) return std::nullopt;
  return ratio(*own - *other, *error);
}
std::optional<double> excess_sharpe(std::span<const double> returns, std::span<const double> benchmark) {
  const auto d = difference(returns, benchmark);
  return ratio(mean(d), deviation(d));
}

std::optional<double> capture(std::span<const double> returns, std::span<const double> benchmark, market when, const basis& by) {
  if (returns.size() != benchmark.size()) return std::nullopt;
  std::vector<double> own, other;
  for (std::size_t i = 0; i < returns.size(); ++i) {
    if (when == market::up ? benchmark[i] <= 0 : when == market::down ? benchmark[i] >= 0 : false) continue;
    own.push_back(returns[i]);
    other.push_back(benchmark[i]);
  }
  const auto a = cagr(own, by), b = cagr(other, by);
  if (!a || !b) return std::nullopt;
  return ratio(*a, *b);
}

}  // namespace tomnext::statistics
