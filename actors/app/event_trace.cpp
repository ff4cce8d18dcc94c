#include "actors/app/event_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "actors/api/utf8.hpp"
#include "actors/app/host_names.hpp"
#include "persistence/filtered_scan.hpp"

namespace tomnext::app {
namespace {

using json = nlohmann::ordered_json;
using actors::hop_ring;

constexpr std::string_view sequencer_name = "journal/journal";

double us_since(std::uint64_t zero_ns, std::uint64_t ns) { return static_cast<double>(static_cast<std::int64_t>(ns - zero_ns)) / 1e3; }

std::string name_of(std::uint32_t host, const std::map<std::uint32_t, std::string>& names) {
  if (const auto known = names.find(host); known != names.end()) return known->second;
  const auto ingress = ingress_name(host);
  return ingress.empty() ? "host " + std::to_string(host) : ingress;
}

std::optional<hop_ring::hop> hop_of(const actors::actor_record& r, std::uint64_t seq) {
  const auto* ring = r.hops();
  return ring == nullptr ? std::nullopt : ring->find(seq);
}

json handled_json(std::uint64_t seq, std::uint64_t zero_ns, const std::vector<std::shared_ptr<const actors::actor_record>>& records) {
  struct handled {
    const std::string* actor;
    hop_ring::hop hop;
  };
  std::vector<handled> all;
  for (const auto& r : records)
    if (const auto h = hop_of(*r, seq); h && r->name() != sequencer_name) all.push_back({&r->name(), *h});
  std::sort(all.begin(), all.end(), [](const handled& a, const handled& b) { return a.hop.begun_ns < b.hop.begun_ns; });
  auto list = json::array();
  for (const auto& h : all)
    list.push_back({{"actor", *h.actor}, {"begun_us", us_since(zero_ns, h.hop.begun_ns)}, {"took_us", us_since(h.hop.begun_ns, h.hop.ended_ns)}});
  return list;
}

}  // namespace

std::string trace_json(std::uint64_t correlation, const std::vector<event>& events, bool complete, const std::map<std::uint32_t, std::string>& names,
                       const std::vector<std::shared_ptr<const actors::actor_record>>& records) {
  const auto journal = std::find_if(records.begin(), records.end(), [](const auto& r) { return r->name() == sequencer_name; });
  std::optional<std::uint64_t> zero_ns;
  auto list = json::array();
  for (const auto& e : events) {
    const auto sequenced = journal == records.end() ? std::nullopt : hop_of(**journal, e.head.seq);
    if (sequenced && !zero_ns) zero_ns = sequenced->ended_ns;
    json one{{"seq", e.head.seq},     {"at", to_string(e.head.at)}, {"type", event_name(e.head.type)}, {"actor", name_of(e.head.host.value, names)},
             {"cause", e.head.cause}, {"depth", e.head.depth}};
    if (sequenced && zero_ns) one["sequenced_us"] = us_since(*zero_ns, sequenced->ended_ns);
    one["handled"] = zero_ns ? handled_json(e.head.seq, *zero_ns, records) : json::array();
    list.push_back(std::move(one));
  }
  return json{{"correlation", correlation}, {"events", list}, {"complete", complete}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<std::string> trace_of(const persistence::event_log& log, std::uint64_t correlation, const std::map<std::uint32_t, std::string>& names,
                             const std::vector<std::shared_ptr<const actors::actor_record>>& records, const std::function<bool(std::uint64_t)>& go_on) {
  persistence::event_filter wanted;
  wanted.correlation = correlation;
  auto scan = persistence::filtered_scan::open(log, wanted, {}, persistence::direction::forward, go_on);
  if (!scan) return scan.error();
  std::vector<event> events;
  for (;;) {
    auto e = scan->next();
    if (!e) return e.error();
    if (*e == nullptr) break;
    if (events.size() == trace_events_max) return trace_json(correlation, events, false, names, records);
    events.push_back(**e);
  }
  return trace_json(correlation, events, true, names, records);
}

result<std::string> trace_text(std::string_view text) {
  const auto j = json::parse(text, nullptr, false);
  const auto bad = error(errc::malformed_line, "trace: an object with events is expected");
  if (!j.is_object() || !j.contains("events") || !j["events"].is_array()) return bad;
  std::string out;
  try {
    for (const auto& e : j["events"]) {
      const auto depth = std::min<std::uint64_t>(e.at("depth").get<std::uint64_t>(), 20);
      const auto when = e.contains("sequenced_us") ? fmt::format("{:>10.1f}", e["sequenced_us"].get<double>()) : std::string(10, ' ');
      out += fmt::format("{:>10} {} {}{} by {}\n", e.at("seq").get<std::uint64_t>(), when, std::string(2 * depth, ' '),
                         api::printable(e.at("type").get<std::string>()), api::printable(e.at("actor").get<std::string>()));
      for (const auto& h : e.at("handled"))
        out += fmt::format("{:>21.1f} {}  → {}, {:.1f} us\n", h.at("begun_us").get<double>(), std::string(2 * depth, ' '),
                           api::printable(h.at("actor").get<std::string>()), h.at("took_us").get<double>());
    }
    if (j["events"].empty()) out += fmt::format("no event of the log has the correlation {}\n", j.at("correlation").get<std::uint64_t>());
    else out = "       seq         us  event\n" + out;
    if (!j.at("complete").get<bool>()) out += "… the log holds more of it than is shown\n";
  } catch (const json::exception&) { return bad; }
  return out;
}

}  // namespace tomnext::app
