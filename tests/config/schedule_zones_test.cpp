// Schedules in the zones of the tz database, over years of clock changes, against the C library's local time.
#include <ctime>

#include "config/time_zones.hpp"
#include "domain/calendar/schedule.hpp"
#include "tests/domain/calendar/schedule_oracle.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seed.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using calendar::cron;
using calendar::schedule;

namespace {

/// The C library in another zone, until the end of its life.
class library_zone {
 public:
  explicit library_zone(const std::string& name) {
    ::setenv("TZ", name.c_str(), 1);
    ::tzset();
  }
  ~library_zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
  library_zone(const library_zone&) = delete;
  library_zone& operator=(const library_zone&) = delete;
  [[nodiscard]] std::int64_t local_minute(timestamp t) const {
    const std::time_t seconds = floor_div(t.ns, second_ns);
    std::tm shown{};
    ::localtime_r(&seconds, &shown);
    const date d = date_of({shown.tm_year + 1900, static_cast<unsigned>(shown.tm_mon + 1), static_cast<unsigned>(shown.tm_mday)});
    return std::int64_t{d.days} * 1440 + shown.tm_hour * 60 + shown.tm_min;
  }
};

struct place {
  const char* zone;
  int first_year, last_year;
};
// Lord Howe changes its clocks by half an hour; São Paulo did at midnight until 2019; Samoa left out 30 December 2011.
constexpr place places[] = {{"America/New_York", 2006, 2007},  {"Europe/London", 2023, 2024}, {"Asia/Tokyo", 2024, 2024},   {"Australia/Lord_Howe", 2023, 2024},
                            {"America/Sao_Paulo", 2017, 2019}, {"Pacific/Apia", 2011, 2011},  {"Africa/Cairo", 2010, 2014}, {"America/Caracas", 2007, 2007},
                            {"Antarctica/Troll", 2022, 2022},  {"Asia/Gaza", 2011, 2011}};

timestamp year_begin(int year) { return start_of(date_of({year, 1, 1})); }


/// What the C library's clock shows, minute by minute.
struct shown_minutes {
  timestamp from;
  std::vector<std::int64_t> minutes;
  shown_minutes(const place& p, timestamp from_, timestamp end) : from(from_) {
    const library_zone library(p.zone);
    for (timestamp t = from; t < end; t = t + minute_ns) minutes.push_back(library.local_minute(t));
  }
  [[nodiscard]] std::int64_t at(timestamp t) const { return minutes[static_cast<std::size_t>((t - from) / minute_ns)]; }
};

}  // namespace

TEST_CASE("schedules: in each of these zones, over years, what a walk through all minutes by the C library's clock finds") {
  auto seed = seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed);
  const auto draw = [&seed](const auto& generator) { return generator(rc::Random(++seed), 50).value(); };
  for (const auto& p : places) {
    const auto zone = std::make_shared<const calendar::zone>(*config::zone_named(p.zone));
    const timestamp begin = year_begin(p.first_year), end = year_begin(p.last_year + 1);
    const shown_minutes shown(p, begin - 5 * day_ns, end);
    for (timestamp t = begin; t < end; t = t + minute_ns)
      if (floor_div(zone->local(t).ns, minute_ns) != shown.at(t)) FAIL(p.zone << ": " << to_string(t));
    const auto check = [&](const std::string& text, const std::vector<date>& holidays, calendar::holiday_policy policy) {
      const auto c = cron::parse(text);
      if (!c) return;
      INFO(p.zone << " '" << text << "' policy " << static_cast<int>(policy) << ", " << holidays.size() << " holidays");
      const schedule s(*c, zone, *calendar::holiday_set::make(holidays), policy);
      auto found = s.next_after(begin - 1);
      for (const auto& e : schedule_oracle(
                               text, [&](timestamp t) { return shown.at(t); }, holidays, policy)
                               .runs(begin, end)) {
        if (found != e) FAIL((found ? to_string(*found) : "none") << ", expected " << to_string(e));
        found = s.next_after(*found);
      }
      CHECK((!found || *found >= end));
    };
    const auto holidays = [&] { return draw(random_holidays(date_of({p.first_year, 1, 1}), date_of({p.last_year, 12, 31}))); };
    for (const auto* text :
         {"0 17 * * *", "30 2 * * *", "0 0 * * *", "30 1 * * 0", "*/15 * * * *", "0 */6 * * *", "0 17 L * *", "59 23 LW * *", "15 1,2 * 3,10 7L"})
      check(text, {}, calendar::holiday_policy::run);
    for (int i = 0; i < 10; ++i) check(draw(random_minutely_cron()), holidays(), draw(random_policy()));
  }
}

// Against the calendar that a log is made with.
TEST_CASE("schedules: 17:00 New York is the end of each trading day, for sixty years") {
  const auto zone = std::make_shared<const calendar::zone>(*config::zone_named("America/New_York"));
  const schedule s(*cron::parse("0 17 * * *"), zone);
  timestamp t = year_begin(1975);
  for (date d = date_of({1975, 1, 1}); d < date_of({2035, 1, 1}); ++d.days) {
    const auto next = s.next_after(t);
    REQUIRE(next);
    const auto shown = zone->local(*next);
    if (local_date(shown) != d || second_of_day(shown) != 17 * 3600) FAIL(to_string(*next));
    t = *next;
  }
}

TEST_CASE("schedules: the end of each month, leap years too, for a hundred years") {
  const auto zone = std::make_shared<const calendar::zone>(*config::zone_named("Europe/London"));
  const schedule s(*cron::parse("0 17 L * *"), zone);
  timestamp t = year_begin(1990);
  for (int month = 0; month < 1'200; ++month) {
    const auto next = s.next_after(t);
    REQUIRE(next);
    const civil_date first{1990 + (month + 1) / 12, static_cast<unsigned>((month + 1) % 12 + 1), 1};
    if (local_date(zone->local(*next)).days != date_of(first).days - 1) FAIL(to_string(*next));
    t = *next;
  }
}
