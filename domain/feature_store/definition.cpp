#include "domain/feature_store/definition.hpp"

#include <algorithm>
#include <string>

#include "domain/base/hash.hpp"

namespace tomnext::feature_store {
namespace {

constexpr std::uint32_t period_max = 10'000;
constexpr std::uint32_t history_max = 1'000'000;

bool has_period(feature_kind k) { return k == feature_kind::ema || k == feature_kind::log_return || k == feature_kind::atr || k == feature_kind::volatility; }

template <class T> void put(hasher64& h, T value) { h.update(&value, sizeof value); }

}  // namespace

result<void> validate(const feature_configuration& c) {
  const auto refuse = [](std::string why) { return error(errc::configuration_value, "features: " + std::move(why)); };
  if (c.step_s == 0) return refuse("the bars that they read have no step");
  if (c.features.size() > features_max) return refuse("at most " + std::to_string(features_max));
  if (c.history == 0 || c.history > history_max) return refuse("history must be 1 to " + std::to_string(history_max) + " vectors");
  if (c.time_to_live_ns < 0) return refuse("a negative time to live");
  for (auto f = c.features.begin(); f != c.features.end(); ++f) {
    const std::string name(f->name.view());
    if (name.empty()) return refuse("a feature without a name");
    if (std::any_of(c.features.begin(), f, [&](const feature_definition& o) { return o.name == f->name; })) return refuse(name + " is defined twice");
    if (f->kind > feature_kind::weekday) return refuse(name + " is of an unknown kind");
    if (has_period(f->kind) && (f->period == 0 || f->period > period_max)) return refuse(name + " needs a period of 1 to " + std::to_string(period_max));
    if (f->kind == feature_kind::volatility && f->period < 2) return refuse(name + " needs a period of at least 2");
    if (!has_period(f->kind) && f->period != 0) return refuse(name + " has no period; leave it out");
  }
  return {};
}

std::uint64_t schema_hash(const feature_configuration& c) {
  hasher64 h;
  put(h, c.step_s);
  put(h, c.from);
  put(h, c.seed);
  for (const auto& f : c.features) {
    put(h, f.name.length);
    h.update(f.name.view());
    put(h, f.version);
    put(h, f.kind);
    put(h, f.period);
  }
  return h.digest();
}

std::uint64_t vector_hash(std::uint64_t schema, std::span<const double> values) {
  hasher64 h;
  put(h, schema);
  h.update(values.data(), values.size_bytes());
  return h.digest();
}

}  // namespace tomnext::feature_store
