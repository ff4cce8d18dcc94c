#include "actors/replay/html_charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "actors/replay/digits.hpp"
#include "actors/replay/html_text.hpp"
#include "actors/replay/svg_chart.hpp"

namespace tomnext::replay::html {
namespace {

constexpr std::size_t moments_max = 8;
constexpr int values_max = 5;

std::string figure(std::string_view caption, const std::string& content) {
  return fmt::format("<figure><figcaption>{}</figcaption>{}</figure>\n", caption, content);
}
std::string nothing(std::string_view why) { return fmt::format("<p class=\"quiet\">{}</p>\n", escaped(why)); }

// Of each stretch of equal width the first, lowest, highest and last point: what is drawn then looks like all of them.
std::vector<chart_point> drawn(const std::vector<chart_point>& all) {
  if (all.size() <= drawn_points_max) return all;
  const double low = all.front().x, width = (all.back().x - low) / (static_cast<double>(drawn_points_max) / 4);
  std::vector<chart_point> kept;
  for (std::size_t from = 0; from < all.size();) {
    std::size_t to = from + 1, lowest = from, highest = from;
    const double place = std::floor((all[from].x - low) / width);
    for (; to < all.size() && std::floor((all[to].x - low) / width) == place; ++to) {
      if (all[to].y < all[lowest].y) lowest = to;
      if (all[to].y > all[highest].y) highest = to;
    }
    for (const auto i : std::set<std::size_t>{from, lowest, highest, to - 1}) kept.push_back(all[i]);
    from = to;
  }
  return kept;
}

chart::range time_of(const run_history& h) { return {static_cast<double>(h.first.ns), static_cast<double>(std::max(h.last.ns, h.first.ns + 1))}; }

chart::range range_of(const std::vector<chart_point>& points, double part_around) {
  chart::range r{points.front().y, points.front().y};
  for (const auto& p : points) {
    r.low = std::min(r.low, p.y);
    r.high = std::max(r.high, p.y);
  }
  const double around = r.high > r.low ? (r.high - r.low) * part_around : std::max(1.0, std::abs(r.high) * 0.01);
  return {r.low - around, r.high + around};
}

int decimals_for(const std::vector<double>& values) {
  if (values.size() < 2) return 2;
  const double step = std::abs(values[1] - values[0]);
  return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 8);
}

std::vector<tick> ticks_of(chart::range y, bool as_percent) {
  std::vector<tick> all;
  const double times = as_percent ? 100 : 1;
  const auto values = round_values(y.low * times, y.high * times, values_max);
  const int decimals = decimals_for(values);
  for (const double v : values) all.push_back({v / times, as_percent ? percent(v / 100, decimals) : ratio(v, decimals)});
  return all;
}

void axes(chart& c, const run_history& h, chart::range y, bool as_percent) {
  c.horizontal_lines(ticks_of(y, as_percent));
  c.labels_below(round_moments(h.first, h.last, moments_max));
}

std::string currency_code(const run_report& r) { return std::string(r.history.account.in.code.view()); }
std::string name_of(const run_report& r, strategy_id s) {
  const auto found = r.history.strategies.find(s);
  return found == r.history.strategies.end() ? "strategy " + std::to_string(s.value) : found->second.name;
}

std::string histogram_chart(const run_report& r, const std::string& id, const statistics::histogram& h, std::string_view title, bool as_percent) {
  const double bins = static_cast<double>(h.counts.size());
  // All values are the same: one bar around it, with no invented range beside.
  const bool single = !(h.width > 0);
  const double width = single ? std::max(1e-6, std::fabs(h.low) * 0.01) : h.width;
  const auto most = static_cast<double>(*std::max_element(h.counts.begin(), h.counts.end()));
  const chart::range x = single ? chart::range{h.low - width * bins / 2, h.low + width * bins / 2} : chart::range{h.low, h.low + width * bins};
  const chart::range y{0, std::max(1.0, most * 1.08)};
  const auto told = [&](double v) { return as_percent ? percent(v) : money(v, 0) + "\u00A0" + currency_code(r); };
  chart c(id, title,
          single ? fmt::format("All values are {}.", told(h.low))
                 : fmt::format("Bars: how many fall between two values, from {} to {}.", told(x.low), told(x.high)),
          x, y);
  std::vector<tick> counts;
  for (const double v : round_values(0, y.high, values_max))
    if (v == std::floor(v)) counts.push_back({v, ratio(v, 0)});
  c.horizontal_lines(counts);
  std::vector<tick> values;
  const auto round = round_values(as_percent ? 100 * x.low : x.low, as_percent ? 100 * x.high : x.high, values_max);
  if (single) values.push_back({h.low, told(h.low)});
  for (const double v : single ? decltype(round){} : round)
    values.push_back({as_percent ? v / 100 : v, as_percent ? percent(v / 100, decimals_for(round)) : money(v, static_cast<unsigned>(decimals_for(round)))});
  c.labels_below(values);
  for (std::size_t i = 0; i < h.counts.size(); ++i) {
    if (h.counts[i] == 0) continue;
    const double from = single ? h.low - width / 2 : h.low + width * static_cast<double>(i), to = from + width, gap = width * 0.05;
    c.bar((from + to) / 2 < 0 ? "bar-loss" : "bar-gain", from + gap, to - gap, static_cast<double>(h.counts[i]),
          single ? fmt::format("{}: {}", told(h.low), h.counts[i]) : fmt::format("{} to {}: {}", told(from), told(to), h.counts[i]));
  }
  return c.svg("low");
}

/// The trades that are drawn: of all of them the largest results, in the order of time.
std::vector<const run_trade*> drawn_trades(const run_report& r) {
  std::vector<const run_trade*> all;
  for (const auto& t : r.history.trades) all.push_back(&t);
  if (all.size() <= drawn_trades_max) return all;
  std::stable_sort(all.begin(), all.end(), [](auto* a, auto* b) { return std::abs(a->profit.value) > std::abs(b->profit.value); });
  all.resize(drawn_trades_max);
  std::sort(all.begin(), all.end(), [](auto* a, auto* b) { return a->closed_seq < b->closed_seq; });
  return all;
}

std::string tooltip_of(const run_report& r, const run_trade& t, unsigned price_decimals) {
  const auto& f = t.figures;
  return fmt::format("{} {} {} \u2013 in {} at {:.{}f}, out {} at {:.{}f}: {} {}", name_of(r, f.strategy), f.direction == side::buy ? "long" : "short",
                     ratio(f.quantity, 0), minute(f.entered), f.entry_price, price_decimals, minute(f.exited), f.exit_price, price_decimals,
                     money(t.profit, r.history.account.minor_units), currency_code(r));
}

std::string price_chart(const run_report& r, instrument_id id, const run_instrument& instrument, const std::vector<const run_trade*>& trades,
                        std::size_t traded) {
  const auto& h = r.history;
  const unsigned decimals = instrument.terms.price_precision;
  std::vector<chart_point> closes, extremes;
  std::vector<chart::stroke> ranges;
  for (const auto& b : instrument.prices.buckets()) {
    const auto x = static_cast<double>(b.opened.ns + instrument.prices.step_ns() / 2);
    closes.push_back({x, b.close});
    ranges.push_back({x, b.low, b.high});
    extremes.push_back({x, b.low});
    extremes.push_back({x, b.high});
  }
  if (closes.empty()) return {};
  for (const auto* t : trades) {
    extremes.push_back({0, t->figures.entry_price});
    extremes.push_back({0, t->figures.exit_price});
  }
  const auto y = range_of(extremes, 0.04);
  const std::string symbol(instrument.terms.symbol.view());
  chart c("price-" + std::to_string(id.value), symbol + ": price and trades",
          fmt::format("The mid price of {} with the entry and exit of each trade; the table of trades has the numbers.", symbol), time_of(h), y);
  std::vector<tick> values;
  for (const double v : round_values(y.low, y.high, values_max)) values.push_back({v, fmt::format("{:.{}f}", v, std::min(decimals, 5u))});
  c.horizontal_lines(values);
  c.labels_below(round_moments(h.first, h.last, moments_max));
  c.strokes("range", ranges);
  c.line("close", closes);
  for (const auto* t : trades) {
    const auto& f = t->figures;
    const bool bought = f.direction == side::buy;
    c.pair(std::string("pair ") + (bought ? "buy" : "sell") + (t->profit.value > 0 ? " won" : " lost"), {static_cast<double>(f.entered.ns), f.entry_price},
           bought ? "up" : "down", {static_cast<double>(f.exited.ns), f.exit_price}, "dot", tooltip_of(r, *t, decimals));
  }
  const std::string shown = trades.size() == traded ? grouped(traded) + (traded == 1 ? " trade" : " trades")
                                                    : fmt::format("the {} largest of {} trades", grouped(trades.size()), grouped(traded));
  return figure(fmt::format("<strong>{}</strong> \u2013 mid price in steps of {}, {}", escaped(symbol),
                            duration(static_cast<double>(instrument.prices.step_ns()) / 1e9), shown),
                c.svg("tall"));
}

}  // namespace

std::string equity_chart(const run_report& r) {
  std::vector<chart_point> points;
  for (const auto& p : r.history.equity) points.push_back({static_cast<double>(p.at.ns), p.equity});
  const auto y = range_of(points, 0.06);
  chart c("equity", "Equity",
          fmt::format("Equity in {} from {} to {}: from {} to {}.", currency_code(r), minute(r.history.first), minute(r.history.last),
                      money(points.front().y, 2), money(points.back().y, 2)),
          time_of(r.history), y);
  axes(c, r.history, y, false);
  c.area("filled", drawn(points), y.low);
  c.line("curve", drawn(points));
  return figure(fmt::format("Equity, {} \u2013 valued at each fill and at the end of each trading day", escaped(currency_code(r))), c.svg(""));
}

std::string drawdown_chart(const run_report& r) {
  // Of what an invested unit became, so that money paid in or out is no draw-down.
  const auto series = statistics::days_of(r.history.equity, r.history.boundaries());
  if (!series || series->growth.empty()) return nothing("No draw-down: there is no equity curve.");
  std::vector<chart_point> points;
  double peak = series->growth.front(), deepest = 0;
  for (std::size_t i = 0; i < series->growth.size(); ++i) {
    peak = std::max(peak, series->growth[i]);
    const double under = peak > 0 ? series->growth[i] / peak - 1 : 0;
    deepest = std::min(deepest, under);
    points.push_back({static_cast<double>(r.history.equity[i].at.ns), under});
  }
  const chart::range y{deepest == 0 ? -0.01 : deepest * 1.08, 0};
  chart c("drawdown", "Draw-down", fmt::format("Fall below the highest equity so far; the deepest is {}.", percent(-deepest)), time_of(r.history), y);
  axes(c, r.history, y, true);
  c.area("under", drawn(points), 0);
  return figure("Draw-down below the highest equity so far, flows removed", c.svg("low"));
}

std::string price_charts(const run_report& r) {
  if (r.history.trades.empty()) return nothing("No trade was closed.");
  std::map<instrument_id, std::size_t> counts;
  for (const auto& t : r.history.trades) ++counts[t.figures.instrument];
  std::vector<std::pair<instrument_id, std::size_t>> most(counts.begin(), counts.end());
  std::stable_sort(most.begin(), most.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  const auto trades = drawn_trades(r);
  std::string out =
      "<p><span class=\"key\">\u25B2 long entry</span><span class=\"key\">\u25BC short entry</span><span class=\"key\">\u25CF exit</span>"
      "<span class=\"key gain\">\u2500\u2500 won</span><span class=\"key loss\">\u2504\u2504 lost</span></p>\n";
  for (std::size_t i = 0; i < most.size() && i < drawn_instruments_max; ++i) {
    std::vector<const run_trade*> of_instrument;
    for (const auto* t : trades)
      if (t->figures.instrument == most[i].first) of_instrument.push_back(t);
    const auto found = r.history.instruments.find(most[i].first);
    if (found != r.history.instruments.end()) out += price_chart(r, most[i].first, found->second, of_instrument, most[i].second);
  }
  if (most.size() > drawn_instruments_max)
    out += nothing(fmt::format("{} more instruments were traded less; the table by instrument has them.", most.size() - drawn_instruments_max));
  return out;
}

std::string return_histogram(const run_report& r) {
  const auto& h = r.statistics.daily_returns;
  if (h.counts.empty()) return nothing("No daily returns: no trading day has ended.");
  return figure(fmt::format("Daily returns \u2013 how many of {} days", r.statistics.days.size()),
                histogram_chart(r, "returns", h, "Distribution of daily returns", true));
}

std::string profit_histogram(const run_report& r) {
  const auto& h = r.statistics.trade_profits;
  if (h.counts.empty()) return nothing("No trade was closed.");
  return figure(fmt::format("Profit of a trade, {} \u2013 how many of {}", escaped(currency_code(r)), grouped(r.history.trades.size())),
                histogram_chart(r, "profits", h, "Distribution of the profits of trades", false));
}

std::string exposure_chart(const run_report& r) {
  const auto& steps = r.history.exposure_steps.steps();
  if (steps.empty()) return nothing("Nothing was held.");
  std::vector<chart_point> longs, shorts;
  double high = 0, low = 0;
  for (const auto& s : steps) {
    const auto x = static_cast<double>(s.from.ns);
    longs.push_back({x, s.long_value});
    shorts.push_back({x, -s.short_value});
    high = std::max(high, s.long_value);
    low = std::min(low, -s.short_value);
  }
  // What the last merged step hides.
  const auto& newest = r.history.exposure_steps.newest();
  longs.push_back({static_cast<double>(newest.from.ns), newest.long_value});
  shorts.push_back({static_cast<double>(newest.from.ns), -newest.short_value});
  const auto end = static_cast<double>(r.history.last.ns);
  longs.push_back({end, longs.back().y});
  shorts.push_back({end, shorts.back().y});
  const double around = std::max(1.0, (high - low) * 0.06);
  const chart::range y{low - around, high + around};
  chart c("exposure", "Exposure", fmt::format("What is held long (above zero) and short (below), in {}.", currency_code(r)), time_of(r.history), y);
  axes(c, r.history, y, false);
  c.steps("long", longs, 0);
  c.steps("short", shorts, 0);
  return figure(fmt::format("Held long (above 0) and short (below 0), {}, valued at the last change of a position{}", escaped(currency_code(r)),
                            r.history.exposure_steps.thinned() ? "; the highest of some changes in a row" : ""),
                c.svg("low"));
}

}  // namespace tomnext::replay::html
