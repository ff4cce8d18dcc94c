#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "actors/api/actor_table.hpp"

namespace tomnext::api {
namespace {

using json = nlohmann::ordered_json;
using actors::actor_figures;

/// The one list of the fields: writing and reading cannot differ.
template <class Figures, class Visitor> void each_field(Figures& a, Visitor&& visit) {
  visit("id", a.id);
  visit("name", a.name);
  visit("kind", a.kind);
  visit("parent", a.parent);
  visit("state", a.state);
  visit("queue_depth", a.queue_depth);
  visit("queue_depth_max", a.queue_depth_max);
  visit("processed", a.processed);
  visit("errors", a.errors);
  visit("restarts", a.restarts);
  visit("last_error", a.last_error);
  visit("p50_us", a.p50_us);
  visit("p99_us", a.p99_us);
  visit("up_s", a.up_s);
}
/// Those that came later: a node that does not tell them is older than this command line.
template <class Figures, class Visitor> void each_later_field(Figures& a, Visitor&& visit) {
  visit("p95_us", a.p95_us);
  visit("p999_us", a.p999_us);
  visit("service_s", a.service_s);
  visit("latency_p50_us", a.latency_p50_us);
  visit("latency_p95_us", a.latency_p95_us);
  visit("latency_p99_us", a.latency_p99_us);
  visit("latency_p999_us", a.latency_p999_us);
  visit("node", a.node);
  visit("since", a.since);
  visit("thread", a.thread);
  visit("policy", a.policy);
  visit("message", a.message);
  visit("busy_ms", a.busy_ms);
  visit("slow", a.slow);
  visit("refused", a.refused);
  visit("conflated", a.conflated);
  visit("in_flight", a.in_flight);
  visit("memory_bytes", a.memory_bytes);
  visit("restart_notes", a.restart_notes);
}

json written(const std::string& value) { return value; }
json written(std::uint64_t value) { return value; }
json written(double value) { return value; }
json written(const std::vector<actors::restart_note>& notes) {
  json all = json::array();
  for (const auto& n : notes) all.push_back({{"at", n.at}, {"reason", n.reason}});
  return all;
}

/// Takes one value of an object; what is wrong with it, or the empty text.
std::string take(const json& from, const char* name, std::string& to) {
  if (!from.is_string()) return std::string(name) + " must be a string";
  to = from.get<std::string>();
  return {};
}
std::string take(const json& from, const char* name, std::uint64_t& to) {
  if (!from.is_number_unsigned()) return std::string(name) + " must be a whole number from 0 to 18446744073709551615";
  to = from.get<std::uint64_t>();
  return {};
}
std::string take(const json& from, const char* name, double& to) {
  if (!from.is_number() && !from.is_null()) return std::string(name) + " must be a number";
  to = from.is_null() ? std::numeric_limits<double>::quiet_NaN() : from.get<double>();
  return {};
}

std::string take(const json& from, const char* name, std::vector<actors::restart_note>& to) {
  if (!from.is_array()) return std::string(name) + " must be an array";
  for (const auto& one : from) {
    if (!one.is_object() || !one.contains("at") || !one.contains("reason")) return std::string(name) + " must hold objects with at and reason";
    actors::restart_note n;
    if (auto wrong = take(one["at"], "at", n.at) + take(one["reason"], "reason", n.reason); !wrong.empty()) return std::string(name) + ": " + wrong;
    to.push_back(std::move(n));
  }
  return {};
}

}  // namespace

std::string actors_json(const std::vector<actor_figures>& figures) {
  json all = json::array();
  for (const auto& a : figures) {
    json one = json::object();
    const auto write = [&](const char* name, const auto& value) { one[name] = written(value); };
    each_field(a, write);
    each_later_field(a, write);
    all.push_back(std::move(one));
  }
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<std::vector<actor_figures>> parse_actors(std::string_view text) {
  const auto bad = [](const std::string& what) { return error(errc::malformed_line, "actors: " + what); };
  const json all = json::parse(text, nullptr, false);
  if (all.is_discarded()) return bad("this is not JSON");
  if (!all.is_array()) return bad("an array of objects is expected");
  std::vector<actor_figures> figures;
  for (const auto& one : all) {
    const std::string where = "element " + std::to_string(figures.size() + 1) + ": ";
    if (!one.is_object()) return bad(where + "an object is expected");
    actor_figures a;
    std::string wrong;
    each_field(a, [&](const char* name, auto& value) {
      if (!wrong.empty()) return;
      const auto found = one.find(name);
      wrong = found == one.end() ? std::string(name) + " is missing" : take(*found, name, value);
    });
    each_later_field(a, [&](const char* name, auto& value) {
      if (const auto found = one.find(name); wrong.empty() && found != one.end()) wrong = take(*found, name, value);
    });
    if (!wrong.empty()) return bad(where + wrong);
    figures.push_back(std::move(a));
  }
  return figures;
}

std::string flow_json(const std::vector<actors::message_flow>& flows) {
  json all = json::array();
  for (const auto& f : flows) all.push_back({{"from", f.from}, {"to", f.to}, {"message", f.message}, {"count", f.count}});
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<std::vector<actors::message_flow>> parse_flow(std::string_view text) {
  const auto bad = [](const std::string& what) { return error(errc::malformed_line, "flow: " + what); };
  const json all = json::parse(text, nullptr, false);
  if (!all.is_array()) return bad("an array of objects is expected");
  std::vector<actors::message_flow> flows;
  for (const auto& one : all) {
    const std::string where = "element " + std::to_string(flows.size() + 1) + ": ";
    actors::message_flow f;
    std::string wrong;
    const auto read = [&](const char* name, auto& value) {
      if (!wrong.empty()) return;
      const auto found = one.find(name);
      wrong = found == one.end() ? std::string(name) + " is missing" : take(*found, name, value);
    };
    if (!one.is_object()) return bad(where + "an object is expected");
    read("from", f.from);
    read("to", f.to);
    read("message", f.message);
    read("count", f.count);
    if (!wrong.empty()) return bad(where + wrong);
    flows.push_back(std::move(f));
  }
  return flows;
}

}  // namespace tomnext::api
