// Wilder's relative strength index.
#pragma once
#include "domain/indicators/ema.hpp"

namespace tomnext::indicators {

/// RSI(n) = 100 − 100 / (1 + mean gain / mean loss), both means Wilder's, seeded with the simple mean of the first n changes
/// (J. W. Wilder, 1978; as TTR, TA-Lib, LEAN's Wilder variant). 100 where nothing was lost. Ready after n + 1 inputs.
class rsi {
 public:
  rsi() = default;
  explicit rsi(std::uint32_t period) : gains_(period), losses_(period) {}
  void update(double x) {
    if (seen_) {
      const double change = x - previous_;
      gains_.update(change > 0 ? change : 0.0);
      losses_.update(change < 0 ? -change : 0.0);
    }
    previous_ = x;
    seen_ = true;
  }
  [[nodiscard]] bool ready() const { return gains_.ready(); }
  [[nodiscard]] double value() const { return losses_.value() > 0 ? 100.0 - 100.0 / (1.0 + gains_.value() / losses_.value()) : 100.0; }
  void reset() {
    gains_.reset();
    losses_.reset();
    seen_ = false;
    previous_ = 0;
  }
  template <class Archive> void archive(Archive& a) { a(gains_, losses_, seen_, previous_); }

 private:
  wilder_average gains_, losses_;
  bool seen_ = false;
  double previous_ = 0;
};

}  // namespace tomnext::indicators
