// Small helpers for views: a service's state as JSON, for people and tests. Every view answers "status"; what else it knows is its own.
#pragma once
#include <nlohmann/json.hpp>

#include <cmath>
#include <optional>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::actors {

inline error unknown_question(const std::string& question, const std::string& allowed) {
  return {errc::bad_request, "unknown question '" + question + "'; there are: " + allowed};
}
/// As text. Bytes that are no UTF-8, which may come from anybody who asks, are replaced: dump() alone would throw.
inline std::string json_bytes(const nlohmann::json& j) { return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }
/// A number, or null where it is no number or absent.
inline nlohmann::json number_or_null(double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(nullptr); }
inline nlohmann::json number_or_null(const std::optional<double>& v) { return v ? number_or_null(*v) : nlohmann::json(nullptr); }

}  // namespace tomnext::actors
