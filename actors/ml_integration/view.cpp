#include "actors/ml_integration/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const ml_integration::model_host& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  return json_bytes(nlohmann::json{{"predictions", host.predictions()},
                                   {"abstained", host.verdicts(confirmation::abstain)},
                                   {"confirmed", host.verdicts(confirmation::confirm)},
                                   {"rejected", host.verdicts(confirmation::reject)}});
}

}  // namespace tomnext::actors
