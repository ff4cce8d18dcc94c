#include "domain/strategy_execution/aggregation.hpp"

#include <algorithm>

namespace tomnext::strategy_execution {

double aggregate(const voices& v, const aggregation_weights& w) {
  double sum = 0, weight = 0;
  auto add = [&](const std::optional<double>& voice, double its_weight) {
    if (!voice) return;
    sum += *voice * its_weight;
    weight += its_weight;
  };
  add(v.technical, w.technical);
  add(v.model, w.model);
  add(v.regime, w.regime);
  add(v.correlation, w.correlation);
  if (weight <= 0) return 0;
  double score = sum / weight;
  if (v.technical && v.model && *v.technical * *v.model > 0) score *= 1.2;
  return std::clamp(score, -1.0, 1.0);
}

}  // namespace tomnext::strategy_execution
