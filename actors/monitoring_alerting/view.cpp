#include "actors/monitoring_alerting/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const monitoring_alerting::alert_host& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return json_bytes(nlohmann::json{{"firing", host.firing()}, {"overflowed", host.overflowed()}});
}

}  // namespace tomnext::actors
