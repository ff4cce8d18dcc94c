#include "domain/ml_integration/tree_ensemble.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "domain/ml_integration/single_precision.hpp"

namespace tomnext::ml_integration {
namespace {

constexpr std::size_t nodes_max = 16'000'000;

error refusal(std::size_t tree_index, std::size_t node, const std::string& why) {
  return {errc::invalid_argument, "tree " + std::to_string(tree_index) + ", node " + std::to_string(node) + ": " + why};
}

}  // namespace

result<tree_ensemble> tree_ensemble::make(std::vector<tree> trees, float base_margin, objective_kind objective, std::size_t features,
                                          std::vector<std::string> feature_names) {
  tree_ensemble e;
  e.base_margin_ = base_margin;
  e.objective_ = objective;
  e.features_ = features;
  if (!feature_names.empty() && feature_names.size() != features)
    return error(errc::invalid_argument, std::to_string(feature_names.size()) + " feature names for " + std::to_string(features) + " features");
  e.feature_names_ = std::move(feature_names);
  if (!std::isfinite(base_margin)) return error(errc::invalid_argument, "the base margin is no number");
  for (std::size_t t = 0; t < trees.size(); ++t) {
    const auto& nodes = trees[t];
    if (nodes.empty()) return refusal(t, 0, "the tree is empty");
    if (e.nodes_.size() + nodes.size() > nodes_max) return refusal(t, 0, "the model has more than " + std::to_string(nodes_max) + " nodes");
    const auto first = static_cast<std::int32_t>(e.nodes_.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      auto n = nodes[i];
      if (!std::isfinite(n.value) && n.left < 0) return refusal(t, i, "the leaf is no number");
      if (std::isnan(n.value)) return refusal(t, i, "the split is no number");
      if (n.left >= 0) {
        // Children behind their parent: walking down ends, whatever the file says.
        const auto behind = [&](std::int32_t c) { return c > static_cast<std::int32_t>(i) && c < static_cast<std::int32_t>(nodes.size()); };
        if (!behind(n.left) || !behind(n.right)) return refusal(t, i, "a child that is not behind it");
        if (n.feature >= features) return refusal(t, i, "feature " + std::to_string(n.feature) + " of " + std::to_string(features));
        n.left += first;
        n.right += first;
      }
      e.nodes_.push_back(n);
    }
    e.roots_.push_back(static_cast<std::uint32_t>(first));
  }
  return e;
}

tree_prediction tree_ensemble::predict(std::span<const float> row) const {
  float sum = base_margin_;
  for (const auto root : roots_) {
    const tree_node* n = &nodes_[root];
    while (n->left >= 0) {
      const float x = row[n->feature];
      const bool left = std::isnan(x) ? n->missing_left : x < n->value;
      n = &nodes_[static_cast<std::size_t>(left ? n->left : n->right)];
    }
    sum += n->value;
  }
  return {sum, gives_probability() ? sigmoid(sum) : 0.0f};
}

float sigmoid(float x) {
  constexpr float epsilon = 1e-16f;  // as there: avoids 0 / 0
  return 1.0f / (exp_single(std::min(-x, 88.7f)) + 1.0f + epsilon);
}

float logit(float probability) { return -log_single(1.0f / probability - 1.0f); }

}  // namespace tomnext::ml_integration
