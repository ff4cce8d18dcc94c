#include "actors/replay/prepare.hpp"

#include "actors/replay/backtest.hpp"
#include "actors/replay/quote_feed.hpp"
#include "config/loader.hpp"

namespace tomnext::replay {

result<void> prepare(config::deployment& d) {
  if (!d.models.empty()) {
    auto parts = load_models(d, "");
    if (!parts) return parts.error();
    for (std::size_t i = 0; i < d.models.size(); ++i) d.models[i].content_hash = parts->models[i].content_hash;
  }
  if (!d.calendar.empty()) return {};
  auto span = span_of(d.data);
  if (!span) return span.error();
  if (span->empty()) return {};
  d.begins = span->first;
  date first = utc_date(span->first);
  const date last = utc_date(span->last);
  auto pages = config::new_york_calendar(first, last);
  if (!pages) return pages.error();
  // A day that ended before the first quote does not end in this run.
  if (!pages->empty() && pages->front().boundaries[0] <= span->first) {
    ++first.days;
    pages = config::new_york_calendar(first, last);
    if (!pages) return pages.error();
  }
  d.calendar = std::move(*pages);
  return {};
}

}  // namespace tomnext::replay
