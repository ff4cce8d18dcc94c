#include "actors/trading_gateway/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {
namespace {

nlohmann::json orders_json(const trading_gateway::gateway_host& host) {
  auto all = nlohmann::json::array();
  for (const auto& o : host.orders_open())
    all.push_back({{"order", o.order.value},
                   {"strategy", o.strategy.value},
                   {"instrument", o.instrument.value},
                   {"side", word_of(o.direction)},
                   {"size", o.size.to_string()},
                   {"filled", o.filled.to_string()},
                   {"state", orders::to_string(o.state)}});
  return all;
}

}  // namespace

result<std::string> view(const trading_gateway::gateway_host& host, const std::string& question, const std::string&) {
  if (question == "orders") return json_bytes(orders_json(host));
  if (question != "status") return unknown_question(question, "status, orders");
  return json_bytes(nlohmann::json{{"open_orders", host.open_orders()}, {"unexpected_reports", host.unexpected_reports()}});
}

result<std::string> view(const venue::venue_host&, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return json_bytes(nlohmann::json{{"venue", "simulated"}, {"orders", "market"}});
}

}  // namespace tomnext::actors
