#include "actors/replay/sweep_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "actors/replay/csv_text.hpp"
#include "actors/replay/digits.hpp"
#include "actors/replay/json_optional.hpp"
#include "domain/statistics/returns.hpp"

namespace tomnext::replay {
namespace {

using json = nlohmann::ordered_json;

std::string number(const std::optional<double>& x, double times = 1) { return x ? fmt::format("{:.2f}", times * *x) : "n/a"; }
std::string money(std::int64_t minor, const sweep_result& s) { return tomnext::to_string(amount{minor}, s.minor_units); }

std::string best_rows(const sweep_report& r, const std::vector<std::size_t>& order) {
  const auto& s = r.result;
  std::string out;
  std::vector<std::size_t> widths;
  for (std::size_t a = 0; a < s.axes.size(); ++a) {
    std::size_t w = s.axes[a].name.size();
    for (const auto& v : s.axes[a].values) w = std::max(w, v.size());
    widths.push_back(w);
    out += fmt::format("  {:>{}}", s.axes[a].name, w);
  }
  out += fmt::format("  {:>16}  {:>8}  {:>7}  {:>7}  {:>9}  {:>7}  {:>6}  {:>9}\n", "final balance", "return %", "Sharpe", "Sortino", "drawdown %", "profit f.",
                     "trades", "deflated %");
  for (std::size_t i = 0; i < order.size() && i < r.shown; ++i) {
    const auto& row = s.rows[order[i]];
    for (std::size_t a = 0; a < s.axes.size(); ++a) out += fmt::format("  {:>{}}", row.point[a], widths[a]);
    out += fmt::format("  {:>16}  {:>+8.2f}  {:>7}  {:>7}  {:>10.2f}  {:>9}  {:>6}  {:>10}\n", grouped(money(row.final_balance, s)), 100 * row.total_return,
                       number(row.sharpe), number(row.sortino), 100 * row.max_drawdown, number(row.profit_factor), grouped(row.positions),
                       number(r.luck.deflated_sharpe[order[i]], 100));
  }
  return out;
}

std::string luck_lines(const sweep_luck& l) {
  std::string out = fmt::format("\nof {} rows, which count for {:.1f} independent trials", grouped(l.trials), l.independent_trials);
  out +=
      fmt::format("; luck alone would have found a Sharpe ratio of {:.2f} a year\n", l.expected_highest_sharpe * std::sqrt(statistics::trading_days_per_year));
  out += "  deflated %  probability that a row's true ratio exceeds that (deflated Sharpe ratio; above 95 is worth a second look)\n";
  if (l.overfitting)
    out += fmt::format(
        "  probability of back-test overfitting {:.1f} %: so often the best half-time row was below the median in the other half ({} splits of {} blocks)\n",
        100 * l.overfitting->probability_of_overfitting, grouped(l.overfitting->splits), l.overfitting_blocks);
  if (!l.why_not.empty()) out += "  n/a: " + l.why_not + "\n";
  return out;
}

std::string walk_lines(const sweep_report& r) {
  const auto& w = *r.walk;
  std::string out = "\nwalk forward: the best in training, and what it earned in the test\n";
  for (const auto& x : w.windows)
    out += fmt::format("  {} to {}  Sharpe {:>6}  then {} to {}  Sharpe {:>6}  return {:>+7.2f} %  {}\n", tomnext::to_string(x.train_first),
                       tomnext::to_string(x.train_last), number(x.train_sharpe), tomnext::to_string(x.test_first), tomnext::to_string(x.test_last),
                       number(x.test_sharpe), 100 * x.test_return, to_text(r.result.axes, r.result.rows[x.best].point));
  out += fmt::format("  all tests: {} days, return {:+.2f} %, Sharpe {}, max drawdown {:.2f} %, probability that the true ratio is above 0: {} %\n",
                     w.returns.size(), 100 * w.total_return, number(w.sharpe), 100 * w.max_drawdown, number(w.probabilistic_sharpe, 100));
  return out;
}

json row_json(const sweep_report& r, std::size_t place) {
  const auto& row = r.result.rows[place];
  std::vector<std::string> names;
  for (const auto& a : r.result.axes) names.push_back(a.name);
  auto j = json::parse(to_json(row, names, r.result.minor_units));
  j.erase("daily_equity");
  j.erase("crc32c");  // of the line in the file
  j["probabilistic_sharpe"] = or_null(r.luck.probabilistic_sharpe[place]);
  j["deflated_sharpe"] = or_null(r.luck.deflated_sharpe[place]);
  return j;
}

}  // namespace

std::string to_table(const sweep_report& r) {
  const auto& s = r.result;
  const auto order = ranked(s.rows, r.by);
  const auto failed = s.rows.size() - order.size();
  std::string out = fmt::format("sweep of {} combinations, {} days", grouped(s.rows.size()), grouped(s.days.size()));
  if (s.resumed > 0) out += fmt::format(", {} of them from before", grouped(s.resumed));
  out += "\n";
  if (s.refused > 0) out += fmt::format("  {} combinations that the strategy does not take are left out ({})\n", grouped(s.refused), s.first_refusal);
  if (failed > 0) {
    const auto bad = std::find_if(s.rows.begin(), s.rows.end(), [](const auto& x) { return !x.failure.empty(); });
    out += fmt::format("  {} back-tests ended early ({}: {})\n", grouped(failed), to_text(s.axes, bad->point), bad->failure);
  }
  if (!s.slow_reason.empty()) out += "  every quote was taken through every host: " + s.slow_reason + "\n";
  out += "\n" + best_rows(r, order);
  if (order.size() > r.shown) out += fmt::format("  … {} more\n", grouped(order.size() - r.shown));
  out += luck_lines(r.luck);
  if (r.walk) out += walk_lines(r);
  if (const auto map = to_text(heat_map_of(r)); !map.empty()) out += "\n" + map;
  out += fmt::format("\n  {:.1f} s\n", r.elapsed_ms / 1000);
  return out;
}

std::string to_json(const sweep_report& r) {
  const auto& s = r.result;
  json j;
  j["combinations"] = s.rows.size();
  j["resumed"] = s.resumed;
  j["refused"] = s.refused;
  j["days"] = s.days.size();
  j["currency"] = s.currency;
  j["best"] = json::array();
  const auto order = ranked(s.rows, r.by);
  j["failed"] = s.rows.size() - order.size();
  for (std::size_t i = 0; i < order.size() && i < r.shown; ++i) j["best"].push_back(row_json(r, order[i]));
  const auto& l = r.luck;
  j["luck"] = {{"trials", l.trials}, {"independent_trials", l.independent_trials}, {"expected_highest_sharpe_per_day", l.expected_highest_sharpe}};
  j["luck"]["probability_of_overfitting"] = l.overfitting ? json(l.overfitting->probability_of_overfitting) : json(nullptr);
  j["luck"]["probability_of_loss"] = l.overfitting ? json(l.overfitting->probability_of_loss) : json(nullptr);
  j["luck"]["blocks"] = l.overfitting_blocks;
  if (!l.why_not.empty()) j["luck"]["absent_because"] = l.why_not;
  if (r.walk) {
    const auto& w = *r.walk;
    j["walk_forward"] = {{"days", w.returns.size()}, {"total_return", w.total_return}, {"max_drawdown", w.max_drawdown}};
    j["walk_forward"]["sharpe"] = or_null(w.sharpe);
    j["walk_forward"]["probabilistic_sharpe"] = or_null(w.probabilistic_sharpe);
    auto& windows = j["walk_forward"]["windows"] = json::array();
    for (const auto& x : w.windows) {
      json window{{"train", {tomnext::to_string(x.train_first), tomnext::to_string(x.train_last)}},
                  {"test", {tomnext::to_string(x.test_first), tomnext::to_string(x.test_last)}}};
      for (std::size_t a = 0; a < s.axes.size(); ++a) window["parameters"][s.axes[a].name] = s.rows[x.best].point[a];
      window["train_sharpe"] = or_null(x.train_sharpe);
      window["test_sharpe"] = or_null(x.test_sharpe);
      window["test_return"] = x.test_return;
      windows.push_back(std::move(window));
    }
  }
  if (!s.slow_reason.empty()) j["every_quote_because"] = s.slow_reason;
  j["elapsed_ms"] = r.elapsed_ms;
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string to_csv(const sweep_report& r) {
  const auto& s = r.result;
  const auto text = [](const std::optional<double>& x) { return x ? fmt::format("{}", *x) : std::string(); };
  std::string out;
  for (const auto& a : s.axes) out += csv_text(a.name) + ",";
  out +=
      "final_balance,commission,financing,total_return,sharpe,sortino,max_drawdown,win_rate,profit_factor,orders,denied_orders,rejected_orders,fills,positions,"
      "open_positions,probabilistic_sharpe,deflated_sharpe,failure\n";
  for (std::size_t i = 0; i < s.rows.size(); ++i) {
    const auto& row = s.rows[i];
    for (const auto& v : row.point) out += v + ",";  // numbers
    if (!row.failure.empty()) {
      out += std::string(17, ',') + csv_text(row.failure) + "\n";
      continue;
    }
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},\n", money(row.final_balance, s), money(row.commission, s), money(row.financing, s),
                       row.total_return, text(row.sharpe), text(row.sortino), row.max_drawdown, text(row.win_rate), text(row.profit_factor), row.orders,
                       row.denied_orders, row.rejected_orders, row.fills, row.positions, row.open_positions, text(r.luck.probabilistic_sharpe[i]),
                       text(r.luck.deflated_sharpe[i]));
  }
  return out;
}

}  // namespace tomnext::replay
