// The features of a whole history at once, for training sets and for proving that the online store is right.
#pragma once
#include <span>
#include <vector>

#include "domain/feature_store/definition.hpp"

namespace tomnext::feature_store {

/// One vector per bar, computed feature by feature. `spreads[i]` is the spread known at the close of bars[i], NaN where none was; both have one length,
/// and all bars are of the configured specification. Equal to the online vectors to the last bit. The configuration must be valid.
std::vector<feature_vector_updated> batch_vectors(const feature_configuration& configuration, std::span<const bar_closed> bars,
                                                  std::span<const double> spreads);

}  // namespace tomnext::feature_store
