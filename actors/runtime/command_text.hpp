// What every command of an operator is read with: JSON in which nothing is said twice, and words without control characters.
#pragma once
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace tomnext::actors {

// An object in which no key stands twice: the last one would win, and it may be the one that nobody meant.
inline nlohmann::json parsed_once(const std::string& text, std::string& doubled) {
  std::set<std::string> keys;
  return nlohmann::json::parse(
      text,
      [&](int depth, nlohmann::json::parse_event_t what, nlohmann::json& value) {
        if (depth == 1 && what == nlohmann::json::parse_event_t::key && !keys.insert(value.get<std::string>()).second) doubled = value.get<std::string>();
        return true;
      },
      false);
}

inline bool has_control(const std::string& s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace tomnext::actors
