#include "actors/replay/fork_settings.hpp"

#include <algorithm>
#include <tuple>

namespace tomnext::replay {
namespace {

template <class T, class Same> bool alike(const std::vector<T>& a, const std::vector<T>& b, Same same) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

error refused(const std::string& what, const std::string& why) { return {errc::configuration_value, what + " cannot change in the middle of a log: " + why}; }

}  // namespace

bool same_limits(const config::risk_settings& a, const config::risk_settings& b) {
  return std::tie(a.position_max, a.notional_max, a.orders_per_second_max, a.price_collar) ==
         std::tie(b.position_max, b.notional_max, b.orders_per_second_max, b.price_collar);
}

result<void> check_instruments(const config::deployment& recorded, const config::deployment& changed) {
  const auto same = [](const instrument_defined& a, const instrument_defined& b) { return a.symbol == b.symbol; };
  if (alike(recorded.instruments, changed.instruments, same)) return {};
  std::string names;
  for (const auto& i : recorded.instruments) names += (names.empty() ? "" : ", ") + std::string(i.symbol.view());
  return error(errc::configuration_value,
               "the quotes of the log are of " + names + ": a configuration to run over them names the same instruments, in this order");
}

result<void> check_fork_settings(const config::deployment& recorded, const config::deployment& changed) {
  const auto& a = recorded;
  const auto& b = changed;
  if (!(a.instruments == b.instruments)) return refused("instruments", "what is recorded was decided on these");
  if (!(a.account == b.account)) return refused("account", "money and positions of the past are recorded as they were");
  if (a.financing.method != b.financing.method || a.usual_holidays != b.usual_holidays || !(a.holidays == b.holidays) || !(a.swap_rates == b.swap_rates))
    return refused("financing (all but markup and day count), holidays and swap rates", "what is published is a part of the log");
  if (a.bars_without_updates != b.bars_without_updates || a.research_bars != b.research_bars)
    return refused("bars", "those of the past are recorded as they were");
  const auto& p = a.quality;
  const auto& q = b.quality;
  if (std::tie(p.spike_threshold, p.spike_window, p.malformed) != std::tie(q.spike_threshold, q.spike_window, q.malformed))
    return refused("quality (all but flagged_quotes_trade)", "the recorded quotes have been judged");
  const auto same_strategy = [](const auto& x, const auto& y) { return x.name == y.name && x.instrument == y.instrument && x.bars == y.bars; };
  if (!alike(a.strategies, b.strategies, same_strategy))
    return refused("which strategies there are, and their names, instruments and bars", "a fork goes on with the same hosts");
  const auto same_feature = [](const auto& x, const auto& y) { return x.name == y.name && x.kind == y.kind && x.period == y.period; };
  if (a.research != b.research || !alike(a.features, b.features, same_feature)) return refused("features", "the vectors of the past are recorded as they were");
  const auto same_model = [](const auto& x, const auto& y) {
    return x.name == y.name && x.instrument == y.instrument && x.content_hash == y.content_hash && x.features == y.features;
  };
  if (!alike(a.models, b.models, same_model)) return refused("models (all but their thresholds)", "their files are a part of the log from its beginning on");
  return {};
}

}  // namespace tomnext::replay
