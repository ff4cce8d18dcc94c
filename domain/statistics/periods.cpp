#include "domain/statistics/periods.hpp"

#include <map>
namespace tomnext::statistics {
namespace {

template <class Row, class Key> std::vector<Row> rows_of(std::map<Key, std::vector<trade>>& groups) {
  std::vector<Row> rows;
  for (const auto& [key, trades] : groups) rows.push_back({key, trade_statistics_of(trades)});
  return rows;
}

}  // namespace

date start_of_period(date d, period length) {
  if (length == period::day) return d;
  if (length == period::week) return {d.days - (weekday(d) + 6) % 7};
  const auto c = civil_of(d);
  return date_of({c.year, length == period::month ? c.month : 1, 1});
}

std::vector<period_return> returns_by(std::span<const trading_day> days, period length) {
  std::vector<period_return> rows;
  double factor = 1;
  for (const auto& d : days) {
    const date start = start_of_period(d.day, length);
    if (rows.empty() || rows.back().period_start != start) {
      rows.push_back({start, 0, 0, 0, 0});
      factor = 1;
    }
    auto& row = rows.back();
    factor *= 1 + d.return_fraction;
    ++row.days;
    row.return_fraction = factor - 1;
    row.flow += d.flow;
    row.equity = d.equity;
  }
  return rows;
}

std::vector<year_of_months> monthly_table(std::span<const trading_day> days) {
  std::vector<year_of_months> years;
  for (const auto& y : returns_by(days, period::year)) years.push_back({civil_of(y.period_start).year, {}, y.return_fraction});
  std::size_t place = 0;
  for (const auto& m : returns_by(days, period::month)) {
    const auto c = civil_of(m.period_start);
    while (years[place].year != c.year) ++place;
    years[place].month_returns[c.month - 1] = m.return_fraction;
  }
  return years;
}

result<std::vector<trades_of_period>> trades_by(std::span<const trade> trades, const day_boundaries& boundaries, period length) {
  std::map<date, std::vector<trade>> groups;
  for (const auto& t : trades) {
    const auto day = trading_weekday_of(t.exited, boundaries);
    if (!day) return error{errc::invalid_argument, "trades: the exit of " + to_string(t.exited) + " lies in no day of the boundaries"};
    groups[start_of_period(*day, length)].push_back(t);
  }
  return rows_of<trades_of_period>(groups);
}

std::vector<trades_of_strategy> trades_by_strategy(std::span<const trade> trades) {
  std::map<strategy_id, std::vector<trade>> groups;
  for (const auto& t : trades) groups[t.strategy].push_back(t);
  return rows_of<trades_of_strategy>(groups);
}
std::vector<trades_of_instrument> trades_by_instrument(std::span<const trade> trades) {
  std::map<instrument_id, std::vector<trade>> groups;
  for (const auto& t : trades) groups[t.instrument].push_back(t);
  return rows_of<trades_of_instrument>(groups);
}

}  // namespace tomnext::statistics
