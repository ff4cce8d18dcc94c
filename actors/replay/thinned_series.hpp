// Series of any length in bounded memory, for charts: where they grow too long, neighbours are merged and extremes stay.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "domain/base/time.hpp"

namespace tomnext::replay {

/// Prices within one stretch of time.
struct price_bucket {
  timestamp opened;
  double low{}, high{}, close{};
};
/// At most `buckets_max` buckets of equal length: a minute, doubled whenever there are too many.
class thinned_prices {
 public:
  static constexpr std::size_t buckets_max = 2'048;
  void add(timestamp at, double price) {
    if (!buckets_.empty() && at < buckets_.back().opened) at = buckets_.back().opened;
    const timestamp opened{floor_div(at.ns, step_ns_) * step_ns_};
    if (!buckets_.empty() && buckets_.back().opened == opened) {
      auto& b = buckets_.back();
      b.low = std::min(b.low, price);
      b.high = std::max(b.high, price);
      b.close = price;
      return;
    }
    buckets_.push_back({opened, price, price, price});
    while (buckets_.size() > buckets_max) widen();
  }
  [[nodiscard]] const std::vector<price_bucket>& buckets() const { return buckets_; }
  [[nodiscard]] std::int64_t step_ns() const { return step_ns_; }

 private:
  void widen() {
    step_ns_ *= 2;
    std::size_t kept = 0;
    for (const auto& b : buckets_) {
      const timestamp opened{floor_div(b.opened.ns, step_ns_) * step_ns_};
      if (kept > 0 && buckets_[kept - 1].opened == opened) {
        auto& k = buckets_[kept - 1];
        k.low = std::min(k.low, b.low);
        k.high = std::max(k.high, b.high);
        k.close = b.close;
      } else {
        buckets_[kept] = {opened, b.low, b.high, b.close};
        ++kept;
      }
    }
    buckets_.resize(kept);
  }
  std::int64_t step_ns_ = minute_ns;
  std::vector<price_bucket> buckets_;
};

/// What is held from a moment on, in account currency: both positive.
struct exposure_step {
  timestamp from;
  double long_value{}, short_value{};
};
/// At most `steps_max` steps; merged ones have the larger of the values.
class thinned_exposure {
 public:
  static constexpr std::size_t steps_max = 4'096;
  void add(const exposure_step& s) {
    newest_ = s;
    if (pending_ > 0 && pending_ < merged_) {
      auto& last = steps_.back();
      last.long_value = std::max(last.long_value, s.long_value);
      last.short_value = std::max(last.short_value, s.short_value);
      ++pending_;
      return;
    }
    if (steps_.size() == steps_max) halve();
    steps_.push_back(s);
    pending_ = 1;
  }
  [[nodiscard]] const std::vector<exposure_step>& steps() const { return steps_; }
  /// As it was added.
  [[nodiscard]] const exposure_step& newest() const { return newest_; }
  [[nodiscard]] bool thinned() const { return merged_ > 1; }

 private:
  void halve() {
    for (std::size_t i = 0; i + 1 < steps_.size(); i += 2)
      steps_[i / 2] = {steps_[i].from, std::max(steps_[i].long_value, steps_[i + 1].long_value), std::max(steps_[i].short_value, steps_[i + 1].short_value)};
    steps_.resize(steps_.size() / 2);
    merged_ *= 2;
  }
  std::vector<exposure_step> steps_;
  exposure_step newest_;
  std::size_t merged_ = 1, pending_ = 0;
};

}  // namespace tomnext::replay
