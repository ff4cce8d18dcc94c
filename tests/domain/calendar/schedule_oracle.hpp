// What a schedule is to do, minute by minute and date by date, without any arithmetic on zones: for tests.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "domain/calendar/holidays.hpp"
#include "tests/domain/calendar/cron_oracle.hpp"

namespace tomnext::tests {

/// What the local clock shows at an instant, in minutes since its 1970-01-01T00:00.
using local_minute_of = std::function<std::int64_t(timestamp)>;

class schedule_oracle {
 public:
  /// An expression of five fields, of numbers.
  schedule_oracle(const std::string& text, local_minute_of local, std::vector<date> holidays, calendar::holiday_policy policy)
      : cron_(text), local_(std::move(local)), holidays_(holidays.begin(), holidays.end()), policy_(policy) {
    for (int m = 0; m < 1440; ++m) times_.push_back(cron_.time(m / 60, m % 60, 0));
  }

  /// All runs in [begin, end); begin is a whole minute.
  [[nodiscard]] std::vector<timestamp> runs(timestamp begin, timestamp end) const {
    const timestamp from = begin - 3 * day_ns;  // what came before the first change of the clock that matters
    const auto dates = dates_between(utc_date(from - 2 * day_ns), utc_date(end + 2 * day_ns));
    const auto scheduled = [&](std::int64_t minute) {
      return times_[static_cast<std::size_t>(minute - floor_div(minute, 1440) * 1440)] && dates.count(static_cast<std::int32_t>(floor_div(minute, 1440))) != 0;
    };
    std::vector<timestamp> all;
    std::int64_t highest = local_(from) - 1;
    for (timestamp t = from; t < end; t = t + minute_ns) {
      const auto now = local_(t);
      bool run = cron_.periodic() && scheduled(now);
      for (; highest < now; ++highest) run = run || (!cron_.periodic() && scheduled(highest + 1));
      if (run && t >= begin) all.push_back(t);
    }
    return all;
  }

 private:
  [[nodiscard]] bool business(date d) const { return weekday(d) != 0 && weekday(d) != 6 && holidays_.count(d) == 0; }
  [[nodiscard]] std::set<std::int32_t> dates_between(date first, date last) const {
    using calendar::holiday_policy;
    std::set<std::int32_t> all;
    for (date d{first.days - 60}; d.days <= last.days + 60; ++d.days) {
      if (!cron_.day(d)) continue;
      date to = d;
      if (holidays_.count(d) != 0 && policy_ != holiday_policy::run) {
        if (policy_ == holiday_policy::skip) continue;
        while (!business(to)) to.days += policy_ == holiday_policy::next_business_day ? 1 : -1;
      }
      all.insert(to.days);
    }
    return all;
  }
  cron_oracle cron_;
  local_minute_of local_;
  std::set<date> holidays_;
  calendar::holiday_policy policy_;
  std::vector<bool> times_;
};

/// Up to 40 dates within these days, many of them next to each other.
inline rc::Gen<std::vector<date>> random_holidays(date first, date last) {
  return rc::gen::exec([=] {
    std::vector<date> all;
    const int stretches = *rc::gen::inRange(0, 6);
    for (int i = 0; i < stretches; ++i) {
      const auto begin = *rc::gen::inRange(first.days, last.days + 1);
      for (int d = *rc::gen::inRange(0, 7); d >= 0; --d) all.push_back({begin + d});
    }
    return all;
  });
}

inline rc::Gen<calendar::holiday_policy> random_policy() {
  using calendar::holiday_policy;
  return rc::gen::element(holiday_policy::run, holiday_policy::skip, holiday_policy::next_business_day, holiday_policy::previous_business_day);
}

/// Valid, of five fields; fixed times more often than a random field would have them.
inline rc::Gen<std::string> random_minutely_cron() {
  return rc::gen::exec([] {
    const bool fixed = *rc::gen::element(true, false);
    const auto number = [](int max) { return std::to_string(*rc::gen::inRange(0, max + 1)); };
    std::string text = fixed ? number(59) + "," + number(59) + " " + number(23) + "," + *rc::gen::element<std::string>("0", "1", "2", "3", "23")
                             : *random_field(0, 59, {}) + " " + *random_field(0, 23, {});
    const auto date = *random_cron();
    // Its last three fields.
    auto at = date.size();
    for (int i = 0; i < 3; ++i) at = date.rfind(' ', at - 1);
    return text + (*rc::gen::inRange(0, 3) == 0 ? " * * *" : date.substr(at));
  });
}

}  // namespace tomnext::tests
