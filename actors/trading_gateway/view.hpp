// What trading_gateway shows of its hosts, as JSON.
#pragma once
#include "domain/trading_gateway/gateway_host.hpp"
#include "domain/venue/venue_host.hpp"

namespace tomnext::actors {

result<std::string> view(const trading_gateway::gateway_host& host, const std::string& question, const std::string& argument);
result<std::string> view(const venue::venue_host& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
