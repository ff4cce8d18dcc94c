// What a YAML text may look like before anybody reads its values: one document of plain mappings, lists and values, of bounded depth.
#pragma once
#include <optional>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::config {

/// Deeper nesting is refused; our own files nest five deep.
inline constexpr std::size_t yaml_depth_max = 32;
/// More values than this are refused.
inline constexpr std::size_t yaml_values_max = 100'000;

/// Refuses, with `name` and the line: what is no YAML (errc::configuration_syntax), a second document, anchors and aliases (a setting says its value
/// where it stands, and --set changes one place), a key that stands twice in one mapping, a key that is no word, and what is too deep or too large.
result<void> check_structure(const std::string& text, const std::string& name);

}  // namespace tomnext::config
