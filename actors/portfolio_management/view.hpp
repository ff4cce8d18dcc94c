// What portfolio_management shows of its hosts, as JSON.
#pragma once
#include "domain/portfolio_management/account_host.hpp"

namespace tomnext::actors {

result<std::string> view(const portfolio_management::account_host& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
