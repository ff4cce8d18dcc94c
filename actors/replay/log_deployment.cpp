#include "actors/replay/log_deployment.hpp"

#include "domain/base/hash.hpp"
#include "persistence/content_store.hpp"
#include "persistence/filtered_scan.hpp"

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
      if (const auto* l = e.get_if<log_declared>()) found.purpose = l->purpose;
      if (const auto* c = e.get_if<configuration_set>()) found.configuration = c->content_hash;
      if (const auto* page = e.get_if<calendar_defined>()) found.calendar.push_back(*page);
      if (const auto* m = e.get_if<model_file_added>()) found.models.push_back(*m);
      if (e.is<quote_accepted>() || e.is<quote_rejected>()) return found;
    }
  }
}

result<std::vector<recorded_configuration>> configurations_of(const persistence::event_log& log) {
  auto found = preamble_of(log);
  if (!found) return found.error();
  std::vector<recorded_configuration> all;
  if (!found->configuration) return all;
  // Nothing else changes its configuration in the middle.
  if (found->purpose != log_purpose::fork) return std::vector{recorded_configuration{1, *found->configuration}};
  persistence::event_filter wanted;
  wanted.types[configuration_set::type_number] = true;
  auto scan = persistence::filtered_scan::open(log, wanted, {}, persistence::direction::forward);
  if (!scan) return scan.error();
  for (;;) {
    auto e = scan->next();
    if (!e) return e.error();
    if (*e == nullptr) return all;
    all.push_back({all.empty() ? 1 : (*e)->head.seq, (*e)->as<configuration_set>().content_hash});
  }
}

result<log_deployment> deployment_of_log(const persistence::event_log& log, const std::string& directory,
                                         const std::vector<config::override_setting>& overrides, std::uint64_t at_seq) {
  auto found = preamble_of(log);
  if (!found) return found.error();
  if (!found->configuration)
    return error(errc::invalid_argument, directory +
                                             ": no configuration is recorded before its first quote, so nothing in it was decided by one (a log of imported "
                                             "market data?); name a CONFIG.yaml to replay it with");
  auto configurations = configurations_of(log);
  if (!configurations) return configurations.error();
  for (const auto& c : *configurations)
    if (c.from_seq <= at_seq) found->configuration = c.content;
  const persistence::content_store contents(directory);
  auto text = contents.get(*found->configuration);
  if (!text) return text.error().within(directory + ": the configuration");
  auto d = config::load_text(*text, "configuration of " + directory, directory, overrides);
  if (!d) return d.error();
  if (d->models.size() != found->models.size())
    return error(errc::invalid_argument,
                 directory + ": the configuration names " + std::to_string(d->models.size()) + " models, the log " + std::to_string(found->models.size()));
  log_deployment made{std::move(*d), {}, *found->configuration, hash64(*text)};
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
