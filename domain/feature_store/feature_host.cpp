#include "domain/feature_store/feature_host.hpp"

#include <algorithm>
#include <cstdlib>

namespace tomnext::feature_store {

feature_host::feature_host(host_id, feature_configuration configuration) : configuration_(std::move(configuration)), schema_(schema_hash(configuration_)) {
  if (!validate(configuration_)) std::abort();
  if (configuration_.time_to_live_ns == 0) configuration_.time_to_live_ns = 2 * std::int64_t{configuration_.step_s} * second_ns;
  for (const auto& f : configuration_.features) calculators_.emplace_back(f, configuration_.seed);
}

void feature_host::apply(const header&, const bar_closed& e) {
  if (e.spec() != bar_spec{configuration_.step_s, configuration_.from}) return;
  for (auto& c : calculators_) c.update(e);
}

void feature_host::apply(const header&, const feature_vector_updated& e) {
  history_.push_back({e.known_at, e.values, e.vector_hash});
  if (history_.size() > configuration_.history) history_.pop_front();
}

void feature_host::decide(const header&, const instrument_defined& e, outbox& out) const {
  if (defined_) return;
  for (std::size_t i = 0; i < configuration_.features.size(); ++i) {
    const auto& f = configuration_.features[i];
    out.emit(feature_defined{e.instrument, static_cast<std::uint32_t>(i), f.name, f.version, f.kind, f.period, configuration_.step_s, configuration_.from});
  }
}

void feature_host::decide(const header&, const bar_closed& e, outbox& out) const {
  if (e.spec() != bar_spec{configuration_.step_s, configuration_.from}) return;
  feature_vector_updated v;
  v.instrument = e.instrument;
  v.step_s = e.step_s;
  v.from = e.from;
  v.schema = schema_;
  v.known_at = e.closed_at;
  const double spread = spread_ == no_spread ? not_known_yet() : price{spread_}.to_double();
  v.values = values_of(calculators_, {e.closed_at, spread, session_of(e.closed_at, configuration_.sessions)});
  v.vector_hash = vector_hash(schema_, {v.values.begin(), v.values.end()});
  out.emit(v);
}

const known_vector* feature_host::as_of(timestamp t) const {
  const auto later = std::upper_bound(history_.begin(), history_.end(), t, [](timestamp x, const known_vector& v) { return x < v.known_at; });
  return later == history_.begin() ? nullptr : &*std::prev(later);
}

bool feature_host::stale(timestamp now) const { return history_.empty() || now - history_.back().known_at > configuration_.time_to_live_ns; }

}  // namespace tomnext::feature_store
