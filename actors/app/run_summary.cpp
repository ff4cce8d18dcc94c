#include "actors/app/run_summary.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "persistence/checksum.hpp"

namespace tomnext::app {
namespace {

void count(const event& e, run_summary& r) {
  ++r.events;
  if (e.is<quote_accepted>()) ++r.ticks;
  else if (e.is<quote_rejected>()) ++r.rejected_ticks;
  else if (e.is<bar_closed>()) {
    ++r.bars;
    if (e.head.cause == 0) ++r.ticks;  // the source told it
  } else if (e.is<order_submitted>()) ++r.orders;
  else if (e.is<order_filled>()) ++r.fills;
  else if (e.is<order_denied>()) ++r.denied_orders;
  else if (e.is<host_recovered>()) ++r.restarts;
  else if (const auto* c = e.get_if<cash_moved>()) r.final_balance = c->balance;
  else if (const auto* s = e.get_if<source_state_changed>()) r.source_ended = s->state == source_state::ended;
  else if (const auto* f = e.get_if<financing_booked>()) {
    r.final_balance = f->balance;
    r.financing.value += f->booked.value;
  } else if (const auto* p = e.get_if<position_changed>()) {
    r.final_balance = p->balance;
    r.commission.value += p->commission.value;
    if (p->change == position_change::opened) ++r.positions;
  }
}

}  // namespace

result<run_summary> summarise(const persistence::event_log& log, const config::deployment& d) {
  run_summary r;
  r.in = d.account.in;
  r.minor_units = d.account.minor_units;
  auto scan = log.scan(1);
  if (!scan) return scan.error();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) break;
    for (const auto& e : (*g)->events) count(e, r);
  }
  r.head_hash = persistence::to_hex(log.head().chain_hash);
  return r;
}

std::string to_json(const run_summary& r) {
  nlohmann::ordered_json j;
  j["ticks"] = r.ticks;
  j["rejected_ticks"] = r.rejected_ticks;
  j["bars"] = r.bars;
  j["orders"] = r.orders;
  j["fills"] = r.fills;
  j["denied_orders"] = r.denied_orders;
  j["positions"] = r.positions;
  j["host_restarts"] = r.restarts;
  j["commission"] = to_string(r.commission, r.minor_units);
  j["financing"] = to_string(r.financing, r.minor_units);
  j["final_balance"] = to_string(r.final_balance, r.minor_units);
  j["currency"] = r.in.code.view();
  j["source_ended"] = r.source_ended;
  j["events"] = r.events;
  j["head_hash"] = r.head_hash;
  return j.dump();
}

std::string to_table(const run_summary& r) {
  std::string out;
  const auto line = [&](const char* name, const std::string& value) { out += fmt::format("{:<16}{:>20}\n", name, value); };
  line("ticks", std::to_string(r.ticks) + (r.rejected_ticks != 0 ? " +" + std::to_string(r.rejected_ticks) + " rejected" : ""));
  line("bars", std::to_string(r.bars));
  line("orders", std::to_string(r.orders));
  line("fills", std::to_string(r.fills));
  line("positions", std::to_string(r.positions));
  line("commission", to_string(r.commission, r.minor_units) + " " + std::string(r.in.code.view()));
  line("financing", to_string(r.financing, r.minor_units) + " " + std::string(r.in.code.view()));
  line("balance", to_string(r.final_balance, r.minor_units) + " " + std::string(r.in.code.view()));
  line("events", std::to_string(r.events));
  line("host restarts", std::to_string(r.restarts));
  out += r.source_ended ? "The source has ended.\n" : "Stopped before the end of the source: run again to go on.\n";
  return out;
}

}  // namespace tomnext::app
