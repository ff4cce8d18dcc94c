#include "domain/feature_store/batch.hpp"

#include <algorithm>

#include "domain/feature_store/calculator.hpp"

namespace tomnext::feature_store {

std::vector<feature_vector_updated> batch_vectors(const feature_configuration& c, std::span<const bar_closed> bars, std::span<const double> spreads) {
  const std::size_t rows = std::min(bars.size(), spreads.size());
  const std::uint64_t schema = schema_hash(c);
  std::vector<feature_vector_updated> vectors(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    vectors[i].instrument = bars[i].instrument;
    vectors[i].step_s = bars[i].step_s;
    vectors[i].from = bars[i].from;
    vectors[i].schema = schema;
    vectors[i].known_at = bars[i].closed_at;
  }
  for (const auto& f : c.features) {
    calculator column(f, c.seed);
    for (std::size_t i = 0; i < rows; ++i) {
      column.update(bars[i]);
      vectors[i].values.push_back(column.value({bars[i].closed_at, spreads[i], session_of(bars[i].closed_at, c.sessions)}));
    }
  }
  for (auto& v : vectors) v.vector_hash = vector_hash(schema, {v.values.begin(), v.values.end()});
  return vectors;
}

}  // namespace tomnext::feature_store
