// True range and its Wilder average.
#pragma once
#include <algorithm>

#include "domain/indicators/ema.hpp"

namespace tomnext::indicators {

/// max(high, previous close) − min(low, previous close) (Wilder 1978); high − low where there is no previous close.
class true_range {
 public:
  double update(double high, double low, double close) {
    const double r = seen_ ? std::max(high, previous_) - std::min(low, previous_) : high - low;
    previous_ = close;
    seen_ = true;
    return r;
  }
  void reset() {
    seen_ = false;
    previous_ = 0;
  }
  template <class Archive> void archive(Archive& a) { a(seen_, previous_); }

 private:
  bool seen_ = false;
  double previous_ = 0;
};

/// Wilder's ATR(n): the first bar's range is high − low and counts; seeded with the mean of the first n true ranges.
class atr {
 public:
  atr() = default;
  explicit atr(std::uint32_t period) : average_(period) {}
  void update(double high, double low, double close) { average_.update(range_.update(high, low, close)); }
  [[nodiscard]] bool ready() const { return average_.ready(); }
  [[nodiscard]] double value() const { return average_.value(); }
  void reset() {
    range_.reset();
    average_.reset();
  }
  template <class Archive> void archive(Archive& a) { a(range_, average_); }

 private:
  true_range range_;
  wilder_average average_;
};

}  // namespace tomnext::indicators
