// The features of one instrument, as one vector per closed bar.
#pragma once
#include <deque>
#include <limits>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/feature_store/calculator.hpp"

namespace tomnext::feature_store {

/// A vector as it was known from `known_at` on.
struct known_vector {
  timestamp known_at;
  bounded_list<double, features_max> values;
  std::uint64_t hash{};
  template <class Archive> void archive(Archive& a) { a(known_at, values, hash); }
};

/// One host per instrument. Each bar of its specification, empty ones included, updates the features and makes one vector, known at the bar's close.
/// Definitions are put out once, when the instrument is defined.
class feature_host {
 public:
  static constexpr const char* service = "feature_store";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<instrument_defined, quote_accepted, bar_closed>;
  using outputs = type_list<feature_defined, feature_vector_updated>;

  /// The configuration must be valid.
  feature_host(host_id self, feature_configuration configuration);

  void apply(const header&, const quote_accepted& e) {
    if (e.flags == 0) spread_ = e.ask.value - e.bid.value;
  }
  void apply(const header&, const bar_closed& e);
  void apply(const header&, const feature_defined&) { defined_ = true; }
  void apply(const header&, const feature_vector_updated& e);

  void decide(const header&, const instrument_defined& e, outbox& out) const;
  void decide(const header&, const bar_closed& e, outbox& out) const;

  /// The newest vector, or nothing before the first bar.
  [[nodiscard]] const known_vector* newest() const { return history_.empty() ? nullptr : &history_.back(); }
  /// What was known at t: the newest vector with known_at <= t. Nothing where it is older than the history that is kept.
  [[nodiscard]] const known_vector* as_of(timestamp t) const;
  /// There is no vector, or the newest has outlived its time to live.
  [[nodiscard]] bool stale(timestamp now) const;
  [[nodiscard]] std::uint64_t schema() const { return schema_; }
  [[nodiscard]] const feature_configuration& configuration() const { return configuration_; }

  template <class Archive> void archive(Archive& a) {
    for (auto& c : calculators_) a(c);
    a(spread_, defined_, history_);
  }

 private:
  static constexpr std::int64_t no_spread = std::numeric_limits<std::int64_t>::min();

  feature_configuration configuration_;
  std::uint64_t schema_;
  std::vector<calculator> calculators_;  // in the order of the definitions
  std::int64_t spread_ = no_spread;      // of the last unflagged quote
  bool defined_ = false;
  std::deque<known_vector> history_;
};

}  // namespace tomnext::feature_store
