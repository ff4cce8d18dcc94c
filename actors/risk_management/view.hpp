// What risk_management shows of its hosts, as JSON.
#pragma once
#include "domain/risk_management/risk_host.hpp"

namespace tomnext::actors {

result<std::string> view(const risk_management::risk_host& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
