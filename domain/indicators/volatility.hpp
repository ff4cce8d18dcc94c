// How much one-step log returns scatter.
#pragma once
#include <cmath>

#include "domain/indicators/returns.hpp"

namespace tomnext::indicators {

/// Sample standard deviation (divisor n − 1) of the last n one-step log returns, summed afresh at each update in the order of time,
/// so that no error accumulates. n is at most some hundreds. Ready after n + 1 inputs.
class volatility {
 public:
  volatility() = default;
  explicit volatility(std::uint32_t period) : period_(period < 2 ? 2 : period), step_(1) {}
  void update(double x) {
    step_.update(x);
    if (!step_.ready()) return;
    window_.push_back(step_.value());
    if (window_.size() > period_) window_.pop_front();
  }
  [[nodiscard]] bool ready() const { return window_.size() == period_; }
  [[nodiscard]] double value() const {
    const auto n = static_cast<double>(window_.size());
    if (window_.size() < 2) return 0;
    double sum = 0, squares = 0;
    for (double r : window_) sum += r;
    for (double r : window_) squares += (r - sum / n) * (r - sum / n);
    return std::sqrt(squares / (n - 1.0));
  }
  void reset() {
    step_.reset();
    window_.clear();
  }
  template <class Archive> void archive(Archive& a) { a(step_, window_); }

 private:
  std::uint32_t period_ = 2;
  log_return step_;
  std::deque<double> window_;
};

}  // namespace tomnext::indicators
