// The simple moving average of prices, exact.
#pragma once
#include <cstdint>
#include <deque>

#include "domain/base/decimal.hpp"

namespace tomnext::indicators {

/// Mean of the last n prices. The sum is kept in the units of `price`, so it is exact however long it runs, and two averages can be compared exactly:
/// a cross through equality is one for everybody. n · price must stay below 9.2e9, which no pair comes near. Ready after n inputs.
class sma {
 public:
  sma() = default;
  explicit sma(std::uint32_t period) : period_(period) {}
  void update(price x) {
    window_.push_back(x);
    sum_ += x.value;
    if (window_.size() <= period_) return;
    sum_ -= window_.front().value;
    window_.pop_front();
  }
  [[nodiscard]] bool ready() const { return window_.size() == period_; }
  [[nodiscard]] double value() const { return ready() ? static_cast<double>(sum_) / static_cast<double>(period_) / static_cast<double>(price::one) : 0.0; }
  /// The sign of this average minus another, exactly.
  [[nodiscard]] int compare(const sma& other) const {
    const int128 a = int128{sum_} * other.period_, b = int128{other.sum_} * period_;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  void reset() {
    window_.clear();
    sum_ = 0;
  }
  template <class Archive> void archive(Archive& a) { a(window_, sum_); }

 private:
  std::uint32_t period_ = 1;
  std::deque<price> window_;
  std::int64_t sum_ = 0;
};

}  // namespace tomnext::indicators
