#include "actors/trading_gateway/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const trading_gateway::gateway_host& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return json_bytes(nlohmann::json{{"open_orders", host.open_orders()}, {"unexpected_reports", host.unexpected_reports()}});
}

result<std::string> view(const venue::venue_host&, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return json_bytes(nlohmann::json{{"venue", "simulated"}, {"orders", "market"}});
}

}  // namespace tomnext::actors
