#include "domain/strategy_execution/strategy.hpp"

#include <algorithm>
#include <charconv>

namespace tomnext::strategy_execution {
namespace {

std::map<std::string, strategy_kind>& kinds() {
  static std::map<std::string, strategy_kind> all;
  return all;
}

std::string joined(const std::vector<std::string>& words) {
  std::string s;
  for (const auto& w : words) s += (s.empty() ? "" : ", ") + w;
  return s;
}

}  // namespace

void parameters::refuse(const std::string& key, const std::string& why) {
  if (!error_) error_.emplace(errc::configuration_value, key + ": " + why);
}

std::int64_t parameters::integer(const std::string& key, std::int64_t fallback, std::int64_t minimum, std::int64_t maximum) {
  known_.push_back(key);
  auto found = values_.find(key);
  if (found == values_.end()) return fallback;
  const auto& text = found->second;
  std::int64_t value = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < minimum || value > maximum) {
    refuse(key, "'" + text + "' is not a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    return fallback;
  }
  return value;
}

rate parameters::decimal(const std::string& key, rate fallback, std::int64_t minimum, std::int64_t maximum) {
  known_.push_back(key);
  auto found = values_.find(key);
  if (found == values_.end()) return fallback;
  const auto value = rate::parse(found->second);
  if (!value || *value < rate::whole(minimum) || *value > rate::whole(maximum)) {
    refuse(key, "'" + found->second + "' is not a decimal number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    return fallback;
  }
  return *value;
}

std::size_t parameters::choice(const std::string& key, std::size_t fallback, const std::vector<std::string>& allowed) {
  known_.push_back(key);
  auto found = values_.find(key);
  if (found == values_.end()) return fallback;
  auto at = std::find(allowed.begin(), allowed.end(), found->second);
  if (at == allowed.end()) {
    refuse(key, "'" + found->second + "' is none of: " + joined(allowed));
    return fallback;
  }
  return static_cast<std::size_t>(at - allowed.begin());
}

result<void> parameters::finish() {
  for (const auto& [key, value] : values_)
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
      return error(errc::configuration_key, "unknown key '" + key + "'; allowed: " + joined(known_));
  if (error_) return *error_;
  return {};
}

const std::map<std::string, strategy_kind>& strategy_kinds() { return kinds(); }

registration::registration(strategy_kind kind) {
  auto name = kind.name;
  kinds().emplace(std::move(name), std::move(kind));
}

result<std::unique_ptr<strategy>> make_strategy(const std::string& kind, std::map<std::string, std::string> values) {
  auto found = kinds().find(kind);
  if (found == kinds().end()) {
    std::vector<std::string> names;
    for (const auto& [name, k] : kinds()) names.push_back(name);
    return error(errc::configuration_value, "kind: unknown strategy '" + kind + "'; there are: " + joined(names));
  }
  return found->second.make(parameters(std::move(values)));
}

}  // namespace tomnext::strategy_execution
