#include "actors/replay/sweep_market.hpp"

#include "domain/base/archive.hpp"

namespace tomnext::replay {

result<sweep_market> read_market(const config::deployment& d, const progress& on_progress) {
  auto feed = open_feed(d, 0, log_reading::ahead);
  if (!feed) return feed.error();
  sweep_market m;
  state_hasher hash;
  std::vector<judged_quote> part(4'096);
  for (;;) {
    auto n = (*feed)->read(part);
    if (!n) return n.error();
    if (*n == 0) break;
    for (const auto& q : std::span(part.data(), *n)) {
      if (q.is_bar) hash(q.bar.closed_at, q.bar.open, q.bar.high, q.bar.low, q.bar.close);
      if (q.is_bar || !q.accepted) {
        m.others.push_back({m.quotes.size(), q.is_bar, q.rejected, q.bar, q.bar_position});
        continue;
      }
      m.quotes.push_back(q.quote);
      hash(q.quote.instrument, q.quote.bid, q.quote.ask, q.quote.bid_size, q.quote.ask_size, q.quote.source_time, q.quote.flags);
    }
    if (m.quotes.size() > sweep_quotes_max)
      return error(errc::invalid_argument, "more than " + std::to_string(sweep_quotes_max) + " quotes: a sweep keeps them in memory; take fewer files");
    if (on_progress && !on_progress(m.quotes.size())) return error(errc::cancelled, "cancelled after " + std::to_string(m.quotes.size()) + " quotes");
  }
  if (m.quotes.empty()) return error(errc::invalid_argument, "the data hold no quote");
  m.figures = (*feed)->figures();
  m.hash = hash.digest();
  return m;
}

}  // namespace tomnext::replay
