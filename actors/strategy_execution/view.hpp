// What strategy_execution shows of its hosts, as JSON.
#pragma once
#include "domain/strategy_execution/strategy_host.hpp"

namespace tomnext::actors {

result<std::string> view(const strategy_execution::strategy_host& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
