// Directional movement and the average directional index.
#pragma once
#include <cmath>

#include "domain/indicators/atr.hpp"

namespace tomnext::indicators {

/// Wilder's DMI and ADX(n) (1978), with his running sums: S = S − S/n + x, begun with the sum of the first n movements (from the second bar on).
/// DX is first known after n movements, ADX is the Wilder average of DX: ready after 2n bars.
class adx {
 public:
  adx() = default;
  explicit adx(std::uint32_t period) : period_(period), dx_(period) {}
  void update(double high, double low, double close) {
    const double range = range_.update(high, low, close);
    if (seen_++ > 0) {
      const double up = high - high_, down = low_ - low;
      add(plus_, up > down && up > 0 ? up : 0.0);
      add(minus_, down > up && down > 0 ? down : 0.0);
      add(ranges_, range);
      if (seen_ > period_) {
        const double p = plus_di(), m = minus_di();
        dx_.update(p + m > 0 ? 100.0 * std::fabs(p - m) / (p + m) : 0.0);
      }
    }
    high_ = high;
    low_ = low;
  }
  [[nodiscard]] bool ready() const { return dx_.ready(); }
  [[nodiscard]] double value() const { return dx_.value(); }
  [[nodiscard]] double plus_di() const { return ranges_ > 0 ? 100.0 * plus_ / ranges_ : 0.0; }
  [[nodiscard]] double minus_di() const { return ranges_ > 0 ? 100.0 * minus_ / ranges_ : 0.0; }
  void reset() { *this = adx(period_); }
  template <class Archive> void archive(Archive& a) { a(seen_, high_, low_, plus_, minus_, ranges_, range_, dx_); }

 private:
  // While the first n movements are summed the sum only grows.
  void add(double& sum, double x) const { sum = seen_ <= std::uint64_t{period_} + 1 ? sum + x : sum - sum / static_cast<double>(period_) + x; }

  std::uint32_t period_ = 14;
  std::uint64_t seen_ = 0;
  double high_ = 0, low_ = 0, plus_ = 0, minus_ = 0, ranges_ = 0;
  true_range range_;
  wilder_average dx_;
};

}  // namespace tomnext::indicators
