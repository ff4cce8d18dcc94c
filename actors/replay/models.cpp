#include "actors/ml_integration/xgboost_json.hpp"
#include "actors/replay/backtest.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"

namespace tomnext::replay {

result<composition_parts> load_models(const config::deployment& d, const std::string& log) {
  composition_parts parts;
  for (const auto& m : d.models) {
    const auto context = "model " + std::string(m.name.view());
    auto bytes = persistence::read_file(m.file, ml_integration::xgboost_json_bytes_max);
    if (!bytes) return bytes.error().within(context);
    auto ensemble = ml_integration::load_xgboost_json(*bytes);
    if (!ensemble) return ensemble.error().within(context + ": " + m.file);
    if (!log.empty()) {
      auto stored = persistence::content_store(log).put(*bytes);
      if (!stored) return stored.error().within(context);
    }
    parts.models.emplace_back(persistence::sha256({*bytes}), std::make_shared<const ml_integration::tree_ensemble>(std::move(*ensemble)));
  }
  return parts;
}

}  // namespace tomnext::replay
