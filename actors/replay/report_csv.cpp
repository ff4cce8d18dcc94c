// A report as tables for other programs: CSV (RFC 4180) and JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "actors/replay/csv_text.hpp"
#include "actors/replay/run_report.hpp"
#include "domain/base/words.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::replay {
namespace {

using json = nlohmann::ordered_json;

// The shortest digits that read back as the same number.
std::string number(double x) { return fmt::format("{}", x); }
std::string number(const std::optional<double>& x) { return x ? number(*x) : std::string(); }

std::string equity_csv(const run_report& r) {
  const auto& h = r.history;
  std::string out = "time,equity,flow\n";
  for (const auto& p : h.equity) out += fmt::format("{},{:.{}f},{:.{}f}\n", to_string(p.at), p.equity, h.account.minor_units, p.flow, h.account.minor_units);
  return out;
}

std::string trades_csv(const run_report& r) {
  const auto& h = r.history;
  std::string out =
      "position,strategy,instrument,direction,quantity,entered,entry_price,exited,exit_price,profit,commission,financing,adverse_excursion,favourable_"
      "excursion,"
      "opened_seq,closed_seq\n";
  for (const auto& t : h.trades) {
    const auto& f = t.figures;
    const auto strategy = h.strategies.find(f.strategy);
    const auto instrument = h.instruments.find(f.instrument);
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", t.position.value,
                       csv_text(strategy == h.strategies.end() ? std::to_string(f.strategy.value) : strategy->second.name),
                       csv_text(instrument == h.instruments.end() ? "" : instrument->second.terms.symbol.view()), f.direction == side::buy ? "long" : "short",
                       number(f.quantity), to_string(f.entered), number(f.entry_price), to_string(f.exited), number(f.exit_price),
                       to_string(t.profit, h.account.minor_units), to_string(t.commission, h.account.minor_units),
                       to_string(t.financing, h.account.minor_units), number(f.adverse_excursion), number(f.favourable_excursion), t.opened_seq, t.closed_seq);
  }
  return out;
}

std::string daily_csv(const run_report& r) {
  std::string out = "day,equity,flow,return\n";
  for (const auto& d : r.statistics.days)
    out += fmt::format("{},{:.{}f},{:.{}f},{}\n", to_string(d.day), d.equity, r.history.account.minor_units, d.flow, r.history.account.minor_units,
                       number(d.return_fraction));
  return out;
}

std::string monthly_csv(const run_report& r) {
  std::string out = "month,days,equity,flow,return\n";
  for (const auto& m : r.statistics.months)
    out += fmt::format("{},{},{:.{}f},{:.{}f},{}\n", to_string(m.period_start).substr(0, 7), m.days, m.equity, r.history.account.minor_units, m.flow,
                       r.history.account.minor_units, number(m.return_fraction));
  return out;
}

/// Anything that is described, by the names of its fields.
struct describer {
  json object = json::object();
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char* name, const T& value) { object[name] = value_of(value); }
  template <class T> static json value_of(const T& v) {
    if constexpr (std::is_arithmetic_v<T>) return v;
    else if constexpr (std::is_same_v<T, date>) return to_string(v);
    else if constexpr (requires { v.has_value(); }) return v ? value_of(*v) : json(nullptr);
    else if constexpr (requires { v.begin(); }) {
      auto list = json::array();
      for (const auto& x : v) list.push_back(value_of(x));
      return list;
    } else if constexpr (requires { v.value; }) return v.value;
    else {
      describer d;
      T::describe(d, v);
      return d.object;
    }
  }
};

}  // namespace

std::string statistics_json(const run_report& r) {
  const auto& h = r.history;
  const auto money = [&](amount a) { return to_string(a, h.account.minor_units); };
  json j;
  j["purpose"] = std::string(word_of(h.purpose));
  j["first"] = to_string(h.first);
  j["last"] = to_string(h.last);
  j["currency"] = std::string(h.account.in.code.view());
  // Money as text: a double could not hold every amount.
  j["balance"] = {{"opening", money(h.bridge.opening)},
                  {"flows", money(h.bridge.flows)},
                  {"closed_trades", money(h.bridge.closed_trades)},
                  {"open_positions", money(h.bridge.open_positions)},
                  {"financing_apart", money(h.bridge.financing_apart)},
                  {"other", money(h.bridge.other)},
                  {"final", money(h.bridge.final_balance)},
                  {"unrealised", money(h.unrealised)},
                  {"commission", money(h.bridge.commission)},
                  {"financing", money(h.bridge.financing)}};
  j["exposure"] = {{"gross_mean", h.exposure.gross_mean},
                   {"gross_max", h.exposure.gross_max},
                   {"long_share", h.exposure.long_share},
                   {"short_share", h.exposure.short_share},
                   {"flat_share", h.exposure.flat_share}};
  j["head_seq"] = h.head.seq;
  j["head_hash"] = persistence::to_hex(h.head.chain_hash);
  j["state_hash"] = r.state_hash ? json(fmt::format("{:016x}", *r.state_hash)) : json(nullptr);
  j["configuration_hash"] = h.configuration ? json(persistence::to_hex(*h.configuration)) : json(nullptr);
  j["comparison"] = r.comparison;
  j["statistics"] = describer::value_of(r.statistics);
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::vector<named_text> to_csv_files(const run_report& r) {
  return {{"equity.csv", equity_csv(r)},
          {"trades.csv", trades_csv(r)},
          {"daily.csv", daily_csv(r)},
          {"monthly.csv", monthly_csv(r)},
          {"statistics.json", statistics_json(r)}};
}

}  // namespace tomnext::replay
