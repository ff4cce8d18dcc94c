// Which settings may change in the middle of a log, and which the recorded events depend on.
#pragma once
#include "config/deployment.hpp"

namespace tomnext::replay {

/// Settings of strategies (all but name, instrument and bars), risk, commission, the models' thresholds, the drawdown alert, and whether flagged quotes trade
/// may change. errc::configuration_value names the first section that may not.
result<void> check_fork_settings(const config::deployment& recorded, const config::deployment& changed);
/// The log's quotes are of instruments by number: a run over them needs the same ones. errc::configuration_value
result<void> check_instruments(const config::deployment& recorded, const config::deployment& changed);
bool same_limits(const config::risk_settings& a, const config::risk_settings& b);

}  // namespace tomnext::replay
