#include "domain/feature_store/calculator.hpp"

#include <bit>
#include <cmath>

namespace tomnext::feature_store {

double not_known_yet() { return std::bit_cast<double>(std::uint64_t{0x7FF8'0000'0000'0000u}); }

calculator::calculator(const feature_definition& f, ema_seed seed) : kind_(f.kind) {
  if (f.kind == feature_kind::ema) indicator_.emplace<indicators::ema>(f.period, seed);
  if (f.kind == feature_kind::atr) indicator_.emplace<indicators::atr>(f.period);
  if (f.kind == feature_kind::log_return) indicator_.emplace<indicators::log_return>(f.period);
  if (f.kind == feature_kind::volatility) indicator_.emplace<indicators::volatility>(f.period);
}

void calculator::update(const bar_closed& bar) {
  const double close = bar.close.to_double();
  std::visit(
      [&]<class I>(I& indicator) {
        if constexpr (std::is_same_v<I, indicators::atr>) indicator.update(bar.high.to_double(), bar.low.to_double(), close);
        else if constexpr (!std::is_same_v<I, std::monostate>) indicator.update(close);
      },
      indicator_);
}

double calculator::value(const moment& m) const {
  const auto of_bars = [](const auto& indicator) {
    if constexpr (std::is_same_v<std::decay_t<decltype(indicator)>, std::monostate>) return not_known_yet();
    else return indicator.ready() ? indicator.value() : not_known_yet();
  };
  double v = not_known_yet();
  switch (kind_) {
    case feature_kind::ema:
    case feature_kind::log_return:
    case feature_kind::atr:
    case feature_kind::volatility: v = std::visit(of_bars, indicator_); break;
    case feature_kind::spread: v = m.spread; break;
    case feature_kind::session: v = static_cast<double>(m.session); break;
    case feature_kind::minute_of_day: v = static_cast<double>((m.known_at - start_of(utc_date(m.known_at))) / minute_ns); break;
    case feature_kind::weekday: v = static_cast<double>(weekday(utc_date(m.known_at))); break;
  }
  return std::isnan(v) ? not_known_yet() : v;
}

bounded_list<double, features_max> values_of(std::span<const calculator> calculators, const moment& m) {
  bounded_list<double, features_max> values;
  for (const auto& c : calculators) values.push_back(c.value(m));
  return values;
}

}  // namespace tomnext::feature_store
