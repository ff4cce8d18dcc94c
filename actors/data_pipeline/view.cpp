#include "actors/data_pipeline/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const data_pipeline::aggregator& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return nlohmann::json{{"late_quotes", host.late_quotes()}}.dump();
}

result<std::string> view(const data_pipeline::trading_calendar& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return nlohmann::json{{"boundaries_pending", host.pending()}}.dump();
}

}  // namespace tomnext::actors
