// The data of a sweep: decoded and judged once, then read by all workers at once.
#pragma once
#include <vector>

#include "actors/replay/progress.hpp"
#include "actors/replay/quote_feed.hpp"

namespace tomnext::replay {

/// More quotes than this are refused: 72 bytes each would be some 7 GB.
inline constexpr std::size_t sweep_quotes_max = 100'000'000;

/// All quotes of a deployment, in the order of its feed.
struct sweep_market {
  /// What is no accepted quote: one that was rejected, or a bar that the source tells (`bars_as_feed`).
  struct other {
    std::size_t before{};  ///< the place of the quote that comes next
    judged_quote is;
  };
  std::vector<quote_accepted> quotes;
  std::vector<other> others;
  feed_figures figures;
  std::uint64_t hash = 0;  ///< of times, prices and flags: other files are another market
};

/// Hands the first `quotes` quotes and what lies before and between them to a kernel; `step(i)` behind quote i, false: stop.
template <class Kernel, class Step> void play_market(const sweep_market& m, std::size_t quotes, Kernel& k, Step&& step) {
  auto other = m.others.begin();
  for (std::size_t i = 0;; ++i) {
    // What lies behind the last quote is heard where all are.
    for (; other != m.others.end() && other->before == i && (i < quotes || i == m.quotes.size()); ++other) hear(k, other->is);
    if (i == quotes) return;
    k.quote(m.quotes[i]);
    if (!step(i)) return;
  }
}

/// Reads all of it. Errors: what the feed says of a file; errc::invalid_argument for too many quotes and for none; errc::cancelled.
result<sweep_market> read_market(const config::deployment& d, const progress& on_progress);

}  // namespace tomnext::replay
