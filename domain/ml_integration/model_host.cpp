#include "domain/ml_integration/model_host.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace tomnext::ml_integration {
namespace {

// Models read single precision. What lies beyond it becomes its largest value, so that the comparison with any split comes out the same.
float narrowed(double value) {
  constexpr double largest = std::numeric_limits<float>::max();
  return static_cast<float>(std::isnan(value) ? value : std::clamp(value, -largest, largest));
}

}  // namespace

bool model_host::reads(const feature_vector_updated& e) const {
  const auto& bars = configuration_.bars;
  return e.instrument == configuration_.instrument && (bars.step_s == 0 || bars == bar_spec{e.step_s, e.from});
}

std::string model_host::obstacle() const {
  if (!configuration_.ensemble) return "the model is not loaded";
  if (!newest_.any) return "no feature vector yet";
  if (configuration_.schema != 0 && newest_.schema != configuration_.schema) {
    return "feature schema " + std::to_string(newest_.schema) + ", not " + std::to_string(configuration_.schema);
  }
  const std::size_t has = newest_.values.size();
  const std::size_t wants = configuration_.ensemble->feature_count();
  const auto& indices = configuration_.feature_indices;
  const bool beyond = std::any_of(indices.begin(), indices.end(), [&](std::uint32_t i) { return i >= has; });
  if (wants > features_max || (indices.empty() ? has : indices.size()) != wants || beyond) {
    return "the model reads " + std::to_string(wants) + " features, the vector has " + std::to_string(has);
  }
  if (std::all_of(newest_.values.begin(), newest_.values.end(), [](double v) { return std::isnan(v); })) return "all features are missing";
  return {};
}

prediction_made model_host::predict(signal_id signal) const {
  std::array<float, features_max> features{};
  const auto& indices = configuration_.feature_indices;
  const std::size_t count = configuration_.ensemble->feature_count();
  for (std::size_t i = 0; i < count; ++i) features[i] = narrowed(newest_.values[indices.empty() ? i : indices[i]]);
  const auto found = configuration_.ensemble->predict(std::span<const float>(features.data(), count));
  const double probability = configuration_.ensemble->gives_probability() ? found.probability : 0;
  return {configuration_.model, configuration_.instrument, signal, found.margin, probability, configuration_.content_hash, newest_.hash};
}

void model_host::decide(const header&, const feature_vector_updated& e, outbox& out) const {
  if (reads(e) && obstacle().empty()) out.emit(predict({}));
}

void model_host::decide(const header&, const signal_proposed& e, outbox& out) const {
  if (e.instrument != configuration_.instrument) return;
  signal_confirmation_given answer{configuration_.model, e.instrument, e.strategy, e.signal, confirmation::abstain, 0, {}};
  if (const auto why = obstacle(); !why.empty()) {
    answer.reason = text(why);
    out.emit(answer);
    return;
  }
  const auto prediction = predict(e.signal);
  out.emit(prediction);
  if (!configuration_.ensemble->gives_probability()) {
    answer.reason = "the model gives no probability";
  } else if (e.direction == side::none) {
    answer.reason = "the signal has no direction";
  } else {
    answer.probability = probability_for(e.direction, prediction.probability);
    answer.verdict = verdict_on(answer.probability, configuration_.thresholds);
  }
  out.emit(answer);
}

}  // namespace tomnext::ml_integration
