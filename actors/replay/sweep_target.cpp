#include "actors/replay/sweep_target.hpp"

#include <algorithm>

#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::replay {
namespace {

using strategy_execution::make_strategy;
using strategy_execution::strategy_configuration;

// A text that no number and no word is: what a strategy says of it tells what the parameter is.
constexpr const char* probe = "?";

enum class parameter_kind : std::uint8_t { unknown, number, word };
struct asked {
  parameter_kind kind{};
  std::string message;
};

/// A strategy names the key that it does not know, and says of one that it does what it takes.
asked ask(const strategy_configuration& s, const std::string& key) {
  auto values = s.parameters;
  values[key] = probe;
  auto made = make_strategy(s.kind, values);
  if (made) return {parameter_kind::word, "takes any text"};
  const auto& e = made.error();
  if (e.code == errc::configuration_key) return {parameter_kind::unknown, e.message};
  return {e.message.find(" is none of: ") != std::string::npos ? parameter_kind::word : parameter_kind::number, e.message};
}

std::string names_of(const config::deployment& d) {
  std::string all;
  for (const auto& s : d.strategies) all += (all.empty() ? "" : ", ") + std::string(s.name.view());
  return all.empty() ? "none" : all;
}

result<std::size_t> strategy_of(const config::deployment& d, const std::string& axis, const std::string& which) {
  for (std::size_t i = 0; i < d.strategies.size(); ++i)
    if (d.strategies[i].name == std::string_view(which) || std::to_string(i) == which) return i;
  return error(errc::invalid_argument, axis + ": there is no strategy '" + which + "'; there are: " + names_of(d));
}

result<sweep_target> target_of(const config::deployment& d, const std::string& axis) {
  if (axis.rfind("strategies.", 0) == 0) {
    const auto dot = axis.rfind('.');
    if (dot < 11) return error(errc::invalid_argument, axis + ": write strategies.NAME.PARAMETER; strategies: " + names_of(d));
    auto s = strategy_of(d, axis, axis.substr(11, dot - 11));
    if (!s) return s.error();
    const sweep_target t{*s, axis.substr(dot + 1)};
    const auto a = ask(d.strategies[t.strategy], t.key);
    if (a.kind == parameter_kind::number) return t;
    return error(errc::invalid_argument, axis + ": " + (a.kind == parameter_kind::word ? "is no number: " : "") + a.message);
  }
  std::vector<sweep_target> found;
  std::string why, places;
  for (std::size_t i = 0; i < d.strategies.size(); ++i) {
    const auto a = ask(d.strategies[i], axis);
    if (a.kind == parameter_kind::number) {
      found.push_back({i, axis});
      places += (places.empty() ? "" : ", ") + std::string("strategies.") + std::string(d.strategies[i].name.view()) + "." + axis;
    } else if (why.empty()) why = std::string(d.strategies[i].name.view()) + ": " + (a.kind == parameter_kind::word ? "no number: " : "") + a.message;
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return error(errc::invalid_argument, "'" + axis + "' is no numeric parameter of a strategy; " + (why.empty() ? "there is none" : why));
  return error(errc::invalid_argument, "'" + axis + "' is a parameter of several strategies; name one: " + places);
}

}  // namespace

result<std::vector<sweep_target>> targets_of(const config::deployment& d, const std::vector<sweep_axis>& axes) {
  std::vector<sweep_target> all;
  for (const auto& a : axes) {
    auto t = target_of(d, a.name);
    if (!t) return t.error();
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].strategy == t->strategy && all[i].key == t->key)
        return error(errc::invalid_argument, "'" + axes[i].name + "' and '" + a.name + "' are the same parameter");
    all.push_back(std::move(*t));
  }
  return all;
}

result<config::deployment> at_point(const config::deployment& d, const std::vector<sweep_target>& targets, const sweep_point& point) {
  config::deployment made = d;
  for (std::size_t i = 0; i < targets.size(); ++i) made.strategies[targets[i].strategy].parameters[targets[i].key] = point[i];
  for (const auto& t : targets) {
    const auto& s = made.strategies[t.strategy];
    if (auto strategy = make_strategy(s.kind, s.parameters); !strategy) return strategy.error();
  }
  return made;
}

}  // namespace tomnext::replay
