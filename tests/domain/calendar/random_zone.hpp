// Zones for tests: New York by its rules of 2024, and clocks that are changed at random.
#pragma once
#include <rapidcheck.h>

#include "domain/calendar/zone.hpp"

namespace tomnext::tests {

inline calendar::zone new_york_2024() {
  const auto at = [](unsigned month, unsigned day, int hour) { return start_of(date_of({2024, month, day})) + hour * hour_ns; };
  return *calendar::zone::make("America/New_York", {{at(1, 1, 0), -300}, {at(3, 10, 7), -240}, {at(11, 3, 6), -300}});
}

/// One to five offsets within three weeks of 2024, a minute to a week apart: some changes come before the clock has shown what the last one passed over.
inline rc::Gen<calendar::zone> random_zone() {
  return rc::gen::exec([] {
    timestamp at = start_of(date_of({2024, 2, 25}));
    std::vector<calendar::utc_offset> offsets;
    const int count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
      const auto near = *rc::gen::element<std::int32_t>(-300, -240, 0, 30, 60, 570, 630, 660, 840, -600);
      offsets.push_back({at, near});
      const auto apart_minutes = *rc::gen::oneOf(rc::gen::inRange<std::int64_t>(1, 120), rc::gen::inRange<std::int64_t>(120, 10'080));
      at = at + apart_minutes * minute_ns;
    }
    return *calendar::zone::make("Test/Random", std::move(offsets));
  });
}

}  // namespace tomnext::tests
