// The bar that the simulated market works its orders on, built from quotes.
#pragma once
#include <algorithm>

#include "domain/base/market.hpp"
#include "domain/venue/next_bar_open.hpp"

namespace tomnext::venue {

/// One bar after another, left-open, closed by whoever knows that its time is over. Boundaries are multiples of the step since 1970 in UTC, as those of the
/// bars that strategies see.
class bar_builder {
 public:
  /// True where this price opened a bar. A price of an earlier bar than the open one changes nothing.
  bool add(price p, timestamp at, std::uint32_t step_s) {
    const std::int64_t step = std::int64_t{step_s} * second_ns, closes = floor_div(at.ns + step - 1, step) * step;
    if (open_ && closes != closes_at_.ns) return false;
    if (!open_ && closes <= closes_at_.ns) return false;
    const bool opened = !open_;
    if (opened) {
      open_ = true;
      closes_at_ = {closes};
      bar_ = {{closes - step}, p, p, p, p};
    }
    bar_.high = std::max(bar_.high, p);
    bar_.low = std::min(bar_.low, p);
    bar_.close = p;
    return opened;
  }
  void close() { open_ = false; }
  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] timestamp closes_at() const { return closes_at_; }
  /// The open bar, or the last one.
  [[nodiscard]] const bar_view& bar() const { return bar_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  void armed(std::uint32_t generation) { generation_ = generation; }
  template <class Archive> void archive(Archive& a) { a(open_, closes_at_, bar_, generation_); }

 private:
  bool open_ = false;
  timestamp closes_at_;
  bar_view bar_;
  std::uint32_t generation_ = 0;  // of its timer
};

}  // namespace tomnext::venue
