// Exponential moving averages: the plain one and Wilder's.
#pragma once
#include <cstdint>

#include "domain/base/market.hpp"

namespace tomnext::indicators {

/// α = 2 / (n + 1); value = α·x + (1 − α)·value, in exactly that order. Ready after n inputs.
/// Seeded with the mean of the first n inputs (ema_seed::sma), or with the first input (ema_seed::first_close).
class ema {
 public:
  ema() = default;
  explicit ema(std::uint32_t period, ema_seed seed = ema_seed::sma) : period_(period), seed_(seed), alpha_(2.0 / (static_cast<double>(period) + 1.0)) {}
  void update(double x) {
    ++count_;
    if (seed_ == ema_seed::sma && count_ <= period_) {
      sum_ += x;
      value_ = sum_ / static_cast<double>(count_);
    } else if (count_ == 1) {
      value_ = x;
    } else {
      value_ = alpha_ * x + (1.0 - alpha_) * value_;
    }
  }
  [[nodiscard]] bool ready() const { return count_ >= period_; }
  [[nodiscard]] double value() const { return value_; }
  void reset() {
    count_ = 0;
    sum_ = value_ = 0;
  }
  template <class Archive> void archive(Archive& a) { a(count_, sum_, value_); }

 private:
  std::uint32_t period_ = 1;
  ema_seed seed_ = ema_seed::sma;
  double alpha_ = 1.0;
  std::uint64_t count_ = 0;
  double sum_ = 0, value_ = 0;
};

/// Wilder's smoothing (J. W. Wilder, "New Concepts in Technical Trading Systems", 1978): value = (value·(n − 1) + x) / n,
/// seeded with the mean of the first n inputs. Ready after n inputs.
class wilder_average {
 public:
  wilder_average() = default;
  explicit wilder_average(std::uint32_t period) : period_(period) {}
  void update(double x) {
    const auto n = static_cast<double>(period_);
    ++count_;
    if (count_ <= period_) {
      sum_ += x;
      value_ = sum_ / static_cast<double>(count_);
    } else {
      value_ = (value_ * (n - 1.0) + x) / n;
    }
  }
  [[nodiscard]] bool ready() const { return count_ >= period_; }
  [[nodiscard]] double value() const { return value_; }
  void reset() {
    count_ = 0;
    sum_ = value_ = 0;
  }
  template <class Archive> void archive(Archive& a) { a(count_, sum_, value_); }

 private:
  std::uint32_t period_ = 1;
  std::uint64_t count_ = 0;
  double sum_ = 0, value_ = 0;
};

}  // namespace tomnext::indicators
