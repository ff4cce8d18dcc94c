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
  const bool fed = std::any_of(d.data.begin(), d.data.end(), [&](const auto& s) { return s.bars_as_feed && s.instrument == instrument; });
  auto want = [&](bar_spec b) {
    if (b == bar_spec{60, price_side::bid} && fed) return;  // they come from the file
    if (std::find(all.begin(), all.end(), b) == all.end()) all.push_back(b);
  };
  for (const auto& s : d.strategies)
    if (s.instrument == instrument) want(s.bars);
  if (const auto research = research_bars_of(d, instrument)) want(*research);
  return all;
}

std::optional<bar_spec> research_bars_of(const config::deployment& d, instrument_id instrument) {
  if (!d.research) return std::nullopt;
  if (d.research_bars) return d.research_bars;
  if (d.strategies.empty()) return bar_spec{60, price_side::mid};
  for (const auto& s : d.strategies)
    if (s.instrument == instrument) return bar_spec{s.bars.step_s, s.bars.from};  // features are of plain bars
  return std::nullopt;
}

venue::venue_configuration venue_of(const config::deployment& d) {
  venue::venue_configuration c;
  c.flagged_quotes_fill = d.quality.flagged_quotes_trade;
  c.profile = d.venue.profile;
  c.positions = d.account.positions;
  c.bars.spread = d.venue.spread_ratio;
  c.models = d.venue.models;
  for (const auto& s : d.strategies)
    if (s.instrument.value < instruments_max) c.bars_of[s.instrument.value] = s.bars;
  return c;
}

bool rolls_in_auckland(const config::deployment& d) {
  const auto& f = d.financing;
  if (f.method == financing_method::compat || (f.method == financing_method::none && f.swap_statement.empty())) return false;
  return std::any_of(d.instruments.begin(), d.instruments.end(), [](const auto& i) { return i.roll == roll_profile::auckland; });
}

feature_store::feature_configuration features_of(const config::deployment& d, instrument_id instrument) {
  feature_store::feature_configuration c;
  c.instrument = instrument;
  const auto bars = research_bars_of(d, instrument).value_or(bar_spec{60, price_side::mid});
  c.step_s = bars.step_s;
  c.from = bars.from;
  c.sessions = d.sessions;
  for (const auto& f : d.features) c.features.push_back({f.name, 1, f.kind, f.period});
  if (c.features.empty())
    c.features = {{"ema_20", 1, feature_kind::ema, 20},   {"log_return_1", 1, feature_kind::log_return, 1},
                  {"atr_14", 1, feature_kind::atr, 14},   {"volatility_20", 1, feature_kind::volatility, 20},
                  {"spread", 1, feature_kind::spread, 0}, {"session", 1, feature_kind::session, 0}};
  return c;
}

}  // namespace tomnext::replay
