// Reads the models that XGBoost saves as JSON.
#pragma once
#include <cstddef>
#include <string_view>

#include "domain/ml_integration/tree_ensemble.hpp"

namespace tomnext::ml_integration {

/// Longer texts are refused before they are parsed: a parsed document takes some fifteen times its text.
inline constexpr std::size_t xgboost_json_bytes_max = std::size_t{64} << 20;
/// Deeper nesting is refused. XGBoost's own files nest seven deep.
inline constexpr int xgboost_json_depth_max = 32;

/// The text of `Booster.save_model("….json")` of XGBoost 1, 2 or 3, booster gbtree. A forest (num_parallel_tree) is simply more trees. Objectives:
///   binary:logistic, reg:logistic   probability = sigmoid(margin), base margin = logit(base_score)
///   reg:squarederror, reg:linear, reg:squaredlogerror, reg:pseudohubererror, reg:absoluteerror, binary:logitraw   margin only, base margin = base_score
/// All trees count, as in Booster.predict: the attribute best_iteration is not looked at.
///
/// Everything else is refused with what it is and what is supported (errc::unsupported_format): dart, gblinear, several classes or targets,
/// categorical splits, other objectives. Text that is no such model (no JSON, wrong types, counts that disagree, nodes that form no tree) is
/// errc::invalid_argument, with the path of the value.
result<tree_ensemble> load_xgboost_json(std::string_view text);

}  // namespace tomnext::ml_integration
