// Events of feature_store (40 to 49), analysis_engine (50 to 59) and ml_integration (80 to 89).
#pragma once
#include "domain/base/market.hpp"
#include "domain/base/service.hpp"
#include "domain/base/text.hpp"
#include "domain/base/words.hpp"

namespace tomnext {

enum class feature_kind : std::uint8_t { ema = 0, log_return = 1, atr = 2, spread = 3, session = 4, volatility = 5, minute_of_day = 6, weekday = 7 };

constexpr std::string_view word_of(feature_kind v) {
  return words::pick(std::to_array<std::string_view>({"ema", "log_return", "atr", "spread", "session", "volatility", "minute_of_day", "weekday"}), v);
}

inline constexpr std::size_t features_max = 24;

/// A feature's definition. A change makes a new version; values name the version that they were computed by.
struct feature_defined {
  TOMNEXT_EVENT(40, feature_defined, 1)
  instrument_id instrument;
  std::uint32_t index{};  ///< its place in the vector
  text name;
  std::uint32_t version{};
  feature_kind kind{};
  std::uint32_t period{};
  std::uint32_t step_s{};  ///< the bars that it reads
  price_side from{};
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, index) FIELD(3, name) FIELD(4, version) FIELD(5, kind) FIELD(6, period) FIELD(7, step_s) FIELD(8, from))
};
/// All features of an instrument at the close of a bar. A feature that is warming up is NaN (the canonical quiet one).
struct feature_vector_updated {
  TOMNEXT_EVENT(41, feature_vector_updated, 1)
  instrument_id instrument;
  std::uint32_t step_s{};
  price_side from{};
  std::uint64_t schema{};  ///< hash of the definitions, in order
  timestamp known_at;
  bounded_list<double, features_max> values;
  std::uint64_t vector_hash{};  ///< XXH64 of schema and values
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, step_s) FIELD(3, from) FIELD(4, schema) FIELD(5, known_at) FIELD(6, values) FIELD(7, vector_hash))
};

struct regime_assessed {
  TOMNEXT_EVENT(50, regime_assessed, 1)
  instrument_id instrument;
  std::uint32_t step_s{};
  price_side from{};
  regime_kind regime{};
  double confidence{};
  double adx{};
  double volatility_ratio{};
  TOMNEXT_FIELDS(FIELD(1, instrument) FIELD(2, step_s) FIELD(3, from) FIELD(4, regime) FIELD(5, confidence) FIELD(6, adx) FIELD(7, volatility_ratio))
};

struct prediction_made {
  TOMNEXT_EVENT(80, prediction_made, 1)
  model_id model;
  instrument_id instrument;
  signal_id signal;  ///< 0: made at a vector, for no signal
  double margin{};
  double probability{};
  hash256 model_hash;
  std::uint64_t vector_hash{};
  TOMNEXT_FIELDS(FIELD(1, model) FIELD(2, instrument) FIELD(3, signal) FIELD(4, margin) FIELD(5, probability) FIELD(6, model_hash) FIELD(7, vector_hash))
};
struct signal_confirmation_given {
  TOMNEXT_EVENT(81, signal_confirmation_given, 1)
  model_id model;
  instrument_id instrument;
  strategy_id strategy;
  signal_id signal;
  confirmation verdict{};
  double probability{};
  text reason;
  TOMNEXT_FIELDS(FIELD(1, model) FIELD(2, instrument) FIELD(3, strategy) FIELD(4, signal) FIELD(5, verdict) FIELD(6, probability) FIELD(7, reason))
};

}  // namespace tomnext
