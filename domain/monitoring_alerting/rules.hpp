// The system and trading rules: when an alert begins to fire, and when it is over. Pure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "domain/base/market.hpp"
#include "domain/base/text.hpp"

namespace tomnext::monitoring_alerting {

struct alert_thresholds {
  std::uint32_t restarts = 3;                       ///< of one actor within the window; 0: never
  std::int64_t restart_window_ns = 60 * second_ns;  ///< event time
  double drawdown = .05;                            ///< of the peak, as a fraction
};

/// Restarts of all actors are remembered up to this many; the oldest goes first.
inline constexpr std::size_t restarts_kept = 1024;

/// The newest restarts, in the order of their time.
class restart_history {
 public:
  /// Forgets what is older than (at − window, at].
  void add(const text& actor, timestamp at, std::int64_t window_ns);
  /// Restarts of the actor within (at − window, at].
  [[nodiscard]] std::uint32_t count(const text& actor, timestamp at, std::int64_t window_ns) const;
  template <class Archive> void archive(Archive& a) { a(restarts_); }

 private:
  struct restart {
    text actor;
    timestamp at;
    template <class Archive> void archive(Archive& a) { a(actor, at); }
  };
  std::deque<restart> restarts_;
};

/// Fires at n restarts within the window. It is over when a whole window has passed without another one: a single restart keeps a firing alert alive.
bool restarts_fire(std::uint32_t count, const alert_thresholds& t);
bool restarts_over(timestamp last, timestamp now, const alert_thresholds& t);

/// Fires above the threshold, is over below half of it, and in between stays as it is: an equity that hovers at the threshold makes one alert, not hundreds.
/// NaN changes nothing.
bool drawdown_fires(double drawdown, const alert_thresholds& t);
bool drawdown_over(double drawdown, const alert_thresholds& t);

}  // namespace tomnext::monitoring_alerting
