// Figures that there may be none of, in JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>

namespace tomnext::replay {

template <class T> nlohmann::ordered_json or_null(const std::optional<T>& x) { return x ? nlohmann::ordered_json(*x) : nlohmann::ordered_json(nullptr); }

}  // namespace tomnext::replay
