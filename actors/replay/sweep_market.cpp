#include "actors/replay/sweep_market.hpp"

#include "actors/replay/quotes_ahead.hpp"
#include "domain/base/archive.hpp"

namespace tomnext::replay {

result<sweep_market> read_market(const config::deployment& d, const progress& on_progress) {
  auto feed = open_quotes_ahead(feed_of(d));
  if (!feed) return feed.error();
  sweep_market m;
  state_hasher hash;
  TOMNEXT_TRY(for_each_batch(**feed, on_progress, [&](std::span<const judged_quote> batch) -> result<bool> {
    for (const auto& judged : batch) {
      const auto* q = judged.accepted();
      if (q == nullptr) {
        if (const auto* told = judged.bar()) hash(told->bar.closed_at, told->bar.open, told->bar.high, told->bar.low, told->bar.close);
        m.others.push_back({m.quotes.size(), judged});
        continue;
      }
      m.quotes.push_back(*q);
      hash(q->instrument, q->bid, q->ask, q->bid_size, q->ask_size, q->source_time, q->flags);
    }
    if (m.quotes.size() <= sweep_quotes_max) return true;
    return error(errc::invalid_argument, "more than " + std::to_string(sweep_quotes_max) + " quotes: a sweep keeps them in memory; take fewer files");
  }));
  if (m.quotes.empty()) return error(errc::invalid_argument, "the data hold no quote");
  m.figures = (*feed)->figures();
  m.hash = hash.digest();
  return m;
}

}  // namespace tomnext::replay
