#include "actors/replay/log_deployment.hpp"

#include "persistence/content_store.hpp"

namespace tomnext::replay {

result<log_preamble> preamble_of(const persistence::event_log& log) {
  log_preamble found;
  auto scan = log.scan(1);
  if (!scan) return scan.error();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return found;
    for (const auto& e : (*g)->events) {
      if (const auto* c = e.get_if<configuration_set>()) found.configuration = c->content_hash;
      if (const auto* page = e.get_if<calendar_defined>()) found.calendar.push_back(*page);
      if (const auto* m = e.get_if<model_file_added>()) found.models.push_back(*m);
      if (e.is<quote_accepted>() || e.is<quote_rejected>()) return found;
    }
  }
}

result<log_deployment> deployment_of_log(const persistence::event_log& log, const std::string& directory,
                                         const std::vector<config::override_setting>& overrides) {
  auto found = preamble_of(log);
  if (!found) return found.error();
  if (!found->configuration)
    return error(errc::invalid_argument, directory +
                                             ": no configuration is recorded before its first quote, so nothing in it was decided by one (a log of imported "
                                             "market data?); name a CONFIG.yaml to replay it with");
  const persistence::content_store contents(directory);
  auto text = contents.get(*found->configuration);
  if (!text) return text.error().within(directory + ": the configuration");
  auto d = config::load_text(*text, "configuration of " + directory, directory, overrides);
  if (!d) return d.error();
  if (d->models.size() != found->models.size())
    return error(errc::invalid_argument,
                 directory + ": the configuration names " + std::to_string(d->models.size()) + " models, the log " + std::to_string(found->models.size()));
  log_deployment made{std::move(*d), {}, *found->configuration};
  made.deployment.calendar = found->calendar;
  for (std::size_t i = 0; i < found->models.size(); ++i) {
    const auto& hash = found->models[i].content_hash;
    const auto context = directory + ": model " + std::string(found->models[i].name.view());
    auto bytes = contents.get(hash);
    if (!bytes) return bytes.error().within(context);
    auto model = make_model(*bytes, made.deployment.models[i], made.deployment);
    if (!model) return model.error().within(context);
    made.deployment.models[i].content_hash = hash;
    made.parts.models.push_back(std::move(*model));
  }
  return made;
}

}  // namespace tomnext::replay
