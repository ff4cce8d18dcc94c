#include "actors/replay/prepare.hpp"

#include "actors/replay/backtest.hpp"
#include "actors/replay/quote_feed.hpp"
#include "actors/replay/swap_data.hpp"
#include "config/loader.hpp"

namespace tomnext::replay {
namespace {

using pages_of = result<std::vector<calendar_defined>>(date, date);

/// The days that end behind the first time and up to the last: a day that ended before does not end in this run.
result<void> add_days(config::deployment& d, const persistence::time_span& span, pages_of& pages_between) {
  const date last = utc_date(span.last);
  // In Auckland a day can begin and end on the UTC date before its own.
  date first{utc_date(span.first).days - 1};
  for (;; ++first.days) {
    auto pages = pages_between(first, first);
    if (!pages) return pages.error();
    if (pages->front().boundaries[0] > span.first) break;
  }
  if (last < first) return {};
  auto pages = pages_between(first, last);
  if (!pages) return pages.error();
  d.calendar.insert(d.calendar.end(), pages->begin(), pages->end());
  return {};
}

}  // namespace

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
  TOMNEXT_TRY(add_days(d, *span, config::new_york_calendar));
  if (rolls_in_auckland(d)) TOMNEXT_TRY(add_days(d, *span, config::auckland_calendar));
  add_usual_holidays(d, *span);
  return add_swap_data(d, *span);
}

}  // namespace tomnext::replay
