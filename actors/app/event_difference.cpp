#include "actors/app/event_difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "persistence/json.hpp"
#include "persistence/wire.hpp"

namespace tomnext::app {
namespace {

void compare(std::vector<field_difference>& out, const std::string& name, const std::string& left, const std::string& right) {
  if (left != right) out.push_back({name, left, right});
}

void compare_payloads(std::vector<field_difference>& out, const event& left, const event& right) {
  const auto a = nlohmann::ordered_json::parse(persistence::payload_json(left)), b = nlohmann::ordered_json::parse(persistence::payload_json(right));
  auto text = [](const nlohmann::ordered_json& j, const std::string& key) { return j.contains(key) ? j[key].dump() : std::string("-"); };
  for (const auto& field : a.items()) compare(out, field.key(), field.value().dump(), text(b, field.key()));
  for (const auto& field : b.items())
    if (!a.contains(field.key())) out.push_back({field.key(), "-", field.value().dump()});
}

// What was only decided has no place in the log yet.
std::string line_of(const std::optional<event>& e) {
  if (!e) return "nothing";
  const auto line = persistence::to_line(*e);
  return e->head.seq == 0 ? line.substr(line.find(' ') + 1) : line;
}

}  // namespace

std::vector<field_difference> differing_fields(const event& left, const event& right) {
  std::vector<field_difference> out;
  compare(out, "type", std::string(event_name(left.head.type)), std::string(event_name(right.head.type)));
  compare(out, "cause", std::to_string(left.head.cause), std::to_string(right.head.cause));
  compare(out, "ordinal", std::to_string(left.head.ordinal), std::to_string(right.head.ordinal));
  // Payloads of two types have nothing to compare: their lines, whole, say all.
  if (left.head.type == right.head.type) compare_payloads(out, left, right);
  return out;
}

bool same_payload(const event& left, const event& right) {
  return left.head.type == right.head.type && persistence::encode_to_string(left) == persistence::encode_to_string(right);
}

std::string difference_text(const std::optional<event>& left, const std::string& left_name, const std::optional<event>& right, const std::string& right_name) {
  const auto width = std::max(left_name.size(), right_name.size());
  std::string out;
  if (left && right) {
    const auto fields = differing_fields(*left, *right);
    std::size_t widest = 0;
    for (const auto& f : fields) widest = std::max(widest, f.field.size());
    for (const auto& f : fields) out += fmt::format("  {:<{}}  {} {}, {} {}\n", f.field, widest, left_name, f.left, right_name, f.right);
  }
  out += fmt::format("  {:<{}}  {}\n  {:<{}}  {}\n", left_name, width, line_of(left), right_name, width, line_of(right));
  return out;
}

}  // namespace tomnext::app
