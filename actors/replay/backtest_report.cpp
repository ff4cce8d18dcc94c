// A back-test's report for people, and as JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "actors/replay/backtest.hpp"
#include "actors/replay/digits.hpp"
#include "actors/replay/json_optional.hpp"

namespace tomnext::replay {
namespace {

std::string money(amount a, const backtest_report& r) { return tomnext::to_string(a, r.minor_units); }

// "2012-02-01 00:05"
std::string minutes_of(timestamp t) {
  auto text = tomnext::to_string(t).substr(0, 16);
  text[10] = ' ';
  return text;
}

// ", compat, 29 bookings: for comparison only, financially wrong"
std::string financing_note(const backtest_report& r) {
  if (r.method == financing_method::none && r.financing_bookings == 0) return ", none: positions held overnight neither cost nor earned";
  std::string note = fmt::format(", {}, {} bookings", word_of(r.method), grouped(r.financing_bookings));
  if (r.financing_deferred > 0) note += fmt::format("; {} more deferred: no rates were published for them", grouped(r.financing_deferred));
  if (r.method == financing_method::compat) note += ": for comparison only, financially wrong";
  return note;
}


}  // namespace

std::string to_json(const backtest_report& r) {
  nlohmann::ordered_json j;
  j["instruments"] = r.instruments;
  j["first"] = tomnext::to_string(r.first);
  j["last"] = tomnext::to_string(r.last);
  j["ticks"] = r.ticks;
  j["rejected_ticks"] = r.rejected_ticks;
  j["flagged_ticks"] = r.flagged_ticks;
  j["iterations"] = r.iterations;
  j["bars"] = r.bars;
  j["orders"] = r.orders;
  j["denied_orders"] = r.denied_orders;
  j["rejected_orders"] = r.rejected_orders;
  j["fills"] = r.fills;
  j["open_positions"] = r.open_positions;
  j["positions"] = r.positions;
  // Money as text: a double could not hold every amount.
  j["currency"] = std::string(r.in.code.view());
  j["opening_balance"] = money(r.opening_balance, r);
  j["commission"] = money(r.commission, r);
  j["financing"] = money(r.financing, r);
  j["financing_method"] = std::string(word_of(r.method));
  j["financing_bookings"] = r.financing_bookings;
  j["financing_deferred"] = r.financing_deferred;
  j["final_balance"] = money(r.final_balance, r);
  const auto& s = r.statistics;
  j["statistics"] = {{"total_return", s.total_return},
                     {"sharpe", or_null(s.sharpe)},
                     {"sortino", or_null(s.sortino)},
                     {"max_drawdown", s.max_drawdown},
                     {"win_rate", or_null(s.win_rate)},
                     {"profit_factor", or_null(s.profit_factor)},
                     {"days", s.days}};
  auto& list = j["trades"] = nlohmann::ordered_json::array();
  for (const auto& t : r.trades) {
    const auto level = [](price p) { return p ? nlohmann::ordered_json(p.to_string()) : nlohmann::ordered_json(nullptr); };
    list.push_back({{"strategy", t.strategy.value},
                    {"instrument", t.instrument.value > 0 && t.instrument.value <= r.instruments.size() ? r.instruments[t.instrument.value - 1] : ""},
                    {"size", t.size.to_string()},
                    {"entry_bar", t.entry_bar},
                    {"exit_bar", t.exit_bar},
                    {"entered", tomnext::to_string(t.entered)},
                    {"left", tomnext::to_string(t.left)},
                    {"entry_price", t.entry_price},
                    {"exit_price", t.exit_price},
                    {"stop_loss", level(t.stop_loss)},
                    {"take_profit", level(t.take_profit)},
                    {"profit", money(t.profit, r)},
                    {"commission", money(t.commission, r)}});
  }
  // What no market and no broker does, and is here to compare with other projects' figures only.
  j["comparison_modes"] = nlohmann::ordered_json::array();
  if (r.flagged_quotes_traded) j["comparison_modes"].push_back("flagged_quotes_trade");
  if (r.bars_as_feed) j["comparison_modes"].push_back("bars_as_feed");
  if (r.method == financing_method::compat) j["comparison_modes"].push_back("financing: compat");
  j["look_ahead"] = r.bars_as_feed;
  j["events"] = r.events;
  j["head_hash"] = r.head_hash;
  j["state_hash"] = fmt::format("{:016x}", r.state_hash);
  j["elapsed_ms"] = r.elapsed_ms;
  j["reading_ms"] = r.reading_ms;
  return j.dump();
}

std::string to_table(const backtest_report& r) {
  const std::string in(r.in.code.view());
  const auto& s = r.statistics;
  std::string out, pairs;
  for (const auto& i : r.instruments) pairs += (pairs.empty() ? "" : ", ") + i;
  auto row = [&](std::string_view name, const std::string& value, const std::string& note) {
    out += fmt::format("  {:<16}{:>16}{}{}\n", name, value, note.empty() ? "" : "  ", note);
  };
  auto count = [&](std::string_view name, std::uint64_t n, const std::string& note = "") { row(name, grouped(n), note); };
  auto cash = [&](std::string_view name, amount a, const std::string& note = "") { row(name, grouped(money(a, r)), in + note); };
  auto ratio = [](const std::optional<double>& x, double times = 1) { return x ? fmt::format("{:.2f}", times * *x) : std::string("n/a"); };

  out += fmt::format("back-test of {}, {} to {} UTC\n\n", pairs, minutes_of(r.first), minutes_of(r.last));
  const std::string flagged =
      !r.flagged_quotes_traded ? "flagged; these neither filled nor marked" : "flagged; traded all the same (quality.flagged_quotes_trade)";
  count("ticks", r.ticks, r.flagged_ticks == 0 ? "" : grouped(r.flagged_ticks) + " " + flagged);
  if (r.rejected_ticks > 0) count("rejected ticks", r.rejected_ticks);
  count("bars", r.bars, r.bars_as_feed ? "look-ahead: orders filled at the quotes of the minute before each bar (bars_as_feed); for comparison only" : "");
  std::string refused = r.denied_orders == 0 ? "" : grouped(r.denied_orders) + " more denied by risk";
  if (r.rejected_orders != 0) refused += (refused.empty() ? "" : ", ") + grouped(r.rejected_orders) + " of them rejected by the venue";
  count("orders", r.orders, refused);
  count("fills", r.fills);
  count("positions", r.positions, fmt::format("{} won, {} lost", grouped(s.wins), grouped(s.losses)));
  if (r.open_positions != 0) count("still open", r.open_positions, "their profit or loss is not in the balance");
  out += "\n";
  cash("opening balance", r.opening_balance);
  cash("trading result", amount{r.final_balance.value - r.opening_balance.value + r.commission.value - r.financing.value}, ", before costs");
  cash("commission", amount{-r.commission.value});
  cash("financing", r.financing, financing_note(r));
  cash("final balance", r.final_balance, fmt::format(", {:+.2f} %", 100 * s.total_return));
  out += "\n";
  row("max drawdown", fmt::format("{:.2f}", 100 * s.max_drawdown), "%");
  row("Sharpe ratio", ratio(s.sharpe), fmt::format("yearly, from {} days", s.days));
  row("Sortino ratio", ratio(s.sortino), "");
  row("win rate", ratio(s.win_rate, 100), s.win_rate ? "%" : "");
  row("profit factor", ratio(s.profit_factor), "");
  out += "\n";
  count("events", r.events);
  out += fmt::format("  {:<16}{}\n  {:<16}{:016x}\n", "head hash", r.head_hash, "state hash", r.state_hash);
  out += fmt::format("  {:<16}{:.0f} ms; reading the quotes, which goes on beside it, took {:.0f} ms\n", "elapsed", r.elapsed_ms, r.reading_ms);
  return out;
}

}  // namespace tomnext::replay
