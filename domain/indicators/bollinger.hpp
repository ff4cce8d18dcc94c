// Bollinger's bands.
#pragma once
#include <cmath>
#include <cstdint>
#include <deque>

namespace tomnext::indicators {

/// Mean of the last n inputs, and k population standard deviations (divisor n; J. Bollinger, as LEAN, TA-Lib) on either side of it. Summed afresh at each
/// update in the order of time, so that no error accumulates; n is at most some hundreds. Ready after n inputs.
class bollinger {
 public:
  bollinger() = default;
  bollinger(std::uint32_t period, double deviations) : period_(period), deviations_(deviations) {}
  void update(double x) {
    window_.push_back(x);
    if (window_.size() > period_) window_.pop_front();
    const auto n = static_cast<double>(window_.size());
    double sum = 0, squares = 0;
    for (const double v : window_) sum += v;
    mean_ = sum / n;
    for (const double v : window_) squares += (v - mean_) * (v - mean_);
    deviation_ = std::sqrt(squares / n);
  }
  [[nodiscard]] bool ready() const { return window_.size() == period_; }
  [[nodiscard]] double value() const { return mean_; }
  [[nodiscard]] double upper() const { return mean_ + deviations_ * deviation_; }
  [[nodiscard]] double lower() const { return mean_ - deviations_ * deviation_; }
  void reset() {
    window_.clear();
    mean_ = deviation_ = 0;
  }
  template <class Archive> void archive(Archive& a) { a(window_, mean_, deviation_); }

 private:
  std::uint32_t period_ = 1;
  double deviations_ = 2;
  std::deque<double> window_;
  double mean_ = 0, deviation_ = 0;
};

}  // namespace tomnext::indicators
