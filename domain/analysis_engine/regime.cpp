#include "domain/analysis_engine/regime.hpp"

#include <algorithm>
#include <cmath>

namespace tomnext::analysis_engine {
namespace {

// 0.5 at the threshold, 1 at twice of it.
double above(double value, double threshold) { return std::clamp(0.5 * value / threshold, 0.5, 1.0); }
// 0.5 at the threshold, 1 at zero.
double below(double value, double threshold) { return std::clamp(1.0 - 0.5 * value / threshold, 0.5, 1.0); }

}  // namespace

assessment classify(double adx, double volatility_ratio, double breakout_atr, double range_ratio, const regime_thresholds& t) {
  const bool trending = adx >= t.adx;
  assessment a{regime_kind::range, 0, adx, volatility_ratio};
  if (volatility_ratio >= t.volatility_ratio) {
    a.regime = regime_kind::volatile_market;
    a.confidence = above(volatility_ratio, t.volatility_ratio);
  } else if (!trending && breakout_atr >= t.breakout_atr) {
    a.regime = regime_kind::volatile_market;
    a.confidence = above(breakout_atr, t.breakout_atr);
  } else if (trending) {
    a.regime = regime_kind::trend;
    a.confidence = above(adx, t.adx);
  } else if (volatility_ratio * t.volatility_ratio <= 1) {
    a.regime = regime_kind::quiet;
    a.confidence = below(volatility_ratio, 1 / t.volatility_ratio);
  } else {
    a.confidence = below(adx, t.adx);
    if (range_ratio < t.range_ratio) a.confidence = std::max(a.confidence, below(range_ratio, t.range_ratio));
  }
  return a;
}

void regime_meter::update(double high, double low, double close) {
  adx_.update(high, low, close);
  fast_.update(high, low, close);
  slow_.update(high, low, close);
  level_.update(close);
  close_ = close;
  highs_.push_back(high);
  lows_.push_back(low);
  if (highs_.size() <= thresholds_.period) return;
  highs_.pop_front();
  lows_.pop_front();
}

assessment regime_meter::assess() const {
  const double atr = fast_.value();
  // A market that has not moved at all has no scale: it is quiet.
  if (atr <= 0 || slow_.value() <= 0) return {regime_kind::quiet, 1.0, adx_.value(), 0.0};
  const double range = *std::max_element(highs_.begin(), highs_.end()) - *std::min_element(lows_.begin(), lows_.end());
  return classify(adx_.value(), atr / slow_.value(), std::fabs(close_ - level_.value()) / atr,
                  range / (atr * std::sqrt(static_cast<double>(thresholds_.period))), thresholds_);
}

}  // namespace tomnext::analysis_engine
