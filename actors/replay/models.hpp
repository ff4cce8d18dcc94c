// Models as they are composed: the file's hash, its trees, and which feature of ours each of its features is.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/deployment.hpp"
#include "domain/base/text.hpp"
#include "domain/ml_integration/tree_ensemble.hpp"

namespace tomnext::replay {

struct loaded_model {
  hash256 content_hash;
  std::shared_ptr<const ml_integration::tree_ensemble> ensemble;
  std::vector<std::uint32_t> feature_indices;  ///< feature i of the model is this one of the vector
};

/// From a model file's bytes. Its features are found by name: those that models[].features lists, in the model's order, else those that the file names.
/// A file without names reads the vector as it stands, where the counts agree. errc::configuration_value names what is missing and what there is;
/// errc::unsupported_format where the file is no model that we evaluate.
result<loaded_model> make_model(std::string_view bytes, const config::model_setting& m, const config::deployment& d);

}  // namespace tomnext::replay
