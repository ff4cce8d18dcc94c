// The demo's month of quotes, again and again, each time thirty days later.
#pragma once
#include <string>
#include <vector>

#include "actors/replay/prepare.hpp"
#include "actors/replay/quote_feed.hpp"
#include "bench/harness.hpp"
#include "config/loader.hpp"

namespace tomnext::bench {

struct market {
  config::deployment d;
  std::vector<quote_accepted> quotes;  // of all repeats
  double reading_s = 0;                // of one month
  std::uint64_t month = 0;
};

inline market load(std::uint64_t repeats) {
  market m;
  m.d = must(config::load(std::string(TOMNEXT_SOURCE_DIR) + "/tests/data/demo.yaml", {}));
  const auto began = stopwatch::now();
  auto feed = must(replay::open_feed(m.d));
  std::vector<replay::judged_quote> part(4'096);
  for (;;) {
    const auto n = must(feed->read(part));
    if (n == 0) break;
    for (std::size_t i = 0; i < n; ++i) m.quotes.push_back(*part[i].accepted());
  }
  m.reading_s = seconds_since(began);
  m.month = m.quotes.size();
  must(replay::prepare(m.d));
  m.quotes.reserve(m.month * repeats);
  for (std::uint64_t r = 1; r < repeats; ++r)
    for (std::uint64_t i = 0; i < m.month; ++i) {
      auto q = m.quotes[i];
      q.source_time = q.source_time + static_cast<std::int64_t>(r) * 30 * day_ns;
      q.source_position = r * m.month + i + 1;
      m.quotes.push_back(q);
    }
  const auto last = utc_date(m.quotes.back().source_time);
  m.d.calendar = must(config::new_york_calendar(m.d.calendar.front().first_date, last));
  return m;
}

}  // namespace tomnext::bench
