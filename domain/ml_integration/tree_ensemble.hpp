// Gradient-boosted trees as XGBoost writes them, evaluated in single precision with the same bits.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::ml_integration {

enum class objective_kind : std::uint8_t { regression, logistic };

/// One node. A leaf has left < 0 and its value in `value`; a split sends x[feature] < value to the left, a missing value where `missing_left` says.
struct tree_node {
  std::int32_t left = -1;
  std::int32_t right = -1;
  std::uint32_t feature = 0;
  float value = 0;
  bool missing_left = false;
};
using tree = std::vector<tree_node>;

/// What a model says of one row. `probability` is that of the positive class, 0 where the objective gives none.
struct tree_prediction {
  float margin = 0;
  float probability = 0;
};

/// Sums leaves in the order of the trees, in float32, from the base margin, as XGBoost's CPU predictor does.
class tree_ensemble {
 public:
  /// Refuses (errc::invalid_argument) trees that are not trees: children out of range or not after their parent, features beyond `features`;
  /// and names, where there are any, that are not as many as the features.
  static result<tree_ensemble> make(std::vector<tree> trees, float base_margin, objective_kind objective, std::size_t features,
                                    std::vector<std::string> feature_names = {});

  /// `row` has feature_count() values; NaN is missing.
  [[nodiscard]] tree_prediction predict(std::span<const float> row) const;
  [[nodiscard]] std::size_t feature_count() const { return features_; }
  /// As it was trained, in the order of the features; empty where the model has none.
  [[nodiscard]] const std::vector<std::string>& feature_names() const { return feature_names_; }
  [[nodiscard]] bool gives_probability() const { return objective_ == objective_kind::logistic; }
  [[nodiscard]] std::size_t tree_count() const { return roots_.size(); }

 private:
  tree_ensemble() = default;
  std::vector<tree_node> nodes_;  // of all trees, children by index into this
  std::vector<std::uint32_t> roots_;
  float base_margin_ = 0;
  objective_kind objective_ = objective_kind::regression;
  std::size_t features_ = 0;
  std::vector<std::string> feature_names_;
};

/// 1 / (1 + e^−x) in the float32 steps of XGBoost's common/math.h, with our own e^x, so that the bits do not depend on the machine's libm.
float sigmoid(float x);
/// −ln(1 / p − 1), the base margin that XGBoost makes of a base score p with 0 < p < 1; in float32 likewise.
float logit(float probability);

}  // namespace tomnext::ml_integration
