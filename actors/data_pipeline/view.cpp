#include "actors/data_pipeline/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const data_pipeline::aggregator& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return json_bytes(nlohmann::json{{"late_quotes", host.late_quotes()}});
}

result<std::string> view(const data_pipeline::trading_calendar& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return json_bytes(nlohmann::json{{"boundaries_pending", host.pending()}});
}

result<std::string> view(const data_pipeline::comparison_clock& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return json_bytes(nlohmann::json{{"next_boundary", to_string(host.boundary())}});
}

}  // namespace tomnext::actors
