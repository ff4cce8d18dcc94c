// How long things took: counts in buckets that grow with the value, in fixed memory, without locks.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace tomnext::actors {

/// One writer, any number of readers. Values in nanoseconds from 0 to 19.5 hours (2^46 ns); longer ones count as the longest.
/// Each power of two is cut into eight, and a bucket is told by its middle: what is read is at most 6.25 % off what was recorded.
class latency_histogram {
 public:
  static constexpr unsigned steps_log2 = 3;  ///< eight buckets per power of two
  static constexpr unsigned steps = 1U << steps_log2;
  static constexpr unsigned width_max = 46;  ///< bits of the longest value
  static constexpr std::size_t buckets = steps * (width_max - steps_log2 + 1);

  /// The writer only. A plain load and store: with one writer no update is lost, and no locked instruction is paid for.
  void record(std::uint64_t value_ns, std::uint64_t times = 1) {
    auto& bucket = counts_[bucket_of(value_ns)];
    bucket.store(bucket.load(std::memory_order_relaxed) + times, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t sum = 0;
    for (const auto& c : counts_) sum += c.load(std::memory_order_relaxed);
    return sum;
  }

  /// The value in nanoseconds that a share q (0 to 1) of all recorded values does not exceed, and of some more that another one keeps; 0 where there are none.
  [[nodiscard]] std::uint64_t percentile(double q, std::uint64_t more_ns = 0, std::uint64_t more_times = 0) const {
    std::array<std::uint64_t, buckets> seen;  // one reading, so that the sum and the walk agree while the writer goes on
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < buckets; ++i) total += seen[i] = counts_[i].load(std::memory_order_relaxed);
    seen[bucket_of(more_ns)] += more_times;
    total += more_times;
    if (total == 0) return 0;
    const double share = q > 0 ? std::min(q, 1.0) : 0.0;  // NaN counts as 0
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total))), 1, total);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < buckets; ++i)
      if ((below += seen[i]) >= rank) return middle_of(i);
    return middle_of(buckets - 1);
  }

  /// Continues from another histogram, whose writer has ended.
  void take_over(const latency_histogram& other) {
    for (std::size_t i = 0; i < buckets; ++i) counts_[i].store(other.counts_[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t bucket_of(std::uint64_t value) {
    constexpr std::uint64_t longest = (std::uint64_t{1} << width_max) - 1;
    value = std::min(value, longest);
    if (value < steps) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - steps_log2;
    return steps * shift + static_cast<std::size_t>(value >> shift);
  }
  static constexpr std::uint64_t middle_of(std::size_t bucket) {
    if (bucket < 2 * steps) return bucket;
    const auto shift = static_cast<unsigned>(bucket / steps) - 1;
    return ((bucket - std::uint64_t{steps} * shift) << shift) + (std::uint64_t{1} << shift) / 2;
  }

  std::array<std::atomic<std::uint64_t>, buckets> counts_{};
};

}  // namespace tomnext::actors
