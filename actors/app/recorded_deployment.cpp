#include "actors/app/recorded_deployment.hpp"

#include "actors/replay/backtest.hpp"
#include "actors/replay/log_deployment.hpp"

namespace tomnext::app {
namespace {

result<recorded_deployment> given(const persistence::event_log& log, const config_options& from) {
  auto d = from.load();
  if (!d) return d.error();
  auto parts = replay::load_models(*d, "");
  if (!parts) return parts.error();
  auto p = replay::preamble_of(log);
  if (!p) return p.error();
  d->calendar = p->calendar;
  return recorded_deployment{std::move(*d), std::move(*parts), {}, 0};
}

}  // namespace

result<recorded_deployment> deployment_of(const persistence::event_log& log, const std::string& directory, const config_options& from, std::uint64_t at_seq) {
  if (!from.file.empty()) return given(log, from);
  auto overrides = from.overrides();
  if (!overrides) return overrides.error();
  auto r = replay::deployment_of_log(log, directory, *overrides, at_seq);
  if (!r) return r.error();
  return recorded_deployment{std::move(r->deployment), std::move(r->parts), r->configuration, r->configuration_hash};
}

}  // namespace tomnext::app
