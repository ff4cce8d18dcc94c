// tomnext log stats: what a log holds, what it weighs, and on request how fast it grows.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "actors/app/command_log.hpp"
#include "actors/app/host_names.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/log_figures.hpp"
#include "actors/app/log_growth.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/whole_number.hpp"
#include "actors/replay/json_optional.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::app {
namespace {

using nlohmann::ordered_json;

struct stats_options {
  std::string directory;
  std::uint32_t forecast_s = 0;
  std::uint64_t free_bytes_min = persistence::rocksdb_options{}.free_bytes_min;
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

std::string name_of(std::uint32_t id, const host_figures& h) {
  if (!h.name.empty()) return h.name;
  const auto ingress = ingress_name(id);
  return ingress.empty() ? "(not activated in this log)" : ingress;
}

double per(std::uint64_t total, std::uint64_t count) { return count == 0 ? 0.0 : static_cast<double>(total) / static_cast<double>(count); }
double span_s(const log_figures& f) { return (static_cast<double>(f.last.ns) - static_cast<double>(f.first.ns)) * 1e-9; }

ordered_json spread_json(const group_spread& s, std::uint64_t groups) {
  return {{"min", groups == 0 ? 0 : s.min}, {"mean", per(s.total, groups)}, {"max", s.max}};
}

using replay::or_null;

ordered_json forecast_json(const growth_report& g) {
  ordered_json j{{"written", g.written}, {"watched_s", g.watched_s}, {"events", g.events}};
  if (!g.forecast) return j;
  const auto& [rate, earliest, likely, latest] = *g.forecast;
  j["free_bytes"] = g.free_bytes;
  j["bytes_per_s"] = {{"low", rate.low}, {"likely", rate.likely}, {"high", rate.high}};
  j["full_in_s"] = {{"earliest", or_null(earliest)}, {"likely", or_null(likely)}, {"latest", or_null(latest)}};
  return j;
}

std::string as_json(const log_figures& f, const stats_options& o, const std::optional<growth_report>& growth) {
  ordered_json j;
  j["purpose"] = purpose_name(f.declared.purpose);
  j["description"] = std::string(f.declared.description.view());
  j["head"] = {{"seq", f.head.seq}, {"epoch", f.head.epoch}, {"hash", persistence::to_hex(f.head.chain_hash)}};
  j["first_seq"] = f.first_seq;
  j["events"] = f.events();
  j["groups"] = f.groups;
  j["first_at"] = to_string(f.first);
  j["last_at"] = to_string(f.last);
  j["span_s"] = span_s(f);
  j["types"] = ordered_json::object();
  for (const auto& [type, t] : f.types) j["types"][std::string(event_name(type))] = t.events;
  j["payload_bytes"] = ordered_json::object();
  for (const auto& [type, t] : f.types) j["payload_bytes"][std::string(event_name(type))] = t.payload_bytes;
  j["group_events"] = spread_json(f.events_of_group, f.groups);
  j["group_bytes"] = spread_json(f.bytes_of_group, f.groups);
  j["bytes_per_event"] = {{"encoded", per(f.bytes_of_group.total, f.events())}, {"disk", f.disk_bytes_per_event()}};
  j["bytes"] = {{"table", f.disk.table_bytes}, {"write_ahead", f.disk.wal_bytes}, {"other", f.disk.other_bytes}, {"files", f.disk.files}};
  if (f.encryption) {
    j["encrypted"] = {{"from_seq", f.encryption->first_seq}, {"groups_by_key", ordered_json::object()}};
    for (const auto& [id, n] : f.groups_by_key) j["encrypted"]["groups_by_key"][std::to_string(id)] = n;
  } else {
    j["encrypted"] = nullptr;
  }
  j["disk"] = {{"free_bytes", f.disk_free_bytes}, {"free_bytes_min", o.free_bytes_min}};
  j["forecast"] = growth ? forecast_json(*growth) : ordered_json(nullptr);
  j["hosts"] = ordered_json::array();
  for (const auto& [id, h] : f.hosts) j["hosts"].push_back({{"host", id}, {"name", name_of(id, h)}, {"events", h.events}, {"activations", h.activations}});
  j["snapshots"] = ordered_json::array();
  for (const auto& s : f.snapshots) j["snapshots"].push_back({{"host", s.key.host}, {"covered", s.covered}, {"bytes", s.file_bytes}});
  return json_text(j);
}

std::string duration(const std::optional<double>& seconds) {
  if (!seconds) return "never";
  if (*seconds < 120) return fmt::format("in {:.0f} s", *seconds);
  if (*seconds < 2 * 3600) return fmt::format("in {:.0f} min", *seconds / 60);
  if (*seconds < 48 * 3600) return fmt::format("in {:.1f} h", *seconds / 3600);
  return fmt::format("in {:.1f} days", *seconds / 86'400);
}

std::string forecast_text(const std::optional<growth_report>& g, std::uint64_t free_bytes_min) {
  if (!g) return "not measured; --forecast SECONDS watches how fast the log grows";
  if (!g->written) return "nobody writes this log, so it does not grow";
  if (!g->forecast) return "cannot be told";
  const auto& f = *g->forecast;
  return fmt::format("{} bytes are left {} (earliest {}, latest {}), where a log refuses: {} bytes a second, from {} events in {:.1f} s",
                     grouped(free_bytes_min), duration(f.likely_s), duration(f.earliest_s), duration(f.latest_s),
                     grouped(static_cast<std::uint64_t>(std::max(0.0, f.bytes_per_s.likely))), grouped(g->events), g->watched_s);
}

std::string as_table(const log_figures& f, const stats_options& o, const std::optional<growth_report>& growth) {
  std::string out = fmt::format("{} log: {}\n", purpose_name(f.declared.purpose), f.declared.description.view());
  out += fmt::format("  events      {:>14}  in {} groups of {} streams, epoch {}\n", grouped(f.events()), grouped(f.groups), f.hosts.size(), f.head.epoch);
  if (f.first_seq > 1) out += fmt::format("  archived    {:>14}  events 1 to {} are not here\n", grouped(f.first_seq - 1), f.first_seq - 1);
  out += fmt::format("  from        {}\n  to          {}  ({:.1f} days)\n", to_string(f.first), to_string(f.last), span_s(f) / 86'400);
  out += fmt::format("  head        {}\n", persistence::to_hex(f.head.chain_hash));
  out += fmt::format("  bytes       {:>14}  tables, {} write-ahead, {} other; {} files, {:.1f} bytes an event ({:.1f} encoded)\n", grouped(f.disk.table_bytes),
                     grouped(f.disk.wal_bytes), grouped(f.disk.other_bytes), f.disk.files, f.disk_bytes_per_event(), per(f.bytes_of_group.total, f.events()));
  if (f.groups > 0)
    out += fmt::format("  groups      {:>14.1f}  events ({} to {}), {:.0f} bytes ({} to {}) on average\n", per(f.events(), f.groups), f.events_of_group.min,
                       f.events_of_group.max, per(f.bytes_of_group.total, f.groups), grouped(f.bytes_of_group.min), grouped(f.bytes_of_group.max));
  if (f.encryption) {
    out += fmt::format("  encrypted   from event {} on\n", f.encryption->first_seq);
    for (const auto& [id, n] : f.groups_by_key) out += fmt::format("  key {:<8}{:>14}  groups\n", id, grouped(n));
  }
  out += fmt::format("  disk        {:>14}  bytes free\n  forecast    {}\n", grouped(f.disk_free_bytes), forecast_text(growth, o.free_bytes_min));
  out += "\n  type                          events   payload bytes  each\n";
  for (const auto& [type, t] : f.types)
    out += fmt::format("  {:<24}{:>12}{:>16}{:>6.0f}\n", event_name(type), grouped(t.events), grouped(t.payload_bytes), per(t.payload_bytes, t.events));
  out += "\n  host  events        name\n";
  for (const auto& [id, h] : f.hosts) out += fmt::format("  {:>4}  {:<12}  {}\n", id, grouped(h.events), name_of(id, h));
  if (!f.snapshots.empty()) out += "\n  snapshot of                           covers up to         bytes\n";
  for (const auto& s : f.snapshots) out += fmt::format("  {:<32}{:>18}{:>14}\n", s.key.host, grouped(s.covered), grouped(s.file_bytes));
  return out;
}

result<exit_code> run(const stats_options& o, session& s) {
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  const interrupts asked;
  auto figures = [&] {
    progress_line progress(s.err, "log stats", "events", (*log)->head().seq);
    return measure_log(o.directory, **log, [&](std::uint64_t seq) {
      progress.show(seq);
      return !asked.requested();
    });
  }();
  if (!figures) return figures.error();
  log->reset();
  std::optional<growth_report> growth;
  if (o.forecast_s > 0) {
    auto watched =
        watch_growth(o.directory, o.forecast_s, figures->disk_bytes_per_event(), o.free_bytes_min, [&](std::uint64_t) { return !asked.requested(); });
    if (!watched) return watched.error();
    growth = *watched;
  }
  s.out << (s.json ? as_json(*figures, o, growth) + "\n" : as_table(*figures, o, growth));
  return exit_code::ok;
}

action add_log_stats(CLI::App& app) {
  auto o = std::make_shared<stats_options>();
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  app.add_option("--forecast", o->forecast_s, "watches a log that is being written for SECONDS, and tells when its disk will be full")
      ->check(whole_number(1, 86'400))
      ->type_name("SECONDS");
  app.add_option("--free-bytes-min", o->free_bytes_min, "the node's low-water mark, node.storage.free_bytes_min; 64 MiB")
      ->check(whole_number(0))
      ->type_name("N");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command log_stats_command() {
  return {"stats", "head, events and bytes by type, time range, streams, snapshots, and when the disk will be full",
          "tomnext log stats results/log --forecast 10 --json", add_log_stats};
}

}  // namespace tomnext::app
