// A strict view of one YAML mapping: every key is asked for by name and type; what is left over is an error that names the allowed ones.
#pragma once
#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::config {

/// Collects the first error of a whole file, so that readers need no error handling of their own.
class diagnostics {
 public:
  explicit diagnostics(std::string file) : file_(std::move(file)) {}
  void report(errc code, const YAML::Mark& mark, const std::string& path, const std::string& what);
  /// A missing key. It gives way to an unknown one that is met later: that is most likely the missing one, misspelt.
  void report_missing(const YAML::Mark& mark, const std::string& path);
  void report_unknown(const YAML::Mark& mark, const std::string& path, const std::string& allowed);
  /// What lies at `path` or below came from the command line: `place` is where errors say it is, instead of a line of the file.
  void came_from(std::string path, std::string place) { elsewhere_.emplace_back(std::move(path), std::move(place)); }
  [[nodiscard]] const std::optional<error>& first() const { return first_; }

 private:
  std::string place_of(const YAML::Mark& mark, const std::string& path) const;
  std::string file_;
  std::vector<std::pair<std::string, std::string>> elsewhere_;
  std::optional<error> first_;
  bool first_is_missing_ = false;
};

/// One mapping. `path` is its place in the file, "strategies[0]".
class mapping {
 public:
  mapping(YAML::Node node, std::string path, diagnostics& out);
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;
  /// Reports every key that was not asked for.
  ~mapping();

  [[nodiscard]] bool has(const std::string& key);
  /// Reports the key as missing where it is not there.
  void require(const std::string& key) { (void)find(key, true); }
  std::string text(const std::string& key, std::optional<std::string> fallback = {});
  std::int64_t integer(const std::string& key, std::optional<std::int64_t> fallback, std::int64_t minimum, std::int64_t maximum);
  double number(const std::string& key, std::optional<double> fallback, double minimum, double maximum);
  bool boolean(const std::string& key, std::optional<bool> fallback);
  /// One of the words; its index.
  std::size_t choice(const std::string& key, std::optional<std::size_t> fallback, const std::vector<std::string>& words);
  /// Reads text with `parse`, whose error is reported at the key's place. Needs a fallback or the key.
  template <class T, class Parse> T parsed(const std::string& key, std::optional<T> fallback, Parse parse) {
    auto node = find(key, !fallback);
    if (!node) return fallback.value_or(T{});
    auto t = scalar(*node, key);
    if (!t) return T{};
    auto value = parse(*t);
    if (value) return *value;
    fail(errc::configuration_value, *node, key, value.error().message);
    return T{};
  }
  void child(const std::string& key, const std::function<void(mapping&)>& read);
  /// Each element of a sequence of mappings.
  void each(const std::string& key, const std::function<void(mapping&, std::size_t)>& read);
  /// Each entry of a mapping of mappings.
  void entries(const std::string& key, const std::function<void(const std::string& name, mapping&)>& read);
  std::vector<std::string> list(const std::string& key);
  /// All scalar keys that nobody has asked for, as text: parameters whose meaning somebody else knows.
  std::vector<std::pair<std::string, std::string>> rest();
  void fail(errc code, const std::string& key, const std::string& what);
  /// Like text(), of at most `bytes` bytes: names are kept in events, which hold no more.
  std::string name(const std::string& key, std::optional<std::string> fallback, std::size_t bytes);

 private:
  void ask(const std::string& key);
  std::optional<YAML::Node> find(const std::string& key, bool required);
  std::optional<std::string> scalar(const YAML::Node& node, const std::string& key);
  void fail(errc code, const YAML::Node& node, const std::string& key, const std::string& what);
  [[nodiscard]] std::string at(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  YAML::Node node_;
  std::string path_;
  diagnostics& out_;
  std::vector<std::string> asked_;
  bool took_rest_ = false;
};

}  // namespace tomnext::config
