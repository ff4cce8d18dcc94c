// Cron expressions: which dates, and which times of a day, by a local clock. What a zone makes of them is in schedule.hpp.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/base/result.hpp"
#include "domain/base/time.hpp"

namespace tomnext::calendar {

/// Five fields: minute (0–59), hour (0–23), day of month (1–31), month (1–12, JAN–DEC), day of week (0–7, SUN–SAT; 0 and 7 are Sunday); a sixth before them is
/// the second (0–59), which is 0 otherwise. A field is a list of `*`, `a`, `a-b`, and of `*` or `a-b` with a step, `/n`; `?` is `*` in the two fields of days.
/// Besides:
///   day of month: `L` the last day, `L-n` the n-th before it, `nW` the weekday (Monday to Friday) nearest to the n-th within its month, `LW` the last weekday
///   day of week:  `d#n` the n-th such day of the month (1–5), `dL` the last one
/// `@hourly`, `@daily` (`@midnight`), `@weekly` (Sunday), `@monthly` and `@yearly` (`@annually`) are whole expressions.
///
/// Where both fields of days are restricted, a date matches if either does; where one of them begins with `*` or is `?`, both must. This is the rule of Vixie's
/// cron, which Debian's follows: whoever brings a crontab gets the dates that he had.
class cron {
 public:
  /// An error names the field, its text, and what is allowed. Refused too is what no date can match, such as 30 February.
  static result<cron> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool matches(date d) const;
  /// Of a second of the day, 0 to 86,399.
  [[nodiscard]] bool matches_time(std::int32_t second_of_day) const;
  /// The first second of the day at or behind this one that matches.
  [[nodiscard]] std::optional<std::int32_t> next_time(std::int32_t second_of_day) const;
  /// True where hour or minute has `*` or a step: a rhythm in real time. Otherwise each run has its own place in the day.
  [[nodiscard]] bool periodic() const { return periodic_; }

  /// A bit for each value. Days of the month by their number; `days_before_last` by how far before it; days of the week from Sunday = 0.
  struct fields {
    std::uint64_t seconds = 0, minutes = 0, hours = 0, months = 0;
    std::uint64_t days = 0, days_before_last = 0, nearest_weekdays = 0;
    bool last_weekday = false;
    std::uint64_t week_days = 0, last_week_days = 0;
    std::array<std::uint64_t, 6> nth_week_days{};  // at 1 to 5
    bool any_day = false, any_week_day = false;    // the field begins with `*`, or is `?`
  };

 private:
  cron(std::string text, const fields& f, bool periodic) : text_(std::move(text)), fields_(f), periodic_(periodic) {}
  std::string text_;
  fields fields_;
  bool periodic_;
};

}  // namespace tomnext::calendar
