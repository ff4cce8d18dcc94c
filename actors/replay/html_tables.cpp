#include "actors/replay/html_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "actors/replay/digits.hpp"
#include "actors/replay/html_text.hpp"
#include "domain/statistics/returns.hpp"

namespace tomnext::replay::html {
namespace {

constexpr std::array<const char*, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string currency_of(const run_report& r) { return escaped(r.history.account.in.code.view()); }
std::string cash(const run_report& r, double x) { return money(x, r.history.account.minor_units) + "\u00A0" + currency_of(r); }
std::string cash(const run_report& r, amount a) { return money(a, r.history.account.minor_units) + "\u00A0" + currency_of(r); }
const char* sign_class(double x) { return x > 0 ? "gain" : x < 0 ? "loss" : ""; }
std::string strategy_name(const run_report& r, strategy_id s) {
  const auto found = r.history.strategies.find(s);
  return escaped(found == r.history.strategies.end() ? "strategy " + std::to_string(s.value) : found->second.name);
}
std::string symbol_of(const run_report& r, instrument_id i) {
  const auto found = r.history.instruments.find(i);
  return escaped(found == r.history.instruments.end() ? "instrument " + std::to_string(i.value) : std::string(found->second.terms.symbol.view()));
}
unsigned price_decimals(const run_report& r, instrument_id i) {
  const auto found = r.history.instruments.find(i);
  return found == r.history.instruments.end() ? 5 : found->second.terms.price_precision;
}

/// A table of name, value and what the figure means; the meaning gives way on a phone.
class figures {
 public:
  explicit figures(std::string_view caption) { out_ = fmt::format("<table class=\"keep\"><caption>{}</caption><tbody>", caption); }
  figures& row(std::string_view name, const std::string& value, std::string_view meaning = "") {
    out_ += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"meaning\">{}</td></tr>", name, value, meaning);
    return *this;
  }
  template <class Format>
  figures& row(std::string_view name, const std::optional<double>& value, Format format, std::string_view why_absent, std::string_view meaning = "") {
    return row(name, value ? format(*value) : absent(why_absent), meaning);
  }
  [[nodiscard]] std::string text() const { return out_ + "</tbody></table>\n"; }

 private:
  std::string out_;
};

const auto as_percent = [](double x) { return percent(x); };
const auto as_ratio = [](double x) { return ratio(x); };
const auto as_duration = [](double x) { return duration(x); };

std::string why_no_measure(const run_report& r) {
  const auto days = r.statistics.total.days;
  if (days < statistics::returns_min) return fmt::format("{} daily returns, {} needed", days, statistics::returns_min);
  return "its divisor is 0";
}

std::string card(std::string_view name, const std::string& value, std::string_view css = "", const std::string& note = "") {
  return fmt::format("<div class=\"card\"><dt>{}</dt><dd class=\"{}\">{}{}</dd></div>", name, css, value, note.empty() ? "" : "<small>" + note + "</small>");
}

std::string heat_class(double x, double largest) {
  if (largest <= 0 || x == 0) return "";
  const double part = std::abs(x) / largest;
  return std::string(x > 0 ? "g" : "l") + (part > 0.66 ? "3" : part > 0.33 ? "2" : "1");
}

std::string trades_row(const run_report& r, const std::string& name, const statistics::trade_statistics& s) {
  const auto or_none = [](const std::optional<double>& x, auto format) { return x ? format(*x) : std::string("n/a"); };
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td>{}</td><td class=\"wide\">{}</td><td class=\"wide\">{}</td></tr>", name,
      grouped(s.trades), sign_class(s.net_profit), cash(r, s.net_profit), or_none(s.win_rate, as_percent), or_none(s.profit_factor, as_ratio),
      or_none(s.expectancy, [&](double x) { return cash(r, x); }), or_none(s.average_duration_s, as_duration));
}
std::string trades_head(std::string_view caption, std::string_view first) {
  return fmt::format(
      "<table><caption>{}</caption><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">Trades</th><th scope=\"col\">Net profit</th><th scope=\"col\">Won</th>"
      "<th scope=\"col\">Profit factor</th><th scope=\"col\" class=\"wide\">Expectancy</th><th scope=\"col\" class=\"wide\">Mean "
      "duration</th></tr></thead><tbody>",
      caption, first);
}

}  // namespace

std::string key_figures(const run_report& r) {
  const auto& p = r.statistics.total;
  const auto& t = r.statistics.trades;
  const auto& b = r.history.bridge;
  const double net = r.history.whole(b.final_balance) - r.history.whole(b.opening) - r.history.whole(b.flows);
  std::string out = "<dl class=\"cards\">";
  out += card("Final balance", cash(r, b.final_balance), "", "from " + cash(r, b.opening));
  out += card("Result", p.total_return ? percent(*p.total_return) : absent("no trading day"), sign_class(net), cash(r, net));
  out += card("Deepest draw-down", percent(p.max_drawdown_of_points), p.max_drawdown_of_points > 0 ? "loss" : "",
              "longest " + duration(static_cast<double>(p.max_drawdown_duration_ns) / 1e9));
  out += card("Sharpe ratio", p.sharpe ? ratio(*p.sharpe) : absent(why_no_measure(r)), "", fmt::format("yearly, of {} days", p.days));
  out += card("Trades", grouped(t.trades), "", fmt::format("{} long, {} short", grouped(t.longs), grouped(t.shorts)));
  out += card("Won", t.win_rate ? percent(*t.win_rate) : absent("no trades"), "", fmt::format("{} won, {} lost", grouped(t.wins), grouped(t.losses)));
  out += card("Profit factor", t.profit_factor ? ratio(*t.profit_factor) : absent(t.trades == 0 ? "no trades" : "no losing trade"), "",
              "gross profit / gross loss");
  out += card("Time in the market", percent(1 - r.history.exposure.flat_share), "", "weekends count");
  return out + "</dl>\n";
}

std::string monthly_table(const run_report& r) {
  if (r.statistics.monthly_table.empty()) return "<p class=\"quiet\">No trading day has ended.</p>\n";
  double largest = 0;
  for (const auto& y : r.statistics.monthly_table)
    for (const auto& m : y.month_returns) largest = std::max(largest, std::abs(m.value_or(0)));
  std::string out = "<div class=\"months\"><table><caption>Returns by month, time-weighted</caption><thead><tr><th scope=\"col\">Year</th>";
  for (const auto* m : month_names) out += fmt::format("<th scope=\"col\">{}</th>", m);
  out += "<th scope=\"col\">Year</th></tr></thead><tbody>";
  for (const auto& y : r.statistics.monthly_table) {
    out += fmt::format("<tr><th scope=\"row\">{}</th>", y.year);
    for (std::size_t i = 0; i < month_names.size(); ++i) {
      const auto& m = y.month_returns.at(i);
      if (m) out += fmt::format("<td data-month=\"{}\" class=\"{}\">{}</td>", month_names.at(i), heat_class(*m, largest), percent(*m));
      else out += "<td class=\"empty\"></td>";
    }
    out += fmt::format("<td data-month=\"Year\" class=\"{}\"><strong>{}</strong></td></tr>", sign_class(y.year_return), percent(y.year_return));
  }
  return out + "</tbody></table></div>\n";
}

std::string performance_tables(const run_report& r) {
  const auto& p = r.statistics.total;
  const auto why = why_no_measure(r);
  figures returns("Return");
  returns.row("Total return", p.total_return, as_percent, "no trading day", "days compounded, money paid in or out removed")
      .row("A year (CAGR)", p.cagr, as_percent, why, "(1 + total)^(252 / days) \u2212 1")
      .row("Volatility", p.volatility, as_percent, why, "sample deviation of daily returns \u00D7 \u221A252")
      .row("Sharpe ratio", p.sharpe, as_ratio, why, "mean / deviation of daily returns \u00D7 \u221A252, risk-free rate 0")
      .row("Sortino ratio", p.sortino, as_ratio, why, "mean / downside deviation \u00D7 \u221A252, target 0")
      .row("Calmar ratio", p.calmar, as_ratio, why, "CAGR / deepest draw-down of the days")
      .row("Omega", p.omega, as_ratio, why, "gains / losses of days, threshold 0")
      .row("Tail ratio", p.tail_ratio, as_ratio, why, "|95th percentile| / |5th percentile| of days")
      .row("Stability", p.stability, as_ratio, why, "R\u00B2 of the logarithm of growth against time")
      .row("Skewness", p.skewness, as_ratio, why)
      .row("Excess kurtosis", p.excess_kurtosis, as_ratio, why)
      .row("Kelly leverage", p.kelly_leverage, as_ratio, why, "mean / variance of daily returns")
      .row("True Sharpe above 0", p.probabilistic_sharpe, as_percent, why, "probabilistic Sharpe ratio")
      .row(
          "Track record needed", p.minimum_track_record_days, [](double x) { return ratio(x, 0) + "\u00A0days"; },
          p.sharpe && *p.sharpe <= 0 ? "the Sharpe ratio is not above 0" : why, "until a Sharpe ratio above 0 is 95 % certain");
  figures risk("Risk");
  risk.row("Deepest draw-down", percent(p.max_drawdown_of_points), "of all valuations, within days too")
      .row("of the days\u2019 ends", percent(p.max_drawdown), "")
      .row("Longest under water", duration(static_cast<double>(p.max_drawdown_duration_ns) / 1e9), "from a peak to its recovery, or to the end")
      .row("of the days\u2019 ends", fmt::format("{}\u00A0days", p.max_drawdown_duration_days), "trading days")
      .row("Ulcer index", p.ulcer_index, as_ratio, why, "root of the mean squared draw-down")
      .row("Value at risk, 95 %", p.value_at_risk_95, as_percent, why, "historical, of one day; a loss is positive")
      .row("Expected shortfall, 95 %", p.expected_shortfall_95, as_percent, why, "mean of the days beyond it")
      .row("Value at risk, 99 %", p.value_at_risk_99, as_percent, why)
      .row("Expected shortfall, 99 %", p.expected_shortfall_99, as_percent, why)
      .row("Best day", p.best_day, as_percent, "no trading day")
      .row("Worst day", p.worst_day, as_percent, "no trading day")
      .row("Days with a gain", p.positive_days_share, as_percent, "no trading day", fmt::format("of {} days", p.days));
  return "<div class=\"two\">" + returns.text() + risk.text() + "</div>\n";
}

std::string drawdown_table(const run_report& r) {
  if (r.statistics.drawdowns.empty()) return "<p class=\"quiet\">No day ended below an earlier one\u2019s equity.</p>\n";
  std::string out =
      "<table><caption>The deepest draw-downs, of the days\u2019 ends</caption><thead><tr><th scope=\"col\">First day under</th><th scope=\"col\">Trough</th>"
      "<th scope=\"col\">Recovered</th><th scope=\"col\">Depth</th><th scope=\"col\">Days</th></tr></thead><tbody>";
  for (const auto& d : r.statistics.drawdowns)
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"loss\">{}</td><td>{}</td></tr>", to_string(d.first_day_under), to_string(d.trough),
                       d.recovery ? to_string(*d.recovery) : "not yet", percent(d.depth), d.duration_days);
  return out + "</tbody></table>\n";
}

std::string trade_tables(const run_report& r) {
  const auto& t = r.statistics.trades;
  const std::string none = t.trades == 0 ? "no trades" : "";
  const auto why = [&](const char* otherwise) { return none.empty() ? std::string(otherwise) : none; };
  const auto as_cash = [&](double x) { return cash(r, x); };
  const std::string no_excursion = why("a trade could not be valued throughout");
  figures results("Trades: results");
  results.row("Closed trades", grouped(t.trades), "positions, from opening to closing")
      .row("Net profit", cash(r, t.net_profit), "after commission and financing")
      .row("Gross profit", cash(r, t.gross_profit))
      .row("Gross loss", cash(r, t.gross_loss))
      .row("Commission", cash(r, t.commission), "paid, contained in the profits")
      .row("Profit factor", t.profit_factor, as_ratio, why("no losing trade"), "gross profit / gross loss")
      .row("Won", t.win_rate, as_percent, why(""))
      .row("Expectancy", t.expectancy, as_cash, why(""), "mean profit of a trade")
      .row("Mean win", t.average_win, as_cash, why("no winning trade"))
      .row("Mean loss", t.average_loss, as_cash, why("no losing trade"))
      .row("Payoff ratio", t.payoff_ratio, as_ratio, why("no winning or no losing trade"), "mean win / mean loss")
      .row("Largest win", t.largest_win, as_cash, why("no winning trade"))
      .row("Largest loss", t.largest_loss, as_cash, why("no losing trade"));
  figures course("Trades: course");
  course.row("Mean duration", t.average_duration_s, as_duration, why(""))
      .row("of winners", t.average_win_duration_s, as_duration, why("no winning trade"))
      .row("of losers", t.average_loss_duration_s, as_duration, why("no losing trade"))
      .row("Longest", t.max_duration_s, as_duration, why(""))
      .row("Wins in a row", grouped(t.wins_in_a_row_max), "at most")
      .row("Losses in a row", grouped(t.losses_in_a_row_max), "at most")
      .row("System quality number", t.system_quality_number, as_ratio, why("fewer than two trades, or no deviation"),
           "\u221An \u00D7 mean / deviation of profits")
      .row("Kelly fraction", t.kelly_fraction, as_percent, why("no winning or no losing trade"), "W \u2212 (1 \u2212 W) / payoff")
      .row("Draw-down of closed trades", cash(r, t.max_closed_drawdown))
      .row("Mean adverse excursion", t.average_adverse_excursion, as_cash, no_excursion, "lowest profit while open, before costs")
      .row("Mean favourable excursion", t.average_favourable_excursion, as_cash, no_excursion, "highest profit while open, before costs")
      .row("Given back", t.average_given_back, as_cash, no_excursion, "mean of favourable excursion \u2212 profit");
  std::string out = "<div class=\"two\">" + results.text() + course.text() + "</div>\n";
  if (t.trades == 0) return out;
  out += trades_head("By strategy", "Strategy");
  for (const auto& s : r.statistics.trades_by_strategy) out += trades_row(r, strategy_name(r, s.strategy), s.statistics);
  out += "</tbody></table>\n" + trades_head("By instrument", "Instrument");
  for (const auto& s : r.statistics.trades_by_instrument) out += trades_row(r, symbol_of(r, s.instrument), s.statistics);
  return out + "</tbody></table>\n";
}

std::string exposure_table(const run_report& r) {
  const auto& e = r.history.exposure;
  figures t("Exposure over the whole time, weekends too");
  t.row("Held long", percent(e.long_share), "share of the time")
      .row("Held short", percent(e.short_share), "share of the time")
      .row("Nothing held", percent(e.flat_share))
      .row("Mean of what is held", cash(r, e.gross_mean), "long and short added, over all of the time")
      .row("Most held", cash(r, e.gross_max));
  if (!r.history.equity.empty() && r.history.equity.front().equity > 0)
    t.row("of the opening equity", ratio(e.gross_max / r.history.equity.front().equity) + "\u00A0times", "leverage at the most");
  return t.text();
}

std::string balance_table(const run_report& r) {
  const auto& b = r.history.bridge;
  const amount before_costs{b.closed_trades.value + b.open_positions.value + b.commission.value - (b.financing.value - b.financing_apart.value)};
  figures t("How the balance came about");
  t.row("Opening balance", cash(r, b.opening));
  if (b.flows.value != 0) t.row("Paid in and out", cash(r, b.flows));
  t.row("Trading result before costs", cash(r, before_costs), r.history.open_positions.empty() ? "" : "with what open positions have realised")
      .row("Commission", cash(r, amount{-b.commission.value}))
      .row("Financing", cash(r, b.financing), "of positions held over a day\u2019s end; a trade\u2019s profit contains its own");
  if (b.other.value != 0) t.row("Booked otherwise", cash(r, b.other), "by events that this build does not know");
  t.row("<strong>Final balance</strong>", "<strong>" + cash(r, b.final_balance) + "</strong>");
  if (r.history.unrealised.value != 0) t.row("Unrealised", cash(r, r.history.unrealised), "of open positions, at the last valuation; not in the balance");
  return t.text();
}

std::string open_positions_table(const run_report& r) {
  const auto& open = r.history.open_positions;
  if (open.empty()) return "";
  std::string out = fmt::format(
      "<table><caption>Still open: {}</caption><thead><tr><th scope=\"col\">Since (UTC)</th><th scope=\"col\" class=\"text\">Strategy</th><th scope=\"col\" "
      "class=\"text\">Instrument</th><th scope=\"col\">Size</th><th scope=\"col\">Mean price</th><th scope=\"col\" class=\"wide\">Booked so "
      "far</th></tr></thead><tbody>",
      grouped(open.size()));
  for (std::size_t i = 0; i < open.size() && i < listed_trades_max; ++i) {
    const auto& p = open[i];
    out += fmt::format("<tr><td>{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td><td>{}</td><td>{:.{}f}</td><td class=\"wide\">{}</td></tr>",
                       minute(p.entered), strategy_name(r, p.strategy), symbol_of(r, p.instrument), ratio(p.net.to_double(), 0), p.average_price,
                       price_decimals(r, p.instrument), cash(r, p.booked));
  }
  return out + "</tbody></table>\n";
}

std::string list_of_trades(const run_report& r) {
  const auto& all = r.history.trades;
  if (all.empty()) return "<p class=\"quiet\">No trade was closed.</p>\n";
  const auto first = all.size() > listed_trades_max ? all.size() - listed_trades_max : 0;
  std::string out = fmt::format(
      "<table><caption>{}</caption><thead><tr><th scope=\"col\">Entered (UTC)</th><th scope=\"col\" class=\"wide\">Exited (UTC)</th><th scope=\"col\" "
      "class=\"text "
      "wide\">Strategy</th><th scope=\"col\" class=\"text\">Instrument</th><th scope=\"col\" class=\"text\">Side</th><th scope=\"col\" "
      "class=\"wide\">Size</th><th "
      "scope=\"col\">In</th><th scope=\"col\">Out</th><th scope=\"col\">Profit, {}</th><th scope=\"col\" class=\"wide\">Worst</th><th scope=\"col\" "
      "class=\"wide\">Best</th></tr></thead><tbody>\n",
      first == 0 ? grouped(all.size()) + (all.size() == 1 ? " trade" : " trades")
                 : fmt::format("The last {} of {} trades; --csv writes all of them", grouped(listed_trades_max), grouped(all.size())),
      currency_of(r));
  const auto excursion = [&](const std::optional<double>& x) { return x ? money(*x, 0) : std::string("n/a"); };
  for (auto i = first; i < all.size(); ++i) {
    const auto& t = all[i];
    const auto& f = t.figures;
    const auto decimals = price_decimals(r, f.instrument);
    out += fmt::format(
        "<tr><td>{}</td><td class=\"wide\">{}</td><td class=\"text wide\">{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"wide\">{}</td>"
        "<td>{:.{}f}</td><td>{:.{}f}</td><td class=\"{}\">{}</td><td class=\"wide\">{}</td><td class=\"wide\">{}</td></tr>\n",
        minute(f.entered), minute(f.exited), strategy_name(r, f.strategy), symbol_of(r, f.instrument), f.direction == side::buy ? "long" : "short",
        ratio(f.quantity, 0), f.entry_price, decimals, f.exit_price, decimals, sign_class(f.profit), money(t.profit, r.history.account.minor_units),
        excursion(f.adverse_excursion), excursion(f.favourable_excursion));
  }
  return out + "</tbody></table>\n";
}

std::string event_counts(const run_report& r) {
  std::string out = "<table><caption>Events by type</caption><thead><tr><th scope=\"col\">Type</th><th scope=\"col\">Number</th></tr></thead><tbody>";
  for (std::uint16_t type = 0; type < event_numbers; ++type)
    if (r.history.count(type) > 0) out += fmt::format("<tr><td>{}</td><td>{}</td></tr>", event_name(type), grouped(r.history.count(type)));
  return out + "</tbody></table>\n";
}

}  // namespace tomnext::replay::html
