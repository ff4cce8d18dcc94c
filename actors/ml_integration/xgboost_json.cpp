#include "actors/ml_integration/xgboost_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tomnext::ml_integration {
namespace {

// Numbers are read as float32 straight from their text. By way of double they would be rounded twice.
using json = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t, std::uint64_t, float>;

constexpr std::size_t features_per_model_max = 1'000'000;

error malformed(const std::string& path, const std::string& why) { return {errc::invalid_argument, "XGBoost JSON: " + path + ": " + why}; }
error unsupported(const std::string& what, const std::string& supported) {
  return {errc::unsupported_format, "XGBoost JSON: " + what + " is not supported; supported is " + supported};
}
std::string shown(std::string_view text) { return "'" + std::string(text.substr(0, 40)) + "'"; }

// A value and the way to it, so that each refusal can say where.
struct place {
  const json* value;
  std::string path;

  [[nodiscard]] result<place> member(const char* name, json::value_t type) const {
    const auto found = value->find(name);
    const std::string inner = path.empty() ? name : path + "." + name;
    if (found == value->end()) return malformed(inner, "is missing");
    if (found->type() != type) return malformed(inner, std::string("must be ") + json(type).type_name() + ", is " + found->type_name());
    return place{&*found, inner};
  }
  [[nodiscard]] result<place> object(const char* name) const { return member(name, json::value_t::object); }
  [[nodiscard]] result<place> array(const char* name) const { return member(name, json::value_t::array); }
  [[nodiscard]] result<std::string> text(const char* name) const {
    auto found = member(name, json::value_t::string);
    if (!found) return found.error();
    return found->value->get<std::string>();
  }
  // XGBoost writes its counts as texts. A count that is not there is `absent`.
  [[nodiscard]] result<std::uint64_t> count(const char* name, std::optional<std::uint64_t> absent = std::nullopt) const {
    if (absent && !value->contains(name)) return *absent;
    auto found = text(name);
    if (!found) return found.error();
    std::uint64_t n = 0;
    const char* end = found->data() + found->size();
    if (const auto read = std::from_chars(found->data(), end, n); read.ec != std::errc{} || read.ptr != end) {
      return malformed(path + "." + name, shown(*found) + " is no count");
    }
    return n;
  }
};

// The length of the word NaN, Infinity or -Infinity at the front of `text`; 0 for none of them.
std::size_t non_number_at(std::string_view text) {
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

// The text as a JSON parser takes it. XGBoost writes NaN, Infinity and -Infinity where JSON knows no number (a categorical split has NaN for its
// threshold): they become null, so that they are refused by name and place, if they matter. Refuses nesting beyond the limit before anything is parsed.
result<std::string> standard_json(std::string_view text) {
  std::string standard;
  standard.reserve(text.size());
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      standard += c;
      in_string = c != '"';
      if (c == '\\' && ++i < text.size()) standard += text[i];
      continue;
    }
    if (const auto token = non_number_at(text.substr(i)); token != 0) {
      standard += "null";
      i += token - 1;
      continue;
    }
    in_string = c == '"';
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (depth > xgboost_json_depth_max) return malformed("the text", "nests deeper than " + std::to_string(xgboost_json_depth_max) + " levels");
    standard += c;
  }
  return standard;
}

// What an objective means for the base margin and the prediction.
struct objective_rule {
  const char* name;
  objective_kind kind;
  bool base_is_probability;
};
constexpr std::array objective_rules{
    objective_rule{"binary:logistic", objective_kind::logistic, true},
    objective_rule{"reg:logistic", objective_kind::logistic, true},
    objective_rule{"binary:logitraw", objective_kind::regression, false},  // its base_score is a margin already
    objective_rule{"reg:squarederror", objective_kind::regression, false},
    objective_rule{"reg:linear", objective_kind::regression, false},  // the old name of squarederror
    objective_rule{"reg:squaredlogerror", objective_kind::regression, false},
    objective_rule{"reg:pseudohubererror", objective_kind::regression, false},
    objective_rule{"reg:absoluteerror", objective_kind::regression, false},
};

result<objective_rule> rule_of(const std::string& name) {
  const auto found = std::find_if(objective_rules.begin(), objective_rules.end(), [&](const auto& r) { return name == r.name; });
  if (found != objective_rules.end()) return *found;
  std::string names;
  for (const auto& r : objective_rules) names += std::string(names.empty() ? "" : ", ") + r.name;
  return unsupported("the objective " + shown(name), names);
}

// "3E-1" until XGBoost 3.0; from 3.1 a list with one value for each output, "[3E-1]".
result<float> base_margin(const std::string& written, const objective_rule& rule) {
  const std::string path = "learner.learner_model_param.base_score";
  std::string_view s = written;
  if (s.size() >= 2 && s.front() == '[' && s.back() == ']') s = s.substr(1, s.size() - 2);
  if (s.find(',') != std::string_view::npos) return unsupported("a base_score for each of several outputs (" + shown(written) + ")", "one output");
  float base = 0;
  const auto read = std::from_chars(s.data(), s.data() + s.size(), base);
  if (read.ec != std::errc{} || read.ptr != s.data() + s.size() || !std::isfinite(base)) return malformed(path, shown(written) + " is no number");
  if (!rule.base_is_probability) return base;
  if (!(base > 0 && base < 1)) return malformed(path, shown(written) + " must lie between 0 and 1 for " + rule.name);
  return logit(base);
}

// The arrays of one tree; node i is the i-th value of each.
struct tree_arrays {
  std::vector<std::int64_t> left, right, feature, missing_left;
  std::vector<float> condition;
};

result<std::vector<std::int64_t>> integers(const place& tree, const char* name, std::size_t count) {
  auto found = tree.array(name);
  if (!found) return found.error();
  if (found->value->size() != count)
    return malformed(found->path, "has " + std::to_string(found->value->size()) + " values for " + std::to_string(count) + " nodes");
  std::vector<std::int64_t> values;
  values.reserve(count);
  for (const auto& v : *found->value) {
    const auto at = [&] { return found->path + "[" + std::to_string(values.size()) + "]"; };
    if (v.is_boolean()) {
      values.push_back(v.get<bool>() ? 1 : 0);  // default_left before XGBoost 1.3
      continue;
    }
    if (!v.is_number_integer()) return malformed(at(), std::string("must be a whole number, is ") + v.type_name());
    if (v.is_number_unsigned() && v.get<std::uint64_t>() > UINT32_MAX) return malformed(at(), "is beyond 32 bits");
    values.push_back(v.get<std::int64_t>());
  }
  return values;
}

result<std::vector<float>> numbers(const place& tree, const char* name, std::size_t count) {
  auto found = tree.array(name);
  if (!found) return found.error();
  if (found->value->size() != count)
    return malformed(found->path, "has " + std::to_string(found->value->size()) + " values for " + std::to_string(count) + " nodes");
  std::vector<float> values;
  values.reserve(count);
  for (const auto& v : *found->value) {
    if (!v.is_number()) {
      return malformed(found->path + "[" + std::to_string(values.size()) + "]", std::string("must be a finite number, is ") + v.type_name());
    }
    values.push_back(v.get<float>());
  }
  return values;
}

result<void> check_kind_of_tree(const place& tree, std::size_t nodes) {
  auto parameters = tree.object("tree_param");
  if (!parameters) return parameters.error();
  auto declared = parameters->count("num_nodes");
  if (!declared) return declared.error();
  if (*declared != nodes) return malformed(parameters->path + ".num_nodes", std::to_string(*declared) + ", but there are " + std::to_string(nodes) + " nodes");
  auto leaf_size = parameters->count("size_leaf_vector", 0);
  if (!leaf_size) return leaf_size.error();
  if (*leaf_size > 1) return unsupported(tree.path + ": a leaf of " + std::to_string(*leaf_size) + " values (multi-output trees)", "one value in each leaf");
  if (!tree.value->contains("split_type")) return {};  // before XGBoost 1.3 there were no categorical splits
  auto kinds = integers(tree, "split_type", nodes);
  if (!kinds) return kinds.error();
  if (std::any_of(kinds->begin(), kinds->end(), [](std::int64_t k) { return k != 0; }))
    return unsupported(tree.path + ": a categorical split", "numerical splits");
  return {};
}

result<tree_arrays> arrays_of(const place& tree) {
  auto left = tree.array("left_children");
  if (!left) return left.error();
  const std::size_t count = left->value->size();
  if (count == 0) return malformed(tree.path, "has no nodes");
  TOMNEXT_TRY(check_kind_of_tree(tree, count));
  auto lefts = integers(tree, "left_children", count);
  if (!lefts) return lefts.error();
  auto rights = integers(tree, "right_children", count);
  if (!rights) return rights.error();
  auto features = integers(tree, "split_indices", count);
  if (!features) return features.error();
  auto defaults = integers(tree, "default_left", count);
  if (!defaults) return defaults.error();
  auto conditions = numbers(tree, "split_conditions", count);
  if (!conditions) return conditions.error();
  return tree_arrays{std::move(*lefts), std::move(*rights), std::move(*features), std::move(*defaults), std::move(*conditions)};
}

// Numbers the nodes anew from the root, level by level: pruned nodes that lie about in the arrays drop out, and children come behind their parent.
result<tree> tree_of(const place& at, std::uint64_t feature_count) {
  auto read = arrays_of(at);
  if (!read) return read.error();
  const tree_arrays& from = *read;
  const auto count = static_cast<std::int64_t>(from.left.size());
  std::vector<std::size_t> order{0};
  std::vector<bool> reached(from.left.size());
  reached[0] = true;
  tree nodes;
  for (std::size_t next = 0; next < order.size(); ++next) {
    const std::size_t i = order[next];
    const auto here = [&] { return at.path + ", node " + std::to_string(i); };
    tree_node n;
    n.value = from.condition[i];
    if (from.left[i] == -1 && from.right[i] == -1) {
      nodes.push_back(n);
      continue;
    }
    for (const std::int64_t child : {from.left[i], from.right[i]}) {
      if (child < 0 || child >= count) return malformed(here(), "child " + std::to_string(child) + " of " + std::to_string(count) + " nodes");
      const auto c = static_cast<std::size_t>(child);
      if (reached[c]) return malformed(here(), "child " + std::to_string(child) + " has another parent, or is its own ancestor: this is no tree");
      reached[c] = true;
      order.push_back(c);
    }
    if (from.feature[i] < 0 || static_cast<std::uint64_t>(from.feature[i]) >= feature_count) {
      return malformed(here(), "feature " + std::to_string(from.feature[i]) + " of " + std::to_string(feature_count));
    }
    n.left = static_cast<std::int32_t>(order.size() - 2);
    n.right = static_cast<std::int32_t>(order.size() - 1);
    n.feature = static_cast<std::uint32_t>(from.feature[i]);
    n.missing_left = from.missing_left[i] != 0;
    nodes.push_back(n);
  }
  return nodes;
}

result<std::vector<tree>> trees_of(const place& model, std::uint64_t feature_count) {
  auto parameters = model.object("gbtree_model_param");
  if (!parameters) return parameters.error();
  auto declared = parameters->count("num_trees");
  if (!declared) return declared.error();
  auto list = model.array("trees");
  if (!list) return list.error();
  if (*declared != list->value->size()) {
    return malformed(list->path, "has " + std::to_string(list->value->size()) + " trees where num_trees says " + std::to_string(*declared));
  }
  std::vector<tree> trees;
  trees.reserve(list->value->size());
  for (const auto& v : *list->value) {
    const std::string path = list->path + "[" + std::to_string(trees.size()) + "]";
    if (!v.is_object()) return malformed(path, std::string("must be object, is ") + v.type_name());
    auto made = tree_of({&v, path}, feature_count);
    if (!made) return made.error();
    trees.push_back(std::move(*made));
  }
  return trees;
}

result<void> check_version(const json& document) {
  const auto version = document.find("version");
  if (version == document.end() || !version->is_array() || version->empty() || !(*version)[0].is_number_unsigned()) {
    return malformed("version", "must be a list such as [1, 7, 4]");
  }
  const auto major = (*version)[0].get<std::uint64_t>();
  if (major < 1 || major > 3) return unsupported("the format of XGBoost " + std::to_string(major), "that of XGBoost 1 to 3");
  return {};
}

result<void> check_outputs(const place& parameters) {
  auto classes = parameters.count("num_class", 0);
  if (!classes) return classes.error();
  if (*classes > 1) return unsupported("a model of " + std::to_string(*classes) + " classes", "two classes (binary:logistic) or a regression");
  auto targets = parameters.count("num_target", 1);
  if (!targets) return targets.error();
  if (*targets > 1) return unsupported("a model of " + std::to_string(*targets) + " targets", "one target");
  return {};
}

// Models trained on plain matrices have no names, or an empty list of them.
result<std::vector<std::string>> feature_names_of(const place& learner, std::uint64_t features) {
  std::vector<std::string> names;
  const auto found = learner.value->find("feature_names");
  if (found == learner.value->end() || (found->is_array() && found->empty())) return names;
  const auto path = learner.path + ".feature_names";
  if (!found->is_array() || found->size() != features) return malformed(path, "must be a list of " + std::to_string(features) + " names");
  for (const auto& n : *found) {
    if (!n.is_string()) return malformed(path, std::string("must be texts, one is ") + n.type_name());
    names.push_back(n.get<std::string>());
  }
  return names;
}

}  // namespace

result<tree_ensemble> load_xgboost_json(std::string_view text) {
  if (text.size() > xgboost_json_bytes_max) {
    return malformed("the text", "is " + std::to_string(text.size()) + " bytes; at most " + std::to_string(xgboost_json_bytes_max) + " are read");
  }
  // UBJSON has a letter for the type of the first key's length where JSON has a quotation mark.
  if (text.size() >= 2 && text[0] == '{' && text[1] >= 'A' && text[1] <= 'z') return unsupported("UBJSON", "the text of save_model(\"….json\")");
  const auto standard = standard_json(text);
  if (!standard) return standard.error();
  const json document = json::parse(*standard, nullptr, false);
  if (document.is_discarded())
    return malformed("the text", "is not complete JSON, or has a number beyond float32; wanted is the file of save_model(\"….json\")");
  if (!document.is_object()) return malformed("the text", std::string("must be object, is ") + document.type_name());
  TOMNEXT_TRY(check_version(document));
  auto learner = place{&document, ""}.object("learner");
  if (!learner) return learner.error();
  auto booster = learner->object("gradient_booster");
  if (!booster) return booster.error();
  auto kind = booster->text("name");
  if (!kind) return kind.error();
  if (*kind != "gbtree") return unsupported("the booster " + shown(*kind), "gbtree");

  auto objective = learner->object("objective");
  if (!objective) return objective.error();
  auto parameters = learner->object("learner_model_param");
  if (!parameters) return parameters.error();
  TOMNEXT_TRY(check_outputs(*parameters));
  auto name = objective->text("name");
  if (!name) return name.error();
  auto rule = rule_of(*name);
  if (!rule) return rule.error();
  auto score = parameters->text("base_score");
  if (!score) return score.error();
  auto base = base_margin(*score, *rule);
  if (!base) return base.error();
  auto features = parameters->count("num_feature");
  if (!features) return features.error();
  if (*features > features_per_model_max) {
    return malformed(parameters->path + ".num_feature", std::to_string(*features) + " features; at most " + std::to_string(features_per_model_max));
  }

  auto model = booster->object("model");
  if (!model) return model.error();
  auto trees = trees_of(*model, *features);
  if (!trees) return trees.error();
  auto names = feature_names_of(*learner, *features);
  if (!names) return names.error();
  auto ensemble = tree_ensemble::make(std::move(*trees), *base, rule->kind, static_cast<std::size_t>(*features), std::move(*names));
  if (!ensemble) return ensemble.error().within("XGBoost JSON");
  return ensemble;
}

}  // namespace tomnext::ml_integration
