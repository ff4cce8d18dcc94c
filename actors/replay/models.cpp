#include "actors/replay/models.hpp"

#include <algorithm>

#include "actors/ml_integration/xgboost_json.hpp"
#include "actors/replay/backtest.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"

namespace tomnext::replay {
namespace {

using names = std::vector<std::string>;

names names_of(const feature_store::feature_configuration& c) {
  names all;
  for (const auto& f : c.features) all.emplace_back(f.name.view());
  return all;
}

std::string joined(const names& words) {
  std::string s;
  for (const auto& w : words) s += (s.empty() ? "" : ", ") + w;
  return s;
}

result<std::vector<std::uint32_t>> match(const ml_integration::tree_ensemble& ensemble, const names& listed, const names& vector) {
  const auto refuse = [&](const std::string& why) {
    return error(errc::configuration_value, why + "; list the features in models[].features, in the model's order. There are: " + joined(vector));
  };
  const std::size_t wanted = ensemble.feature_count();
  if (!listed.empty() && listed.size() != wanted)
    return refuse("the model reads " + std::to_string(wanted) + " features, " + std::to_string(listed.size()) + " are listed");
  const names& by = listed.empty() ? ensemble.feature_names() : listed;
  if (by.empty()) {
    if (wanted == vector.size()) return std::vector<std::uint32_t>{};
    return refuse("the model reads " + std::to_string(wanted) + " features without names, the vector has " + std::to_string(vector.size()));
  }
  std::vector<std::uint32_t> indices;
  for (const auto& name : by) {
    const auto found = std::find(vector.begin(), vector.end(), name);
    if (found == vector.end()) return refuse("the model reads the feature '" + name + "', which is not configured");
    indices.push_back(static_cast<std::uint32_t>(found - vector.begin()));
  }
  return indices;
}

}  // namespace

result<loaded_model> make_model(std::string_view bytes, const config::model_setting& m, const config::deployment& d) {
  if (!research_bars_of(d, m.instrument))
    return error(errc::configuration_value,
                 "a model reads features, and its pair has none: set research.enabled, and research.bars where no strategy trades it");
  auto ensemble = ml_integration::load_xgboost_json(bytes);
  if (!ensemble) return error(errc::unsupported_format, ensemble.error().message);
  names listed;
  for (const auto& f : m.features) listed.emplace_back(f.view());
  auto indices = match(*ensemble, listed, names_of(features_of(d, m.instrument)));
  if (!indices) return indices.error();
  return loaded_model{persistence::sha256({bytes}), std::make_shared<const ml_integration::tree_ensemble>(std::move(*ensemble)), std::move(*indices)};
}

result<composition_parts> load_models(const config::deployment& d, const std::string& log) {
  composition_parts parts;
  for (const auto& m : d.models) {
    const auto context = "model " + std::string(m.name.view()) + ": " + m.file;
    auto bytes = persistence::read_file(m.file, ml_integration::xgboost_json_bytes_max);
    if (!bytes) return bytes.error().within("model " + std::string(m.name.view()));
    auto made = make_model(*bytes, m, d);
    if (!made) return made.error().within(context);
    if (!log.empty()) {
      auto stored = persistence::content_store(log).put(*bytes);
      if (!stored) return stored.error().within(context);
    }
    parts.models.push_back(std::move(*made));
  }
  return parts;
}

}  // namespace tomnext::replay
