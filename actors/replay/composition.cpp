#include "actors/replay/composition.hpp"

#include <algorithm>

namespace tomnext::replay {

result<void> validate_strategies(const config::deployment& d) {
  for (std::size_t i = 0; i < d.strategies.size(); ++i) {
    auto made = strategy_execution::make_strategy(d.strategies[i].kind, d.strategies[i].parameters);
    if (!made) return made.error().within("strategies[" + std::to_string(i) + "]");
  }
  return {};
}

std::vector<bar_spec> bars_of(const config::deployment& d, instrument_id instrument) {
  std::vector<bar_spec> all;
  auto want = [&](bar_spec b) { if (std::find(all.begin(), all.end(), b) == all.end()) all.push_back(b); };
  for (const auto& s : d.strategies) if (s.instrument == instrument) want(s.bars);
  if (d.research) want(d.research_bars);
  return all;
}

}  // namespace tomnext::replay
