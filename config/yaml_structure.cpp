#include "config/yaml_structure.hpp"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <sstream>
#include <vector>

namespace tomnext::config {
namespace {

// Follows the parser's events without building anything, so that a hostile text costs no more than its own length.
class structure_check final : public YAML::EventHandler {
 public:
  explicit structure_check(std::string name) : name_(std::move(name)) {}
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) refuse(mark, errc::configuration_syntax, "a second document begins here ('---'); a configuration is one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { value(mark, anchor, nullptr); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, errc::configuration_syntax, "an alias ('*name') is not read here: write the values out");
    value(mark, 0, nullptr);
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& text) override { value(mark, anchor, &text); }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    value(mark, anchor, nullptr);
    enter(mark, false);
  }
  void OnSequenceEnd() override { levels_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    value(mark, anchor, nullptr);
    enter(mark, true);
  }
  void OnMapEnd() override { levels_.pop_back(); }

 private:
  struct level {
    bool is_mapping;
    bool key_comes = true;
    std::map<std::string, int> lines;  // of the keys so far
  };

  void refuse(const YAML::Mark& mark, errc code, const std::string& why) {
    if (!failure_) failure_.emplace(code, fmt::format("{}:{}: {}", name_, mark.line + 1, why));
  }
  void enter(const YAML::Mark& mark, bool is_mapping) {
    levels_.push_back({is_mapping, true, {}});
    if (levels_.size() > yaml_depth_max) refuse(mark, errc::configuration_syntax, fmt::format("nested deeper than {}", yaml_depth_max));
  }
  // Every value, and every key, passes here once. `word` is null for what is no single word.
  void value(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string* word) {
    if (anchor != 0) refuse(mark, errc::configuration_syntax, "an anchor ('&name') is not read here: write the values out where they are meant");
    if (++values_ > yaml_values_max) refuse(mark, errc::configuration_syntax, fmt::format("more than {} values", yaml_values_max));
    if (levels_.empty() || !levels_.back().is_mapping) return;
    auto& at = levels_.back();
    if (at.key_comes) key(at, mark, word);
    at.key_comes = !at.key_comes;
  }
  void key(level& at, const YAML::Mark& mark, const std::string* word) {
    if (word == nullptr) return refuse(mark, errc::configuration_syntax, "a key must be a single word");
    if (failure_) return;
    auto [first, is_new] = at.lines.emplace(*word, mark.line + 1);
    if (!is_new) refuse(mark, errc::configuration_key, fmt::format("the key '{}' stands twice, first in line {}", *word, first->second));
  }

  std::string name_;
  std::vector<level> levels_;
  std::size_t documents_ = 0, values_ = 0;
  std::optional<error> failure_;
};

}  // namespace

result<void> check_structure(const std::string& text, const std::string& name) {
  structure_check check(name);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (!check.failure() && parser.HandleNextDocument(check)) {}
  } catch (const YAML::DeepRecursion& e) {
    // yaml-cpp's own limit, met while it looks ahead. It calls this a bad file; what was found on the way says it better.
    if (!check.failure()) return error(errc::configuration_syntax, fmt::format("{}:{}: nested deeper than {}", name, e.mark.line + 1, yaml_depth_max));
  } catch (const YAML::Exception& e) {
    if (!check.failure()) return error(errc::configuration_syntax, fmt::format("{}:{}: {}", name, e.mark.line + 1, e.msg));
  }
  if (check.failure()) return *check.failure();
  return {};
}

}  // namespace tomnext::config
