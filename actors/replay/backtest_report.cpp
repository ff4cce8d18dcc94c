// A back-test's report for people, and as JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "actors/replay/backtest.hpp"

namespace tomnext::replay {
namespace {

std::string money(amount a, const backtest_report& r) { return tomnext::to_string(a, r.minor_units); }

nlohmann::ordered_json optional(const std::optional<double>& x) { return x ? nlohmann::ordered_json(*x) : nlohmann::ordered_json(nullptr); }

}  // namespace

std::string to_json(const backtest_report& r) {
  nlohmann::ordered_json j;
  j["ticks"] = r.ticks;
  j["rejected_ticks"] = r.rejected_ticks;
  j["flagged_ticks"] = r.flagged_ticks;
  j["iterations"] = r.iterations;
  j["bars"] = r.bars;
  j["orders"] = r.orders;
  j["denied_orders"] = r.denied_orders;
  j["fills"] = r.fills;
  j["positions"] = r.positions;
  // Money as text: a double could not hold every amount.
  j["currency"] = std::string(r.in.code.view());
  j["commission"] = money(r.commission, r);
  j["financing"] = money(r.financing, r);
  j["final_balance"] = money(r.final_balance, r);
  const auto& s = r.statistics;
  j["statistics"] = {{"total_return", s.total_return}, {"sharpe", optional(s.sharpe)}, {"sortino", optional(s.sortino)}, {"max_drawdown", s.max_drawdown},
                     {"win_rate", optional(s.win_rate)}, {"profit_factor", optional(s.profit_factor)}, {"days", s.days}};
  j["events"] = r.events;
  j["head_hash"] = r.head_hash;
  j["state_hash"] = fmt::format("{:016x}", r.state_hash);
  j["elapsed_ms"] = r.elapsed_ms;
  j["parsing_ms"] = r.parsing_ms;
  return j.dump();
}

std::string to_table(const backtest_report& r) {
  std::string out;
  auto row = [&](std::string_view name, const std::string& value) { out += fmt::format("{:<16}{:>20}\n", name, value); };
  auto ratio = [](const std::optional<double>& x) { return x ? fmt::format("{:.3f}", *x) : std::string("-"); };
  const std::string in(r.in.code.view());
  row("ticks", fmt::format("{}", r.ticks));
  if (r.rejected_ticks > 0) row("  rejected", fmt::format("{}", r.rejected_ticks));
  if (r.flagged_ticks > 0) row("  flagged", fmt::format("{}", r.flagged_ticks));
  row("bars", fmt::format("{}", r.bars));
  row("orders", fmt::format("{}", r.orders));
  if (r.denied_orders > 0) row("  denied", fmt::format("{}", r.denied_orders));
  row("fills", fmt::format("{}", r.fills));
  row("positions", fmt::format("{}", r.positions));
  row("commission", money(r.commission, r) + " " + in);
  row("financing", money(r.financing, r) + " " + in);
  row("final balance", money(r.final_balance, r) + " " + in);
  row("return", fmt::format("{:.3f} %", 100 * r.statistics.total_return));
  row("max drawdown", fmt::format("{:.3f} %", 100 * r.statistics.max_drawdown));
  row("sharpe", ratio(r.statistics.sharpe));
  row("win rate", ratio(r.statistics.win_rate));
  row("profit factor", ratio(r.statistics.profit_factor));
  row("events", fmt::format("{}", r.events));
  row("head hash", r.head_hash.substr(0, 16));
  row("state hash", fmt::format("{:016x}", r.state_hash));
  row("elapsed", fmt::format("{:.1f} ms", r.elapsed_ms));
  return out;
}

}  // namespace tomnext::replay
