#include "domain/statistics/trades.hpp"

#include <algorithm>
#include <cmath>

#include "domain/statistics/moments.hpp"
#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {
namespace {

std::optional<double> mean_of(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  return finite_or_none(mean(values));
}
std::optional<double> deviation_of(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  return finite_or_none(deviation(values));
}
double sum_of(std::span<const double> values) {
  compensated_sum sum;
  for (const double v : values) sum.add(v);
  return sum.value();
}
std::optional<double> largest(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  return *std::max_element(values.begin(), values.end());
}
double seconds(std::int64_t ns) { return static_cast<double>(ns) / static_cast<double>(second_ns); }

void add_excursions(std::span<const trade> trades, trade_statistics& s) {
  if (trades.empty() || !std::all_of(trades.begin(), trades.end(), [](const trade& t) { return t.adverse_excursion && t.favourable_excursion; })) return;
  std::vector<double> adverse, favourable, given_back;
  double highest = 0, deepest = 0;
  compensated_sum sum;
  for (const trade& t : trades) {
    adverse.push_back(*t.adverse_excursion);
    favourable.push_back(*t.favourable_excursion);
    given_back.push_back(*t.favourable_excursion - t.profit);
    highest = std::max(highest, sum.value() + *t.favourable_excursion);
    deepest = std::max(deepest, highest - (sum.value() + *t.adverse_excursion));
    sum.add(t.profit);
  }
  s.max_intra_drawdown = deepest;
  s.average_adverse_excursion = mean_of(adverse);
  s.average_favourable_excursion = mean_of(favourable);
  s.largest_adverse_excursion = *std::min_element(adverse.begin(), adverse.end());
  s.largest_favourable_excursion = largest(favourable);
  s.average_given_back = mean_of(given_back);
}

}  // namespace

trade_statistics trade_statistics_of(std::span<const trade> trades) {
  trade_statistics s;
  std::vector<double> profits, wins, losses, durations, win_durations, loss_durations, commissions;
  compensated_sum sum;
  double highest = 0;
  std::size_t wins_in_a_row = 0, losses_in_a_row = 0;
  for (const trade& t : trades) {
    ++(t.direction == side::sell ? s.shorts : s.longs);
    profits.push_back(t.profit);
    commissions.push_back(t.commission);
    durations.push_back(seconds(t.exited - t.entered));
    wins_in_a_row = t.profit > 0 ? wins_in_a_row + 1 : 0;
    losses_in_a_row = t.profit < 0 ? losses_in_a_row + 1 : 0;
    s.wins_in_a_row_max = std::max(s.wins_in_a_row_max, wins_in_a_row);
    s.losses_in_a_row_max = std::max(s.losses_in_a_row_max, losses_in_a_row);
    if (t.profit > 0) {
      wins.push_back(t.profit);
      win_durations.push_back(durations.back());
    } else if (t.profit < 0) {
      losses.push_back(-t.profit);
      loss_durations.push_back(durations.back());
    }
    sum.add(t.profit);
    highest = std::max(highest, sum.value());
    s.max_closed_drawdown = std::max(s.max_closed_drawdown, highest - sum.value());
  }
  s.trades = trades.size();
  s.wins = wins.size();
  s.losses = losses.size();
  s.net_profit = sum.value();
  s.gross_profit = sum_of(wins);
  s.gross_loss = sum_of(losses);
  s.commission = sum_of(commissions);
  s.win_rate = ratio(static_cast<double>(s.wins), static_cast<double>(s.trades));
  s.profit_factor = ratio(s.gross_profit, s.gross_loss);
  s.expectancy = mean_of(profits);
  s.average_win = mean_of(wins);
  s.average_loss = mean_of(losses);
  if (s.average_win && s.average_loss) s.payoff_ratio = ratio(*s.average_win, *s.average_loss);
  s.largest_win = largest(wins);
  s.largest_loss = largest(losses);
  s.profit_deviation = deviation_of(profits);
  s.loss_deviation = deviation_of(losses);
  if (s.profit_deviation) s.system_quality_number = ratio(std::sqrt(static_cast<double>(s.trades)) * *s.expectancy, *s.profit_deviation);
  if (s.payoff_ratio) s.kelly_fraction = finite_or_none(*s.win_rate - (1 - *s.win_rate) / *s.payoff_ratio);
  s.average_duration_s = mean_of(durations);
  s.average_win_duration_s = mean_of(win_durations);
  s.average_loss_duration_s = mean_of(loss_durations);
  s.max_duration_s = largest(durations);
  s.profit_to_max_drawdown = ratio(s.net_profit, s.max_closed_drawdown);
  add_excursions(trades, s);
  return s;
}

std::optional<double> exposure(std::span<const trade> trades, timestamp first, timestamp last) {
  if (last <= first) return std::nullopt;
  std::vector<std::pair<timestamp, timestamp>> open;
  for (const trade& t : trades) open.emplace_back(std::max(t.entered, first), std::min(t.exited, last));
  std::sort(open.begin(), open.end());
  std::int64_t covered = 0;
  timestamp until = first;
  for (const auto& [from, to] : open) {
    const timestamp begin = std::max(from, until);
    if (to <= begin) continue;
    covered += to - begin;
    until = to;
  }
  return static_cast<double>(covered) / static_cast<double>(last - first);
}

}  // namespace tomnext::statistics
