#include "actors/replay/log_deployment.hpp"

#include <optional>

#include "actors/ml_integration/xgboost_json.hpp"
#include "persistence/content_store.hpp"

namespace tomnext::replay {
namespace {

struct preamble_found {
  std::optional<hash256> configuration;
  std::vector<model_file_added> models;
};

/// The preamble ends with the account, and nothing of it comes later.
result<preamble_found> find_preamble(const persistence::event_log& log) {
  preamble_found found;
  auto scan = log.scan(1);
  if (!scan) return scan.error();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return found;
    for (const auto& e : (*g)->events) {
      if (const auto* c = e.get_if<configuration_set>()) found.configuration = c->content_hash;
      if (const auto* m = e.get_if<model_file_added>()) found.models.push_back(*m);
      if (e.is<account_opened>()) return found;
    }
  }
}

}  // namespace

result<log_deployment> deployment_of_log(const persistence::event_log& log, const std::string& directory,
                                         const std::vector<config::override_setting>& overrides) {
  auto found = find_preamble(log);
  if (!found) return found.error();
  if (!found->configuration) return error(errc::invalid_argument, directory + ": the log names no configuration: nothing was decided in it");
  const persistence::content_store contents(directory);
  auto text = contents.get(*found->configuration);
  if (!text) return text.error().within(directory + ": the configuration");
  auto d = config::load_text(*text, "configuration of " + directory, directory, overrides);
  if (!d) return d.error();
  if (d->models.size() != found->models.size())
    return error(errc::invalid_argument, directory + ": the configuration names " + std::to_string(d->models.size()) + " models, the log " +
                                             std::to_string(found->models.size()));
  log_deployment made{std::move(*d), {}};
  for (std::size_t i = 0; i < found->models.size(); ++i) {
    const auto& hash = found->models[i].content_hash;
    const auto context = directory + ": model " + std::string(found->models[i].name.view());
    auto bytes = contents.get(hash);
    if (!bytes) return bytes.error().within(context);
    auto ensemble = ml_integration::load_xgboost_json(*bytes);
    if (!ensemble) return ensemble.error().within(context);
    made.deployment.models[i].content_hash = hash;
    made.parts.models.emplace_back(hash, std::make_shared<const ml_integration::tree_ensemble>(std::move(*ensemble)));
  }
  return made;
}

}  // namespace tomnext::replay
