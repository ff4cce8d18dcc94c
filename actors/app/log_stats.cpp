// tomnext log stats: what a log holds.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/log_reader.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/replay/kernel.hpp"
#include "persistence/checksum.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct host_figures {
  std::string name;
  std::uint64_t events = 0, activations = 0;
};

struct log_figures {
  persistence::log_head head;
  persistence::disk_figures disk;
  log_declared declared;
  std::uint64_t groups = 0;
  timestamp first, last;
  std::map<std::uint16_t, std::uint64_t> types;
  std::map<std::uint32_t, host_figures> hosts;
};

const char* purpose_name(log_purpose p) {
  switch (p) {
    case log_purpose::live: return "live";
    case log_purpose::market_data: return "market data";
    case log_purpose::backtest: return "back-test";
    case log_purpose::fork: return "fork";
  }
  return "unknown";
}

// Who puts in what comes from outside is no host, and is never activated.
std::string ingress_name(std::uint32_t id) {
  if (id == replay::configuration_ingress.value) return "ingress: configuration";
  if (id == replay::market_ingress.value) return "ingress: market data";
  if (id == replay::timer_authority.value) return "ingress: timers";
  if (id == replay::operator_ingress.value) return "ingress: operator";
  if (id == replay::supervision_ingress.value) return "ingress: supervision";
  return "(not activated in this log)";
}

void take(log_figures& f, const event& e) {
  // Activations before the first input are stamped with no time at all.
  if (f.first.ns == 0) f.first = e.head.at;
  f.last = e.head.at;
  ++f.types[e.head.type];
  auto& host = f.hosts[e.head.host.value];
  ++host.events;
  if (const auto* a = e.get_if<host_activated>()) {
    host.name = a->name.view();
    ++host.activations;
  }
  if (const auto* d = e.get_if<log_declared>()) f.declared = *d;
}

result<log_figures> measure(const std::string& directory, session& s) {
  auto log = persistence::open_log_for_reading(directory);
  if (!log) return log.error();
  log_figures f;
  f.head = (*log)->head();
  auto disk = persistence::disk_use(directory);
  if (!disk) return disk.error();
  f.disk = *disk;
  auto scan = (*log)->scan(1);
  if (!scan) return scan.error();
  interrupts asked;
  progress_line progress(s.err, "log stats", "events", f.head.seq);
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return f;
    if (asked.requested()) return error(errc::cancelled, fmt::format("cancelled at event {}", (*g)->first_seq()));
    ++f.groups;
    for (const auto& e : (*g)->events) take(f, e);
    progress.show((*g)->last_seq());
  }
}

std::string as_json(const log_figures& f) {
  nlohmann::ordered_json j;
  j["purpose"] = purpose_name(f.declared.purpose);
  j["description"] = std::string(f.declared.description.view());
  j["head"] = {{"seq", f.head.seq}, {"epoch", f.head.epoch}, {"hash", persistence::to_hex(f.head.chain_hash)}};
  j["events"] = f.head.seq;
  j["groups"] = f.groups;
  j["first_at"] = to_string(f.first);
  j["last_at"] = to_string(f.last);
  j["types"] = nlohmann::ordered_json::object();
  for (const auto& [type, count] : f.types) j["types"][std::string(event_name(type))] = count;
  j["bytes"] = {{"table", f.disk.table_bytes}, {"write_ahead", f.disk.wal_bytes}, {"other", f.disk.other_bytes}, {"files", f.disk.files}};
  j["hosts"] = nlohmann::ordered_json::array();
  for (const auto& [id, h] : f.hosts)
    j["hosts"].push_back({{"host", id}, {"name", h.name.empty() ? ingress_name(id) : h.name}, {"events", h.events}, {"activations", h.activations}});
  return json_text(j);
}

std::string as_table(const log_figures& f) {
  const auto bytes = f.disk.table_bytes + f.disk.wal_bytes;
  std::string out = fmt::format("{} log: {}\n", purpose_name(f.declared.purpose), f.declared.description.view());
  out += fmt::format("  events      {:>14}  in {} groups, epoch {}\n", grouped(f.head.seq), grouped(f.groups), f.head.epoch);
  out += fmt::format("  from        {}\n  to          {}\n", to_string(f.first), to_string(f.last));
  out += fmt::format("  head        {}\n", persistence::to_hex(f.head.chain_hash));
  out += fmt::format("  bytes       {:>14}  tables, {} write-ahead, {} other; {} files, {:.1f} bytes an event\n", grouped(f.disk.table_bytes),
                     grouped(f.disk.wal_bytes), grouped(f.disk.other_bytes), f.disk.files,
                     f.head.seq == 0 ? 0.0 : static_cast<double>(bytes) / static_cast<double>(f.head.seq));
  out += "\n  type                          events\n";
  for (const auto& [type, count] : f.types) out += fmt::format("  {:<24}{:>12}\n", event_name(type), grouped(count));
  out += "\n  host  events        name\n";
  for (const auto& [id, h] : f.hosts) out += fmt::format("  {:>4}  {:<12}  {}\n", id, grouped(h.events), h.name.empty() ? ingress_name(id) : h.name);
  return out;
}

action add(CLI::App& app) {
  auto directory = std::make_shared<std::string>();
  app.add_option("DIR", *directory, "directory of a log")->required();
  return [directory](session& s) -> result<exit_code> {
    auto f = measure(*directory, s);
    if (!f) return f.error();
    s.out << (s.json ? as_json(*f) + "\n" : as_table(*f));
    return exit_code::ok;
  };
}

}  // namespace

command log_stats_command() { return {"stats", "head, events by type, time range, bytes, hosts", "tomnext log stats results/log --json", add}; }

}  // namespace tomnext::app
