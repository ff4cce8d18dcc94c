#include "domain/statistics/round_trips.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>

#include "domain/statistics/sums.hpp"

namespace tomnext::statistics {

std::vector<round_trip> round_trips_of(std::span<const fill> fills) {
  std::vector<round_trip> trips;
  std::deque<fill> open;  // all of one sign
  for (const fill& f : fills) {
    fill left = f;
    if (!open.empty() && (open.front().size > 0) != (f.size > 0)) {
      const double direction = open.front().size > 0 ? 1 : -1;
      round_trip trip{open.front().at, f.at, direction > 0 ? side::buy : side::sell, 0, 0, 0};
      compensated_sum profit, invested;
      while (left.size != 0 && !open.empty()) {
        auto& entry = open.front();
        const std::int64_t closed = std::min(std::abs(entry.size), std::abs(left.size));
        const auto size = static_cast<double>(closed);
        profit.add(direction * (f.price - entry.price) * size);
        invested.add(entry.price * size);
        trip.size += closed;
        entry.size += direction > 0 ? -closed : closed;
        left.size += direction > 0 ? closed : -closed;
        if (entry.size == 0) open.pop_front();
      }
      trip.profit = profit.value();
      trip.return_on_invested = ratio(trip.profit, invested.value()).value_or(0);
      trips.push_back(trip);
    }
    if (left.size != 0) open.push_back(left);
  }
  return trips;
}

}  // namespace tomnext::statistics
