// Dates on which a schedule does not run as on others.
#pragma once
#include <span>
#include <vector>

#include "domain/base/result.hpp"
#include "domain/base/time.hpp"

namespace tomnext::calendar {

/// What becomes of a run whose date is a holiday: it runs anyway, is left out, or goes to the next or the previous business day, at the same local time.
enum class holiday_policy : std::uint8_t { run, skip, next_business_day, previous_business_day };

/// A set of dates, by the local date of whoever uses it.
class holiday_set {
 public:
  /// More than a century of them.
  static constexpr std::size_t dates_max = 4'096;
  holiday_set() = default;
  /// In any order; each counts once.
  static result<holiday_set> make(std::vector<date> dates);
  [[nodiscard]] bool contains(date d) const;
  /// Monday to Friday, and no holiday.
  [[nodiscard]] bool is_business_day(date d) const { return weekday(d) != 0 && weekday(d) != 6 && !contains(d); }
  [[nodiscard]] std::span<const date> dates() const { return dates_; }

 private:
  std::vector<date> dates_;  // ascending
};

}  // namespace tomnext::calendar
