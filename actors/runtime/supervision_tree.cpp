#include "actors/runtime/supervision_tree.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tomnext::actors {
namespace {

using namespace std::chrono_literals;

/// "250 ms", "10 s", "1.5 s".
std::string text_of(std::chrono::milliseconds t) {
  if (t < 1s) return std::to_string(t.count()) + " ms";
  auto text = std::to_string(t.count() / 1000);
  if (const auto rest = t.count() % 1000; rest != 0) {
    auto digits = std::to_string(1000 + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + " s";
}

const char* word_of(strategy_kind k) {
  switch (k) {
    case strategy_kind::one_for_one: return "one_for_one";
    case strategy_kind::rest_for_one: return "rest_for_one";
    case strategy_kind::one_for_all: return "one_for_all";
  }
  return "?";
}
const char* word_of(restart_kind k) {
  switch (k) {
    case restart_kind::permanent: return "permanent";
    case restart_kind::transient: return "transient";
    case restart_kind::temporary: return "temporary";
  }
  return "?";
}

}  // namespace

std::chrono::milliseconds stop_time_of(const supervised_group& group) {
  auto sum = 0ms;
  for (const auto& c : group.children) sum += c.stop_deadline + group.settings.kill_grace;
  return sum;
}

child_spec nested(std::shared_ptr<introspection> figures, supervised_group group, restart_kind restart) {
  // More than the sum: the supervisor itself must notice the last of its deadlines.
  const auto deadline = stop_time_of(group) + 250ms;
  const auto name = group.settings.name;
  auto shared = std::make_shared<const supervised_group>(std::move(group));
  return {name, [figures = std::move(figures), shared](parent_actor& by) { return spawn_supervisor(by, figures, shared->settings, shared->children); }, restart,
          deadline};
}

result<std::vector<child_spec>> in_order_of_needs(std::vector<child_spec> children) {
  std::set<std::string> names, placed;
  for (const auto& c : children) names.insert(c.name);
  for (const auto& c : children)
    for (const auto& need : c.needs)
      if (!names.contains(need)) return error(errc::invalid_argument, c.name + " needs " + need + ", which is no sibling of it");
  std::vector<child_spec> ordered;
  while (!children.empty()) {
    const auto next = std::find_if(children.begin(), children.end(), [&](const child_spec& c) {
      return std::all_of(c.needs.begin(), c.needs.end(), [&](const std::string& need) { return placed.contains(need); });
    });
    if (next == children.end()) {
      std::string circle;
      for (const auto& c : children) circle += (circle.empty() ? "" : ", ") + c.name;
      return error(errc::invalid_argument, "these need each other in a circle: " + circle);
    }
    placed.insert(next->name);
    ordered.push_back(std::move(*next));
    children.erase(next);
  }
  return ordered;
}

std::string to_string(const supervisor_settings& s) {
  return std::string(word_of(s.strategy)) + ", at most " + std::to_string(s.restarts_max) + " restarts within " + text_of(s.window) + ", pauses " +
         text_of(s.backoff_min) + " to " + text_of(s.backoff_max);
}
std::string to_string(const child_spec& spec) { return std::string(word_of(spec.restart)) + ", " + text_of(spec.stop_deadline) + " to stop"; }

}  // namespace tomnext::actors
