// What monitoring_alerting shows of its hosts, as JSON.
#pragma once
#include "domain/monitoring_alerting/alert_host.hpp"

namespace tomnext::actors {

result<std::string> view(const monitoring_alerting::alert_host& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
