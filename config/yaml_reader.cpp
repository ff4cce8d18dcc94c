#include "config/yaml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tomnext::config {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string s;
  for (const auto& w : words) s += (s.empty() ? "" : ", ") + w;
  return s;
}

const char* kind_of(const YAML::Node& n) {
  switch (n.Type()) {
    case YAML::NodeType::Map: return "a mapping";
    case YAML::NodeType::Sequence: return "a list";
    case YAML::NodeType::Scalar: return "a value";
    default: return "nothing";
  }
}

}  // namespace

std::string diagnostics::place_of(const YAML::Mark& mark, const std::string& path) const {
  for (const auto& [top, place] : elsewhere_) {
    const bool inside = path.size() > top.size() && (path[top.size()] == '.' || path[top.size()] == '[');
    if (path.rfind(top, 0) == 0 && (path.size() == top.size() || inside)) return place;
  }
  if (!mark.is_null()) return fmt::format("{}:{}", file_, mark.line + 1);
  // A section that stands in no line was made on the way to a place that the command line named.
  for (const auto& [top, place] : elsewhere_)
    if (!path.empty() && top.rfind(path, 0) == 0) return place;
  return file_;
}

void diagnostics::report(errc code, const YAML::Mark& mark, const std::string& path, const std::string& what) {
  if (first_) return;
  first_.emplace(code, fmt::format("{}: {}: {}", place_of(mark, path), path.empty() ? "(top)" : path, what));
}

void diagnostics::report_missing(const YAML::Mark& mark, const std::string& path) {
  if (first_) return;
  report(errc::configuration_key, mark, path, "is missing");
  first_is_missing_ = true;
}

void diagnostics::report_unknown(const YAML::Mark& mark, const std::string& path, const std::string& allowed) {
  if (first_is_missing_) first_.reset();
  first_is_missing_ = false;
  report(errc::configuration_key, mark, path, "unknown key; allowed here: " + allowed);
}

mapping::mapping(YAML::Node node, std::string path, diagnostics& out) : node_(std::move(node)), path_(std::move(path)), out_(out) {
  if (!node_.IsMap()) {
    out_.report(errc::configuration_value, node_.Mark(), path_, fmt::format("must be a mapping of keys to values, is {}", kind_of(node_)));
    node_ = YAML::Node(YAML::NodeType::Map);
    took_rest_ = true;
  }
}

mapping::~mapping() {
  if (took_rest_) return;
  for (const auto& entry : node_) {
    auto key = entry.first.Scalar();
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) out_.report_unknown(entry.first.Mark(), at(key), joined(asked_));
  }
}

void mapping::ask(const std::string& key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
}

std::optional<YAML::Node> mapping::find(const std::string& key, bool required) {
  ask(key);
  auto n = static_cast<const YAML::Node&>(node_)[key];
  if (n) return n;
  if (required) out_.report_missing(node_.Mark(), at(key));
  return std::nullopt;
}

std::optional<std::string> mapping::scalar(const YAML::Node& node, const std::string& key) {
  if (node.IsScalar()) return node.Scalar();
  fail(errc::configuration_value, node, key, fmt::format("must be a single value, is {}", kind_of(node)));
  return std::nullopt;
}

void mapping::fail(errc code, const YAML::Node& node, const std::string& key, const std::string& what) { out_.report(code, node.Mark(), at(key), what); }

void mapping::fail(errc code, const std::string& key, const std::string& what) {
  auto n = static_cast<const YAML::Node&>(node_)[key];
  out_.report(code, n ? n.Mark() : node_.Mark(), at(key), what);
}

bool mapping::has(const std::string& key) {
  ask(key);
  return bool(static_cast<const YAML::Node&>(node_)[key]);
}

std::string mapping::text(const std::string& key, std::optional<std::string> fallback) {
  auto node = find(key, !fallback);
  if (!node) return fallback.value_or("");
  return scalar(*node, key).value_or("");
}

std::string mapping::name(const std::string& key, std::optional<std::string> fallback, std::size_t bytes) {
  auto t = text(key, std::move(fallback));
  if (t.size() > bytes) fail(errc::configuration_value, key, fmt::format("'{}…' is longer than {} bytes", t.substr(0, 20), bytes));
  // Names are shown on terminals, in tables and in pictures.
  if (std::any_of(t.begin(), t.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    fail(errc::configuration_value, key, "has a control character, such as an end of line, in it");
  return t;
}

std::int64_t mapping::integer(const std::string& key, std::optional<std::int64_t> fallback, std::int64_t minimum, std::int64_t maximum) {
  auto node = find(key, !fallback);
  if (!node) return fallback.value_or(minimum);
  auto t = scalar(*node, key);
  if (!t) return minimum;
  std::int64_t value = 0;
  auto [end, bad] = std::from_chars(t->data(), t->data() + t->size(), value);
  if (bad != std::errc{} || end != t->data() + t->size() || value < minimum || value > maximum) {
    fail(errc::configuration_value, *node, key, fmt::format("'{}' is not a whole number from {} to {}", *t, minimum, maximum));
    return minimum;
  }
  return value;
}

double mapping::number(const std::string& key, std::optional<double> fallback, double minimum, double maximum) {
  auto node = find(key, !fallback);
  if (!node) return fallback.value_or(minimum);
  auto t = scalar(*node, key);
  if (!t) return minimum;
  double value = 0;
  auto [end, bad] = std::from_chars(t->data(), t->data() + t->size(), value);
  if (bad != std::errc{} || end != t->data() + t->size() || !std::isfinite(value) || value < minimum || value > maximum) {
    fail(errc::configuration_value, *node, key, fmt::format("'{}' is not a number from {} to {}", *t, minimum, maximum));
    return minimum;
  }
  return value;
}

bool mapping::boolean(const std::string& key, std::optional<bool> fallback) {
  auto node = find(key, !fallback);
  if (!node) return fallback.value_or(false);
  auto t = scalar(*node, key);
  if (!t || *t == "true" || *t == "false") return t && *t == "true";
  fail(errc::configuration_value, *node, key, fmt::format("'{}' is neither true nor false", *t));
  return false;
}

std::size_t mapping::choice(const std::string& key, std::optional<std::size_t> fallback, const std::vector<std::string>& words) {
  auto node = find(key, !fallback);
  if (!node) return fallback.value_or(0);
  auto t = scalar(*node, key);
  if (!t) return 0;
  auto found = std::find(words.begin(), words.end(), *t);
  if (found == words.end()) {
    fail(errc::configuration_value, *node, key, fmt::format("'{}' is none of: {}", *t, joined(words)));
    return 0;
  }
  return static_cast<std::size_t>(found - words.begin());
}

void mapping::child(const std::string& key, const std::function<void(mapping&)>& read) {
  auto node = find(key, false);
  if (!node) return;
  mapping inner(*node, at(key), out_);
  read(inner);
}

void mapping::each(const std::string& key, const std::function<void(mapping&, std::size_t)>& read) {
  auto node = find(key, false);
  if (!node) return;
  if (!node->IsSequence()) return fail(errc::configuration_value, *node, key, fmt::format("must be a list, is {}", kind_of(*node)));
  for (std::size_t i = 0; i < node->size(); ++i) {
    mapping inner((*node)[i], fmt::format("{}[{}]", at(key), i), out_);
    read(inner, i);
  }
}

void mapping::entries(const std::string& key, const std::function<void(const std::string&, mapping&)>& read) {
  auto node = find(key, false);
  if (!node) return;
  if (!node->IsMap()) return fail(errc::configuration_value, *node, key, fmt::format("must be a mapping, is {}", kind_of(*node)));
  for (const auto& entry : *node) {
    mapping inner(entry.second, at(key) + "." + entry.first.Scalar(), out_);
    read(entry.first.Scalar(), inner);
  }
}

std::vector<std::string> mapping::list(const std::string& key) {
  auto node = find(key, false);
  if (!node) return {};
  if (!node->IsSequence()) {
    fail(errc::configuration_value, *node, key, fmt::format("must be a list, is {}", kind_of(*node)));
    return {};
  }
  std::vector<std::string> all;
  for (const auto& n : *node)
    if (auto t = scalar(n, key)) all.push_back(*t);
  return all;
}

std::vector<std::pair<std::string, std::string>> mapping::rest() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& entry : node_) {
    auto key = entry.first.Scalar();
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    if (auto t = scalar(entry.second, key)) all.emplace_back(key, *t);
  }
  took_rest_ = true;
  return all;
}

}  // namespace tomnext::config
