#include "actors/app/recorded_deployment.hpp"

#include <fmt/format.h>

#include <map>

#include "actors/app/log_reader.hpp"
#include "actors/ml_integration/xgboost_json.hpp"
#include "actors/replay/backtest.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"

namespace tomnext::app {
namespace {

struct preamble_contents {
  std::optional<hash256> configuration;
  std::vector<calendar_defined> calendar;
  std::map<std::string, hash256> models;
};

// All of it stands before the first quote.
result<preamble_contents> read_preamble(const persistence::event_log& log) {
  auto reader = log_reader::open(log);
  if (!reader) return reader.error();
  preamble_contents p;
  for (;;) {
    auto e = reader->next();
    if (!e) return e.error();
    if (*e == nullptr || (*e)->is<quote_accepted>() || (*e)->is<quote_rejected>()) return p;
    if (const auto* c = (*e)->get_if<configuration_set>()) p.configuration = c->content_hash;
    if (const auto* page = (*e)->get_if<calendar_defined>()) p.calendar.push_back(*page);
    if (const auto* m = (*e)->get_if<model_file_added>()) p.models[std::string(m->name.view())] = m->content_hash;
  }
}

// The models as they were then: by the hash that the log names, whatever the files hold today.
result<replay::composition_parts> recorded_models(const config::deployment& d, const preamble_contents& p, const persistence::content_store& store) {
  replay::composition_parts parts;
  for (const auto& m : d.models) {
    const auto found = p.models.find(std::string(m.name.view()));
    if (found == p.models.end()) return error(errc::log_corrupt, fmt::format("the log names no file for the model '{}'", m.name.view()));
    auto bytes = store.get(found->second);
    if (!bytes) return bytes.error();
    auto ensemble = ml_integration::load_xgboost_json(*bytes);
    if (!ensemble) return ensemble.error().within(fmt::format("model '{}' in the content store", m.name.view()));
    parts.models.emplace_back(found->second, std::make_shared<const ml_integration::tree_ensemble>(std::move(*ensemble)));
  }
  return parts;
}

result<void> take_recorded_configuration(recorded_deployment& r, const preamble_contents& p, const std::string& directory, const config_options& from) {
  if (!p.configuration)
    return error(errc::invalid_argument, fmt::format("{}: no configuration is recorded before its first quote, so nothing in it was decided by one (a log of imported "
                                                     "market data?); name a CONFIG.yaml to replay it with", directory));
  const persistence::content_store store(directory);
  auto text = store.get(*p.configuration);
  if (!text) return text.error().within("the configuration recorded in " + directory);
  auto overrides = from.overrides();
  if (!overrides) return overrides.error();
  auto d = config::load_text(*text, "the configuration recorded in " + directory, directory, *overrides);
  if (!d) return d.error();
  auto parts = recorded_models(*d, p, store);
  if (!parts) return parts.error();
  r = {std::move(*d), std::move(*parts), *p.configuration};
  return {};
}

result<void> take_given_configuration(recorded_deployment& r, const config_options& from) {
  auto d = from.load();
  if (!d) return d.error();
  auto parts = replay::load_models(*d, "");
  if (!parts) return parts.error();
  r = {std::move(*d), std::move(*parts), {}};
  return {};
}

}  // namespace

result<recorded_deployment> deployment_of(const persistence::event_log& log, const std::string& directory, const config_options& from) {
  auto p = read_preamble(log);
  if (!p) return p.error();
  recorded_deployment r;
  if (from.file.empty()) TOMNEXT_TRY(take_recorded_configuration(r, *p, directory, from));
  else TOMNEXT_TRY(take_given_configuration(r, from));
  r.deployment.calendar = p->calendar;
  return r;
}

}  // namespace tomnext::app
