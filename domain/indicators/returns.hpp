// Logarithmic returns over a number of steps.
#pragma once
#include <cstdint>
#include <deque>

#include "domain/base/math.hpp"

namespace tomnext::indicators {

/// ln(x / x `period` steps ago). Ready once there is an x so long ago.
class log_return {
 public:
  log_return() = default;
  explicit log_return(std::uint32_t period) : period_(period) {}
  void update(double x) {
    past_.push_back(x);
    if (past_.size() > std::size_t{period_} + 1) past_.pop_front();
    if (ready()) value_ = past_.front() > 0 && x > 0 ? math::log(x / past_.front()) : 0.0;
  }
  [[nodiscard]] bool ready() const { return past_.size() > period_; }
  [[nodiscard]] double value() const { return value_; }
  void reset() {
    past_.clear();
    value_ = 0;
  }
  template <class Archive> void archive(Archive& a) { a(past_, value_); }

 private:
  std::uint32_t period_ = 1;
  std::deque<double> past_;
  double value_ = 0;
};

}  // namespace tomnext::indicators
