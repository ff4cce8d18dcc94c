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

}  // namespace

std::string actors_json(const std::vector<actor_figures>& figures) {
  json all = json::array();
  for (const auto& a : figures) {
    json one = json::object();
    each_field(a, [&](const char* name, const auto& value) { one[name] = value; });
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
    if (!wrong.empty()) return bad(where + wrong);
    figures.push_back(std::move(a));
  }
  return figures;
}

}  // namespace tomnext::api
