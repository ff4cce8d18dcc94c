// The highest high and the lowest low of the last bars (Donchian's channel).
#pragma once
#include <cstdint>
#include <deque>
#include <utility>

#include "domain/base/decimal.hpp"

namespace tomnext::indicators {

/// Over the last n bars, the newest included (as TTR). Exact; constant time per bar on average. Ready after n bars.
class channel {
 public:
  channel() = default;
  explicit channel(std::uint32_t period) : period_(period) {}
  void update(price high, price low) {
    ++seen_;
    keep(highs_, high, [](price kept, price now) { return kept <= now; });
    keep(lows_, low, [](price kept, price now) { return kept >= now; });
  }
  [[nodiscard]] bool ready() const { return seen_ >= period_; }
  [[nodiscard]] price highest() const { return highs_.empty() ? price{} : highs_.front().second; }
  [[nodiscard]] price lowest() const { return lows_.empty() ? price{} : lows_.front().second; }
  void reset() {
    seen_ = 0;
    highs_.clear();
    lows_.clear();
  }
  template <class Archive> void archive(Archive& a) { a(seen_, highs_, lows_); }

 private:
  // What a newer price surpasses can never be the extreme again.
  using line = std::deque<std::pair<std::uint64_t, price>>;  // number of the bar, price
  template <class Surpassed> void keep(line& l, price now, Surpassed surpassed) {
    while (!l.empty() && surpassed(l.back().second, now)) l.pop_back();
    l.emplace_back(seen_, now);
    if (l.front().first + period_ <= seen_) l.pop_front();
  }

  std::uint32_t period_ = 1;
  std::uint64_t seen_ = 0;
  line highs_, lows_;
};

}  // namespace tomnext::indicators
