#include "actors/replay/composition.hpp"

#include <algorithm>

namespace tomnext::replay {

result<void> validate(const config::deployment& d) {
  for (std::size_t i = 0; i < d.strategies.size(); ++i) {
    auto made = strategy_execution::make_strategy(d.strategies[i].kind, d.strategies[i].parameters);
    if (!made) return made.error().within("strategies[" + std::to_string(i) + "]");
  }
  if (d.research)
    for (const auto& i : d.instruments) TOMNEXT_TRY(feature_store::validate(features_of(d, i.instrument)));
  return {};
}

std::vector<bar_spec> bars_of(const config::deployment& d, instrument_id instrument) {
  std::vector<bar_spec> all;
  auto want = [&](bar_spec b) {
    if (std::find(all.begin(), all.end(), b) == all.end()) all.push_back(b);
  };
  for (const auto& s : d.strategies)
    if (s.instrument == instrument) want(s.bars);
  if (d.research) want(d.research_bars);
  return all;
}

feature_store::feature_configuration features_of(const config::deployment& d, instrument_id instrument) {
  feature_store::feature_configuration c;
  c.instrument = instrument;
  c.step_s = d.research_bars.step_s;
  c.from = d.research_bars.from;
  c.sessions = d.sessions;
  for (const auto& f : d.features) c.features.push_back({f.name, 1, f.kind, f.period});
  if (c.features.empty())
    c.features = {{"ema_20", 1, feature_kind::ema, 20},   {"log_return_1", 1, feature_kind::log_return, 1},
                  {"atr_14", 1, feature_kind::atr, 14},   {"volatility_20", 1, feature_kind::volatility, 20},
                  {"spread", 1, feature_kind::spread, 0}, {"session", 1, feature_kind::session, 0}};
  return c;
}

}  // namespace tomnext::replay
