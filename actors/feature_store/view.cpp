#include "actors/feature_store/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {
namespace {

nlohmann::json vector_json(const feature_store::feature_host& host, const feature_store::known_vector* v) {
  if (v == nullptr) return nullptr;
  auto values = nlohmann::json::object();
  const auto& features = host.configuration().features;
  for (std::size_t i = 0; i < features.size() && i < v->values.size(); ++i) values[std::string(features[i].name.view())] = number_or_null(v->values[i]);
  return {{"known_at", to_string(v->known_at)}, {"values", values}, {"vector_hash", std::to_string(v->hash)}, {"schema", std::to_string(host.schema())}};
}

}  // namespace

result<std::string> view(const feature_store::feature_host& host, const std::string& question, const std::string& argument) {
  if (question == "status" || question == "newest") return json_bytes(vector_json(host, host.newest()));
  if (question != "as_of") return unknown_question(question, "status, newest, as_of (with a time such as 2012-02-01T00:00:00Z)");
  auto at = parse_timestamp(argument);
  if (!at) return error(errc::bad_request, at.error().message);
  return json_bytes(vector_json(host, host.as_of(*at)));
}

}  // namespace tomnext::actors
