// What kind of market a bar belongs to: trend, range, volatile or quiet, and how sure that is.
#pragma once
#include <cstdint>
#include <deque>

#include "domain/base/market.hpp"
#include "domain/indicators/adx.hpp"
#include "domain/indicators/atr.hpp"
#include "domain/indicators/ema.hpp"

namespace tomnext::analysis_engine {

struct regime_thresholds {
  double adx = 25;                 ///< from here on a trend (Wilder 1978)
  double volatility_ratio = 1.5;   ///< ATR(fast) / ATR(slow) from which the market is volatile; below its inverse it is quiet
  double breakout_atr = 2;         ///< |close − EMA| in ATRs from which a move counts as a breakout
  double range_ratio = 1.2;        ///< (highest − lowest of n bars) / (ATR · √n) below which the bars stay in a range
  std::uint32_t period = 14;       ///< of ADX, fast ATR, EMA and range
  std::uint32_t slow_period = 50;  ///< of the slow ATR
};

struct assessment {
  regime_kind regime{};
  double confidence{};  ///< 0.5 at a threshold … 1 at twice (or half) of it
  double adx{};
  double volatility_ratio{};
};

/// The first rule that holds, in this order:
///   volatile  the volatility ratio is at or above its threshold, or a breakout without a trend
///   trend     ADX is at or above its threshold
///   quiet     the volatility ratio is at or below the inverse of its threshold
///   range     otherwise; surer the lower ADX is, and where the range ratio is below its threshold
assessment classify(double adx, double volatility_ratio, double breakout_atr, double range_ratio, const regime_thresholds& t);

/// The figures that classify() reads, bar by bar.
class regime_meter {
 public:
  explicit regime_meter(const regime_thresholds& t) : thresholds_(t), adx_(t.period), fast_(t.period), slow_(t.slow_period), level_(t.period) {}
  void update(double high, double low, double close);
  [[nodiscard]] bool ready() const { return adx_.ready() && slow_.ready(); }
  /// Only where ready().
  [[nodiscard]] assessment assess() const;
  [[nodiscard]] double level() const { return level_.value(); }
  [[nodiscard]] double atr() const { return fast_.value(); }
  template <class Archive> void archive(Archive& a) { a(adx_, fast_, slow_, level_, highs_, lows_, close_); }

 private:
  regime_thresholds thresholds_;
  indicators::adx adx_;
  indicators::atr fast_, slow_;
  indicators::ema level_;
  std::deque<double> highs_, lows_;  // of the last `period` bars
  double close_ = 0;
};

}  // namespace tomnext::analysis_engine
