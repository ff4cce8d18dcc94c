#include "actors/replay/sweep_space.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "domain/base/decimal.hpp"

namespace tomnext::replay {
namespace {

constexpr unsigned places = 9;

/// SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): the same numbers on every machine.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}
  /// From 0 to n − 1, each as likely: what would favour the small ones is thrown again.
  std::uint64_t below(std::uint64_t n) {
    const std::uint64_t unfair = (UINT64_MAX - n + 1) % n;
    for (;;)
      if (const auto x = next(); x >= unfair) return x % n;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

error refused(const std::string& text, const std::string& why) {
  return {errc::invalid_argument, "'" + text + "': " + why + "; write NAME=FIRST..LAST:STEP such as fast=5..30:5, or a list such as fast=5,8,13"};
}

result<std::int64_t> number(const std::string& text, const std::string& part) {
  auto n = parse_decimal(part, places);
  if (!n) return refused(text, "'" + part + "' is no decimal number");
  return *n;
}

result<std::vector<std::int64_t>> range_of(const std::string& text, const std::string& values) {
  const auto dots = values.find("..");
  const auto colon = values.find(':', dots);
  auto first = number(text, values.substr(0, dots));
  if (!first) return first.error();
  auto last = number(text, values.substr(dots + 2, colon == std::string::npos ? colon : colon - dots - 2));
  if (!last) return last.error();
  auto step = colon == std::string::npos ? result<std::int64_t>(power_of_ten(places)) : number(text, values.substr(colon + 1));
  if (!step) return step.error();
  if (*step <= 0) return refused(text, "the step must be positive");
  if (*first > *last) return refused(text, "the range ends before it begins");
  const auto steps = (int128{*last} - *first) / *step;
  if (steps >= static_cast<int128>(axis_values_max)) return refused(text, "more than " + std::to_string(axis_values_max) + " values");
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(steps); ++i) all.push_back(static_cast<std::int64_t>(int128{*first} + int128{i} * *step));
  return all;
}

result<std::vector<std::int64_t>> list_of(const std::string& text, const std::string& values) {
  std::vector<std::int64_t> all;
  for (std::size_t from = 0; from <= values.size();) {
    const auto comma = std::min(values.find(',', from), values.size());
    auto n = number(text, values.substr(from, comma - from));
    if (!n) return n.error();
    all.push_back(*n);
    if (all.size() > axis_values_max) return refused(text, "more than " + std::to_string(axis_values_max) + " values");
    from = comma + 1;
  }
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end()) return refused(text, "a value is listed twice");
  return all;
}

/// How many combinations there are; nothing where 64 bits do not hold it.
std::optional<std::uint64_t> combinations(const std::vector<sweep_axis>& axes) {
  std::uint64_t n = 1;
  for (const auto& a : axes)
    if (__builtin_mul_overflow(n, std::uint64_t{a.values.size()}, &n)) return std::nullopt;
  return n;
}

result<void> check(const std::vector<sweep_axis>& axes) {
  if (axes.empty()) return error(errc::invalid_argument, "a sweep needs a parameter, such as --grid fast=5..30:5");
  if (axes.size() > axes_max) return error(errc::invalid_argument, "more than " + std::to_string(axes_max) + " parameters");
  for (std::size_t i = 0; i < axes.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (axes[i].name == axes[k].name) return error(errc::invalid_argument, "the parameter '" + axes[i].name + "' is given twice");
  return {};
}

sweep_point nth(const std::vector<sweep_axis>& axes, std::uint64_t n) {
  sweep_point p(axes.size());
  for (std::size_t i = axes.size(); i-- > 0; n /= axes[i].values.size()) p[i] = axes[i].values[n % axes[i].values.size()];
  return p;
}

result<void> check_count(std::uint64_t count) {
  if (count == 0 || count > sweep_points_max)
    return error(errc::invalid_argument, std::to_string(count) + " points; allowed are 1 to " + std::to_string(sweep_points_max));
  return {};
}

}  // namespace

result<sweep_axis> parse_axis(const std::string& text) {
  const auto equals = text.rfind('=');  // a strategy's name may have one, values never do
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return refused(text, "no name and values");
  const auto values = text.substr(equals + 1);
  auto numbers = values.find("..") != std::string::npos ? range_of(text, values) : list_of(text, values);
  if (!numbers) return numbers.error();
  sweep_axis a{text.substr(0, equals), {}};
  for (const auto n : *numbers) a.values.push_back(format_decimal(n, places, 0));
  return a;
}

result<std::vector<sweep_point>> grid_points(const std::vector<sweep_axis>& axes) {
  TOMNEXT_TRY(check(axes));
  const auto n = combinations(axes);
  if (!n || *n > sweep_points_max)
    return error(errc::invalid_argument, (n ? std::to_string(*n) : std::string("too many")) + " combinations; at most " + std::to_string(sweep_points_max) +
                                             ": larger steps, or --random N or --latin N of them");
  std::vector<sweep_point> all;
  all.reserve(*n);
  for (std::uint64_t i = 0; i < *n; ++i) all.push_back(nth(axes, i));
  return all;
}

result<std::vector<sweep_point>> random_points(const std::vector<sweep_axis>& axes, std::uint64_t count, std::uint64_t seed) {
  TOMNEXT_TRY(check(axes));
  TOMNEXT_TRY(check_count(count));
  const auto n = combinations(axes);
  if (!n) return error(errc::invalid_argument, "more combinations than can be counted");
  if (*n <= count) return grid_points(axes);
  // R. Floyd's: a set of `count` different numbers in as many throws.
  dice d(seed);
  std::set<std::uint64_t> taken;
  std::vector<sweep_point> all;
  for (std::uint64_t j = *n - count; j < *n; ++j) {
    auto x = d.below(j + 1);
    if (!taken.insert(x).second) taken.insert(x = j);
    all.push_back(nth(axes, x));
  }
  return all;
}

result<std::vector<sweep_point>> latin_points(const std::vector<sweep_axis>& axes, std::uint64_t count, std::uint64_t seed) {
  TOMNEXT_TRY(check(axes));
  TOMNEXT_TRY(check_count(count));
  dice d(seed);
  std::vector<sweep_point> all(count, sweep_point(axes.size()));
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const std::uint64_t values = axes[a].values.size();
    std::vector<std::uint64_t> parts(count);
    std::iota(parts.begin(), parts.end(), 0);
    for (std::uint64_t i = count; i > 1; --i) std::swap(parts[i - 1], parts[d.below(i)]);
    for (std::uint64_t i = 0; i < count; ++i) {
      // The part [p, p + 1) / count of the axis holds a value, or several of which one is drawn, or lies within one.
      const std::uint64_t first = parts[i] * values / count, end = std::max(first + 1, (parts[i] + 1) * values / count);
      all[i][a] = axes[a].values[first + d.below(end - first)];
    }
  }
  std::set<sweep_point> seen;
  std::erase_if(all, [&](const sweep_point& p) { return !seen.insert(p).second; });
  return all;
}

std::string to_text(const std::vector<sweep_axis>& axes, const sweep_point& point) {
  std::string s;
  for (std::size_t i = 0; i < axes.size(); ++i) s += (s.empty() ? "" : ", ") + axes[i].name + "=" + point[i];
  return s;
}

}  // namespace tomnext::replay
