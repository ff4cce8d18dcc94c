#include "actors/replay/sweep_selection.hpp"

#include <algorithm>
#include <numeric>

#include "domain/statistics/drawdowns.hpp"
#include "domain/statistics/moments.hpp"
#include "domain/statistics/returns.hpp"

namespace tomnext::replay {
namespace {

constexpr const char* rank_names[] = {"sharpe", "sortino", "return", "profit_factor", "drawdown"};

// Rows times splits of the cross-validation that are worth waiting for: a second or two.
constexpr double overfitting_work_max = 2e7;

double choose_half(std::size_t blocks) {
  double c = 1;
  for (std::size_t i = 1; i <= blocks / 2; ++i) c = c * static_cast<double>(blocks / 2 + i) / static_cast<double>(i);
  return c;
}

std::size_t blocks_for(std::size_t rows, std::size_t days) {
  for (std::size_t b = statistics::overfitting_blocks_max; b >= 2; b -= 2)
    if (days / b >= 2 && choose_half(b) * static_cast<double>(rows) <= overfitting_work_max) return b;
  return 0;
}

result<std::int64_t> days_of(const std::string& text, std::string length) {
  std::int64_t times = 1;
  if (!length.empty() && (length.back() == 'd' || length.back() == 'w' || length.back() == 'm')) {
    times = length.back() == 'w' ? 5 : length.back() == 'm' ? 21 : 1;
    length.pop_back();
  }
  auto n = parse_decimal(length, 0);
  if (!n || *n < 0 || *n > 100'000) return error(errc::invalid_argument, "'" + text + "': days from 0 to 100000, such as train=60, train=12w or train=3m");
  return *n * times;
}

}  // namespace

result<sweep_rank> parse_rank(const std::string& text) {
  for (std::size_t i = 0; i < std::size(rank_names); ++i)
    if (text == rank_names[i]) return static_cast<sweep_rank>(i);
  return error(errc::invalid_argument, "'" + text + "' is none of: " + sweep_rank_names);
}

std::optional<double> value_of(const sweep_row& r, sweep_rank by) {
  if (!r.failure.empty()) return std::nullopt;
  switch (by) {
    case sweep_rank::sharpe: return r.sharpe;
    case sweep_rank::sortino: return r.sortino;
    case sweep_rank::total_return: return r.total_return;
    case sweep_rank::profit_factor: return r.profit_factor;
    case sweep_rank::max_drawdown: return r.max_drawdown;
  }
  return std::nullopt;
}

std::vector<std::size_t> ranked(const std::vector<sweep_row>& rows, sweep_rank by) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].failure.empty()) all.push_back(i);
  std::stable_sort(all.begin(), all.end(), [&](std::size_t a, std::size_t b) {
    const auto x = value_of(rows[a], by), y = value_of(rows[b], by);
    if (!x || !y) return x.has_value() && !y.has_value();
    return by == sweep_rank::max_drawdown ? *x < *y : *x > *y;
  });
  return all;
}

std::vector<double> daily_returns(const sweep_row& r) {
  std::vector<double> all;
  for (std::size_t i = 1; i < r.daily_equity.size(); ++i) {
    const double before = r.daily_equity[i - 1], after = r.daily_equity[i];
    all.push_back(before <= 0 ? 0 : after <= 0 ? -1 : after / before - 1);
  }
  return all;
}

sweep_luck luck_of(const std::vector<sweep_row>& rows) {
  sweep_luck l;
  l.deflated_sharpe.resize(rows.size());
  l.probabilistic_sharpe.resize(rows.size());
  std::vector<std::vector<double>> trials;
  for (const auto& r : rows)
    if (r.failure.empty()) trials.push_back(daily_returns(r));
  l.trials = trials.size();
  const auto days = trials.empty() ? 0 : trials.front().size();
  const auto selected = statistics::selected_trial_of(trials);
  if (!selected) {
    l.why_not = "no row has returns of two days that move";
    return l;
  }
  l.independent_trials = selected->independent_trials;
  l.expected_highest_sharpe = selected->expected_highest_sharpe;
  for (std::size_t i = 0, t = 0; i < rows.size(); ++i) {
    if (!rows[i].failure.empty()) continue;
    const auto record = statistics::sharpe_record_of(trials[t++]);
    // What was ruined, or began with nothing, has no luck to speak of.
    const auto& equity = rows[i].daily_equity;
    if (std::any_of(equity.begin(), equity.end(), [](double x) { return x <= 0; })) continue;
    if (!record || record->returns < statistics::returns_min) continue;
    l.probabilistic_sharpe[i] = statistics::probabilistic_sharpe(*record);
    l.deflated_sharpe[i] = statistics::probabilistic_sharpe(*record, l.expected_highest_sharpe);
  }
  if (days < statistics::returns_min) l.why_not = std::to_string(days) + " daily returns are fewer than " + std::to_string(statistics::returns_min);
  l.overfitting_blocks = blocks_for(trials.size(), days);
  if (l.overfitting_blocks == 0) {
    l.why_not = "too few days, or too many rows, for the probability of overfitting";
    return l;
  }
  auto o = statistics::overfitting_of(trials, l.overfitting_blocks);
  if (o) l.overfitting = std::move(*o);
  else l.why_not = o.error().message;
  return l;
}

result<sweep_walk_plan> parse_walk(const std::string& text) {
  sweep_walk_plan p;
  for (std::size_t from = 0; from <= text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    const auto part = text.substr(from, comma - from);
    from = comma + 1;
    if (part == "anchored") {
      p.anchored = true;
      continue;
    }
    const auto equals = std::min(part.find('='), part.size());
    const auto key = part.substr(0, equals);
    auto* length = key == "train" ? &p.train : key == "test" ? &p.test : key == "purge" ? &p.purge : key == "embargo" ? &p.embargo : nullptr;
    if (length == nullptr || equals == part.size())
      return error(errc::invalid_argument, "'" + part + "' is none of: train=DAYS, test=DAYS, purge=DAYS, embargo=DAYS, anchored");
    auto n = days_of(part, part.substr(equals + 1));
    if (!n) return n.error();
    *length = *n;
  }
  if (p.train < 2 || p.test < 1) return error(errc::invalid_argument, "'" + text + "': train=DAYS of at least 2 and test=DAYS of at least 1 are needed");
  return p;
}

result<void> check_walk(std::size_t days, const sweep_walk_plan& plan) {
  auto splits = statistics::walk_forward({{0, static_cast<std::int64_t>(days)}, plan.train, plan.test, 0, plan.purge, plan.embargo, plan.anchored});
  if (!splits) return splits.error();
  return {};
}

result<sweep_walk> walk_forward(const sweep_result& s, const sweep_walk_plan& plan) {
  std::vector<std::size_t> places;
  std::vector<std::vector<double>> returns;
  for (std::size_t i = 0; i < s.rows.size(); ++i)
    if (s.rows[i].failure.empty()) {
      places.push_back(i);
      returns.push_back(daily_returns(s.rows[i]));
    }
  if (returns.empty() || returns.front().empty()) return error(errc::invalid_argument, "walk forward: the rows have no daily returns");
  const auto days = static_cast<std::int64_t>(returns.front().size());
  if (static_cast<std::size_t>(days) != s.days.size()) return error(errc::invalid_argument, "walk forward: the rows' days are not those of the data");
  auto splits = statistics::walk_forward({{0, days}, plan.train, plan.test, 0, plan.purge, plan.embargo, plan.anchored});
  if (!splits) return splits.error();

  const auto slice = [&](std::size_t row, const statistics::extent& e) {
    return std::span(returns[row]).subspan(static_cast<std::size_t>(e.first), static_cast<std::size_t>(e.length()));
  };
  const auto yearly = [](std::span<const double> r) { return statistics::sharpe(r, {.returns_min = 2}); };
  const auto day = [&](std::int64_t i) { return s.days[static_cast<std::size_t>(i)]; };
  sweep_walk w;
  for (const auto& split : *splits) {
    const auto& train = split.train.front();
    sweep_walk::window x;
    x.train_first = day(train.first);
    x.train_last = day(train.last - 1);
    x.test_first = day(split.test.first);
    x.test_last = day(split.test.last - 1);
    std::size_t best = 0;
    for (std::size_t i = 0; i < returns.size(); ++i) {
      const auto sharpe = yearly(slice(i, train));
      if (!sharpe || (x.train_sharpe && *sharpe <= *x.train_sharpe)) continue;
      x.train_sharpe = sharpe;
      best = i;
    }
    x.best = places[best];
    const auto test = slice(best, split.test);
    x.test_sharpe = yearly(test);
    x.test_return = statistics::total_return(test).value_or(0);
    w.returns.insert(w.returns.end(), test.begin(), test.end());
    w.windows.push_back(x);
  }
  w.total_return = statistics::total_return(w.returns).value_or(0);
  double growth = 1, peak = 1;
  for (const double r : w.returns) {
    growth *= 1 + r;
    peak = std::max(peak, growth);
    w.max_drawdown = std::max(w.max_drawdown, 1 - growth / peak);
  }
  w.sharpe = statistics::sharpe(w.returns);
  if (const auto record = statistics::sharpe_record_of(w.returns); record && w.sharpe) w.probabilistic_sharpe = statistics::probabilistic_sharpe(*record);
  return w;
}

}  // namespace tomnext::replay
