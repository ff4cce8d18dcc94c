// When something runs: a cron expression by the clock of a zone, with holidays.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "domain/calendar/cron.hpp"
#include "domain/calendar/holidays.hpp"
#include "domain/calendar/zone.hpp"

namespace tomnext::calendar {

/// What a clock that is changed does to a run:
///   - at a fixed time of day (neither hour nor minute has `*` or a step): each scheduled time runs once. One that the clock skips runs at the first instant
///     behind the gap, together with what is scheduled then; of one that comes twice it is the first.
///   - in a rhythm (hour or minute has `*` or a step): whenever the clock shows a time that matches. In the hour that comes twice it goes on; what is skipped
///     is not made up for.
/// A holiday is a local date of the set. Where a run is moved to a business day that has one at that time anyway, they are one. Saturdays and Sundays are no
/// holidays unless the set has them: an expression that is to keep to weekdays says so (1-5, W, LW).
class schedule {
 public:
  schedule(cron expression, std::shared_ptr<const zone> where, holiday_set holidays = {}, holiday_policy on_holiday = holiday_policy::run)
      : cron_(std::move(expression)), zone_(std::move(where)), holidays_(std::move(holidays)), on_holiday_(on_holiday) {}

  /// The first run later than `t`, on a whole second. Nothing where there is none within fifty years, or before the year 2200.
  [[nodiscard]] std::optional<timestamp> next_after(timestamp t) const;

  [[nodiscard]] const cron& expression() const { return cron_; }
  [[nodiscard]] const zone& where() const { return *zone_; }
  [[nodiscard]] const holiday_set& holidays() const { return holidays_; }
  [[nodiscard]] holiday_policy on_holiday() const { return on_holiday_; }

 private:
  [[nodiscard]] bool runs_on(date d) const;
  [[nodiscard]] bool moved_to(date d) const;
  [[nodiscard]] std::optional<local_time> next_local(local_time from, local_time before) const;
  [[nodiscard]] std::optional<timestamp> next_in_rhythm(timestamp t, timestamp before) const;

  cron cron_;
  std::shared_ptr<const zone> zone_;
  holiday_set holidays_;
  holiday_policy on_holiday_;
};

}  // namespace tomnext::calendar
