#include "domain/monitoring_alerting/rules.hpp"

#include <algorithm>

namespace tomnext::monitoring_alerting {

void restart_history::add(const text& actor, timestamp at, std::int64_t window_ns) {
  while (!restarts_.empty() && restarts_.front().at <= at - window_ns) restarts_.pop_front();
  if (restarts_.size() == restarts_kept) restarts_.pop_front();
  restarts_.push_back({actor, at});
}

std::uint32_t restart_history::count(const text& actor, timestamp at, std::int64_t window_ns) const {
  return static_cast<std::uint32_t>(
      std::count_if(restarts_.begin(), restarts_.end(), [&](const restart& r) { return r.at > at - window_ns && r.actor == actor; }));
}

bool restarts_fire(std::uint32_t count, const alert_thresholds& t) { return t.restarts != 0 && count >= t.restarts; }
bool restarts_over(timestamp last, timestamp now, const alert_thresholds& t) { return last + t.restart_window_ns <= now; }

bool drawdown_fires(double drawdown, const alert_thresholds& t) { return drawdown > t.drawdown; }
bool drawdown_over(double drawdown, const alert_thresholds& t) { return drawdown < t.drawdown / 2; }

}  // namespace tomnext::monitoring_alerting
