#include "domain/statistics/equity_days.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

#include "domain/statistics/periods.hpp"
#include "domain/statistics/returns.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::statistics;

namespace {

// Monday 2024-01-01 ends at boundary 0, 22:00 UTC (17:00 in New York in winter); 800 days.
constexpr std::int32_t monday = 19'723;
constexpr std::int64_t roll_ns = 22 * hour_ns;
struct calendar_days {
  std::vector<timestamp> ends;
  calendar_days() {
    for (int i = 0; i < 800; ++i) ends.push_back({(monday + i) * day_ns + roll_ns});
  }
  [[nodiscard]] day_boundaries boundaries() const { return {{monday}, ends}; }
};
const calendar_days year;

// `hours` after the begin of Monday's trading day, which is Sunday 22:00 UTC.
timestamp after(double hours) { return {(monday - 1) * day_ns + roll_ns + static_cast<std::int64_t>(hours * static_cast<double>(hour_ns))}; }
daily_series days(std::vector<equity_point> points) {
  auto s = days_of(points, year.boundaries());
  REQUIRE(s);
  return *s;
}
bool near(double a, double b, double tolerance = 1e-12) { return std::fabs(a - b) <= tolerance * std::max(1.0, std::fabs(b)); }

}  // namespace

TEST_CASE("statistics: an equity curve is cut into trading days", "[statistics]") {
  CHECK(weekday(date{monday}) == 1);
  const auto s = days({{after(1), 100}, {after(2), 110}, {after(23), 121}, {after(25), 60.5}, {after(75), 121}});
  REQUIRE(s.days.size() == 4);
  CHECK(s.days[0].day.days == monday);
  CHECK(near(s.days[0].return_fraction, 0.21));
  CHECK(s.days[0].equity == 121);
  CHECK(near(s.days[1].return_fraction, -0.5));
  CHECK(s.days[2].return_fraction == 0);  // Wednesday without points
  CHECK(s.days[2].equity == 60.5);
  CHECK(near(s.days[3].return_fraction, 1));
  CHECK(s.growth == std::vector<double>{1, 1.1, 1.21, 0.605, 1.21});
  CHECK(!s.used_up);
}

TEST_CASE("statistics: the valuation at a day's end closes it, what follows at the same instant is the next day's", "[statistics]") {
  const auto s = days({{after(1), 100}, {after(24), 110}, {after(24), 121}, {after(30), 121}});
  REQUIRE(s.days.size() == 2);
  CHECK(near(s.days[0].return_fraction, 0.1));
  CHECK(near(s.days[1].return_fraction, 0.1));
  // A curve may begin with a day's end: that is the opening of the next.
  const auto late = days({{after(24), 100}, {after(26), 120}});
  REQUIRE(late.days.size() == 1);
  CHECK(late.days[0].day.days == monday + 1);
}

TEST_CASE("statistics: what happens at the weekend counts to Monday", "[statistics]") {
  // Friday's day ends 120 hours after Monday's has begun.
  const auto s = days({{after(100), 100}, {after(121), 110}, {after(140), 121}, {after(170), 121}});
  REQUIRE(s.days.size() == 2);
  CHECK(s.days[0].day.days == monday + 4);
  CHECK(s.days[0].return_fraction == 0);
  CHECK(s.days[1].day.days == monday + 7);
  CHECK(near(s.days[1].return_fraction, 0.21));
}

TEST_CASE("statistics: deposits and withdrawals are no return", "[statistics]") {
  const auto points = with_flows({{after(1), 100}, {after(2), 110}, {after(3), 1'110}, {after(4), 1'221}, {after(30), 221}, {after(31), 442}},
                                 std::vector<cash_flow>{{after(0.5), 100}, {after(2.5), 1'000}, {after(30), -1'000}});
  REQUIRE(points);
  CHECK((*points)[0].flow == 0);  // part of the opening
  const auto s = days(*points);
  REQUIRE(s.days.size() == 2);
  CHECK(near(s.days[0].return_fraction, 0.21));
  CHECK(s.days[0].flow == 1'000);
  CHECK(near(s.days[1].return_fraction, 1));
  CHECK(s.days[1].flow == -1'000);
  CHECK(near(s.growth.back(), 2.42));
  CHECK(!with_flows({{after(1), 100}}, std::vector<cash_flow>{{after(2), 1}}));
  CHECK(!with_flows({{after(1), 100}, {after(9), 100}}, std::vector<cash_flow>{{after(4), 1}, {after(3), 1}}));
}

TEST_CASE("statistics: returns end where nothing is left", "[statistics]") {
  const auto lost = days({{after(1), 100}, {after(30), -20}, {after(60), 50}});
  CHECK(lost.used_up);
  REQUIRE(lost.days.size() == 2);
  CHECK(near(lost.days[1].return_fraction, -1.2));
  CHECK(lost.growth.size() == 2);
  const auto withdrawn = days({{after(1), 100}, {after(30), 0, -110}, {after(60), 50, 50}});
  CHECK(withdrawn.used_up);
  REQUIRE(withdrawn.days.size() == 2);
  CHECK(near(withdrawn.days[1].return_fraction, 0.1));
  const auto rescued = days({{after(1), 100}, {after(30), 50, 60}, {after(60), 50}});
  CHECK(rescued.used_up);
  CHECK(near(rescued.days[1].return_fraction, -1.1));
}

TEST_CASE("statistics: curves that are none are refused", "[statistics]") {
  const auto refused = [](std::vector<equity_point> points) { return days_of(points, year.boundaries()).error().message; };
  CHECK(refused({{after(2), 100}, {after(1), 100}}).find("before the one ahead") != std::string::npos);
  CHECK(refused({{after(2), 0}}).find("not positive") != std::string::npos);
  CHECK(refused({{after(2), 100}, {after(3), std::nan("")}}).find("no number") != std::string::npos);
  CHECK(refused({{after(-30), 100}}).find("no day") != std::string::npos);
  CHECK(refused({{after(2), 1e-300}, {after(3), 1e300}}).find("does not fit") != std::string::npos);
  CHECK(days_of({}, year.boundaries())->days.empty());
  const std::vector<timestamp> gap{{0}, {3 * day_ns}};
  CHECK(!days_of(std::vector<equity_point>{{{5}, 1}}, {{0}, gap}));
}

TEST_CASE("statistics: days, weeks, months and years multiply to the whole, whatever is paid in and out", "[statistics][property]") {
  CHECK(rc::check("time-weighted", [] {
    std::vector<equity_point> points{{after(*rc::gen::inRange(0, 200)), 1'000, 0}};
    double growth = 1;
    const auto n = *rc::gen::inRange(1, 120);
    for (int i = 0; i < n; ++i) {
      const double factor = 1 + *rc::gen::inRange(-50, 51) / 1'000.0;
      const double flow = *rc::gen::element(0, 0, 0, 500, -100) * (points.back().equity > 500 ? 1.0 : 0.0);
      growth *= factor;
      points.push_back({points.back().at + *rc::gen::inRange<std::int64_t>(0, 40) * hour_ns, points.back().equity * factor + flow, flow});
    }
    const auto s = days_of(points, year.boundaries());
    RC_ASSERT(s.has_value());
    RC_ASSERT(!s->used_up);
    RC_ASSERT(near(s->growth.back(), growth, 1e-11));
    RC_ASSERT(s->growth.size() == points.size());
    double product = 1, flows = 0;
    for (std::size_t i = 0; i < s->days.size(); ++i) {
      product *= 1 + s->days[i].return_fraction;
      flows += s->days[i].flow;
      const int w = weekday(s->days[i].day);
      RC_ASSERT(w >= 1 && w <= 5);
      if (i > 0) RC_ASSERT(s->days[i].day.days - s->days[i - 1].day.days == (w == 1 ? 3 : 1));
    }
    RC_ASSERT(near(product, growth, 1e-11));
    RC_ASSERT(s->days.back().equity == points.back().equity);
    double paid = 0;
    for (const auto& p : points) paid += p.flow;
    RC_ASSERT(near(flows, paid));
    for (const auto length : {period::day, period::week, period::month, period::year}) {
      double of_periods = 1;
      std::size_t count = 0;
      for (const auto& p : returns_by(s->days, length)) {
        of_periods *= 1 + p.return_fraction;
        count += p.days;
      }
      RC_ASSERT(near(of_periods, growth, 1e-11));
      RC_ASSERT(count == s->days.size());
    }
    double of_table = 1;
    for (const auto& y : monthly_table(s->days)) {
      double months = 1;
      for (const auto& m : y.month_returns) months *= 1 + m.value_or(0);
      RC_ASSERT(near(months, 1 + y.year_return, 1e-11));
      of_table *= months;
    }
    RC_ASSERT(near(of_table, growth, 1e-11));
  }));
}

TEST_CASE("statistics: periods begin on Monday, the first of the month, the first of January", "[statistics]") {
  const date d = date_of({2024, 3, 14});  // a Thursday
  CHECK(start_of_period(d, period::day) == d);
  CHECK(start_of_period(d, period::week) == date_of({2024, 3, 11}));
  CHECK(start_of_period(date_of({2024, 3, 10}), period::week) == date_of({2024, 3, 4}));  // a Sunday
  CHECK(start_of_period(d, period::month) == date_of({2024, 3, 1}));
  CHECK(start_of_period(d, period::year) == date_of({2024, 1, 1}));
}

TEST_CASE("statistics: trades by when, who and what", "[statistics]") {
  const auto closed = [](double hours, double profit, std::uint32_t strategy, std::uint32_t instrument) {
    trade t;
    t.entered = t.exited = after(hours);
    t.profit = profit;
    t.strategy = {strategy};
    t.instrument = {instrument};
    return t;
  };
  const std::vector<trade> trades{closed(1, 1, 2, 1), closed(25, 2, 1, 1), closed(26, 4, 1, 2), closed(24 * 5 + 3, 8, 2, 2), closed(24 * 31 + 1, 16, 1, 1)};
  const auto of_days = trades_by(trades, year.boundaries(), period::day);
  REQUIRE(of_days);
  REQUIRE(of_days->size() == 4);
  CHECK((*of_days)[1].statistics.net_profit == 6);
  CHECK((*of_days)[2].period_start.days == monday + 7);  // of the weekend
  CHECK(trades_by(trades, year.boundaries(), period::week)->size() == 3);
  const auto of_months = *trades_by(trades, year.boundaries(), period::month);
  REQUIRE(of_months.size() == 2);
  CHECK(of_months[0].statistics.net_profit == 15);
  const auto who = trades_by_strategy(trades);
  REQUIRE(who.size() == 2);
  CHECK(who[0].strategy.value == 1);
  CHECK(who[0].statistics.net_profit == 22);
  const auto what = trades_by_instrument(trades);
  REQUIRE(what.size() == 2);
  CHECK(what[1].statistics.net_profit == 12);
  CHECK(!trades_by(std::vector<trade>{closed(-48, 1, 1, 1)}, year.boundaries(), period::day));
}
