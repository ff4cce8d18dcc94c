// What features an instrument has, and the two hashes that name a schema and a vector.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "domain/calendar/sessions.hpp"
#include "domain/events/market.hpp"
#include "domain/events/research.hpp"

namespace tomnext::feature_store {

/// One feature. What it reads follows from its kind:
///   ema            EMA(period) of closes, in price units
///   log_return     ln(close / close `period` bars ago)
///   atr            Wilder's ATR(period), in price units
///   volatility     sample standard deviation of the last `period` log returns of one bar, per bar (not annualised)
///   spread         ask − bid of the last unflagged quote, in price units
///   session        0 none, 1 Tokyo, 2 London, 3 New York, 4 London and New York
///   minute_of_day  0 to 1,439, UTC, of the bar's close
///   weekday        0 = Sunday to 6, UTC, of the bar's close
/// The last four have period 0.
struct feature_definition {
  text name;
  std::uint32_t version = 1;  ///< raised with every change of meaning
  feature_kind kind{};
  std::uint32_t period{};
};

struct feature_configuration {
  instrument_id instrument;
  std::uint32_t step_s{};
  price_side from{};
  std::vector<feature_definition> features;  ///< the order of the vector; at most features_max
  calendar::session_table sessions;          ///< without it, session features are 0
  ema_seed seed = ema_seed::sma;
  std::int64_t time_to_live_ns{};  ///< an older vector is stale; 0: twice the bars' step
  std::uint32_t history = 4'096;   ///< vectors kept for as-of queries
};

/// Names differ, kinds are known, periods are 1 to 10,000 where the kind has one and 0 where it has none.
result<void> validate(const feature_configuration& configuration);

/// XXH64 of the definitions in order, with the bars that they read and the seed. The instrument is no part of it: one model can serve several.
std::uint64_t schema_hash(const feature_configuration& configuration);

/// XXH64 of the schema and the bit patterns of the values.
std::uint64_t vector_hash(std::uint64_t schema, std::span<const double> values);

}  // namespace tomnext::feature_store
