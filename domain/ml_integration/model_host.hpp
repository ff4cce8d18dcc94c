// The host of one model: predicts at each feature vector, and confirms or rejects the signals that strategies propose.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/events/research.hpp"
#include "domain/events/trading.hpp"
#include "domain/ml_integration/confirmation.hpp"
#include "domain/ml_integration/tree_ensemble.hpp"

namespace tomnext::ml_integration {

struct model_configuration {
  model_id model;
  text name;
  hash256 content_hash;  ///< of the model file
  std::shared_ptr<const tree_ensemble> ensemble;
  instrument_id instrument;
  confirmation_thresholds thresholds;
  bar_spec bars;                               ///< the vectors that it reads; step 0: those of any bars
  std::uint64_t schema{};                      ///< the feature schema that it was trained on; 0: any of the right count
  std::vector<std::uint32_t> feature_indices;  ///< feature i of the model is this value of the vector; empty: as they stand
};

/// One host per model. It predicts from the newest vector of its instrument and bars; a vector that it cannot read makes no prediction.
/// A missing value (NaN) follows the default branch of each split, as in training. A signal is always answered: with `abstain` and the reason where
/// there is no vector, its features are not the model's, all of them are missing, or the model gives no probability. Models that are not binary
/// classifiers predict (margin only, probability 0) and always abstain: a forecast return has no scale on which .65 would mean anything.
class model_host {
 public:
  static constexpr const char* service = "ml_integration";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<feature_vector_updated, signal_proposed>;
  using outputs = type_list<prediction_made, signal_confirmation_given>;

  model_host(host_id, model_configuration configuration) : configuration_(std::move(configuration)) {}

  void apply(const header&, const feature_vector_updated& e) {
    if (reads(e)) newest_ = {true, e.schema, e.vector_hash, e.values};
  }
  // its own outputs
  void apply(const header&, const prediction_made&) { ++predictions_; }
  void apply(const header&, const signal_confirmation_given& e) {
    if (const auto i = static_cast<std::size_t>(e.verdict); i < verdicts_.size()) ++verdicts_[i];
  }

  void decide(const header&, const feature_vector_updated& e, outbox& out) const;
  void decide(const header&, const signal_proposed& e, outbox& out) const;

  [[nodiscard]] std::uint64_t predictions() const { return predictions_; }
  [[nodiscard]] std::uint64_t verdicts(confirmation c) const { return verdicts_[static_cast<std::size_t>(c)]; }

  template <class Archive> void archive(Archive& a) { a(newest_, predictions_, verdicts_); }

 private:
  struct vector_seen {
    bool any{};
    std::uint64_t schema{};
    std::uint64_t hash{};
    bounded_list<double, features_max> values;
    template <class Archive> void archive(Archive& a) { a(any, schema, hash, values); }
  };
  [[nodiscard]] bool reads(const feature_vector_updated& e) const;
  /// Why no prediction can be made of the newest vector; empty where it can.
  [[nodiscard]] std::string obstacle() const;
  [[nodiscard]] prediction_made predict(signal_id signal) const;

  model_configuration configuration_;
  vector_seen newest_;
  std::uint64_t predictions_ = 0;
  std::array<std::uint64_t, 3> verdicts_{};
};

}  // namespace tomnext::ml_integration
