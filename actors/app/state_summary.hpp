// A log's moment in one page: account, positions, open orders, features.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actors/replay/as_of.hpp"
#include "config/deployment.hpp"

namespace tomnext::app {

/// {"as_of_seq", "at", "accounts": [{"balance", "equity", "positions": […], …}], "orders": […], "features": [{"instrument", "values", …}], "books", "state_hash"}.
/// Money is text; instruments and strategies are named. `states` are of all hosts.
nlohmann::ordered_json state_summary(const std::vector<replay::host_as_of>& states, const config::deployment& d);
/// The same for people.
std::string summary_text(const nlohmann::ordered_json& summary);

}  // namespace tomnext::app
