#include "domain/data_pipeline/trading_calendar.hpp"

#include "domain/base/archive.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using data_pipeline::trading_calendar;
using driver = tests::host_driver<trading_calendar>;

namespace {

constexpr host_id self{16};
constexpr date monday{15'000};
constexpr timestamp first{15'000 * day_ns + 22 * hour_ns};

calendar_defined page(std::uint32_t version, date from, timestamp boundary, int days) {
  calendar_defined c;
  c.version = version;
  c.tzdata_version = "2024a";
  c.first_date = from;
  for (int i = 0; i < days; ++i) c.boundaries.push_back(boundary + i * day_ns);
  return c;
}

}  // namespace

TEST_CASE("the day rolls one nanosecond before its boundary, and the timer follows", "[trading_calendar]") {
  driver d(trading_calendar(self), self);
  const auto armed = d.input(page(1, monday, first, 3), start_of(monday));
  REQUIRE(armed.size() == 1);
  CHECK(armed[0].as<timer_armed>().due == first - 1);
  CHECK(d.fire_through(first - 2).empty());
  // A quote exactly on the boundary comes after the roll.
  const auto rolled = tests::only<trading_day_rolled>(d.fire_through(first - 1));
  REQUIRE(rolled.size() == 1);
  CHECK(rolled[0] == trading_day_rolled{monday, first});
  d.fire_through(first + 10 * day_ns);
  const auto all = d.all_of<trading_day_rolled>();
  REQUIRE(all.size() == 3);
  CHECK(all[2] == trading_day_rolled{date{15'002}, first + 2 * day_ns});
  CHECK(d.timers() == 0);
}

TEST_CASE("boundaries past at definition never roll", "[trading_calendar]") {
  driver d(trading_calendar(self), self);
  d.input(page(1, monday, first, 5), first + day_ns);  // the second boundary is now: its instant has come
  d.fire_through(first + 10 * day_ns);
  const auto all = d.all_of<trading_day_rolled>();
  REQUIRE(all.size() == 3);
  CHECK(all[0].closed == date{15'002});
}

TEST_CASE("pages join, in any order, and a new version replaces what it names", "[trading_calendar]") {
  driver d(trading_calendar(self), self);
  d.input(page(1, date{15'003}, first + 3 * day_ns, 2), start_of(monday));
  d.input(page(1, monday, first, 3), start_of(monday));  // earlier: the timer moves
  d.input(page(2, date{15'001}, first + 23 * hour_ns, 1), start_of(monday));
  d.fire_through(first + 10 * day_ns);
  const auto all = d.all_of<trading_day_rolled>();
  REQUIRE(all.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(all[i].closed == date{15'000 + static_cast<std::int32_t>(i)});
  CHECK(all[1].instant == first + 23 * hour_ns);
}

TEST_CASE("a page that is out of order is refused with its reason", "[trading_calendar]") {
  auto backwards = page(1, monday, first, 2);
  backwards.boundaries[1] = first;
  auto overlapping = page(2, date{15'001}, first, 1);  // at the instant of its predecessor
  for (const auto& wrong : {backwards, overlapping}) {
    driver d(trading_calendar(self), self);
    d.input(page(1, monday, first, 1), start_of(monday));
    CHECK(d.input(wrong, start_of(monday)).empty());
    REQUIRE(d.failure());
    CHECK(d.failure()->message.find("must ascend") != std::string::npos);
    CHECK(d.host().pending() == 1);
  }
}

TEST_CASE("a recovered calendar goes on rolling", "[trading_calendar]") {
  driver d(trading_calendar(self), self);
  d.input(page(1, monday, first, 4), start_of(monday));
  d.fire_through(first + day_ns);
  state_writer w;
  w(d.host());
  trading_calendar again(self);
  state_reader r(w.bytes());
  r(again);
  REQUIRE((!r.failed() && r.at_end()));
  d.replace(again);
  d.fire_through(first + 10 * day_ns);
  CHECK(d.all_of<trading_day_rolled>().size() == 4);
}

TEST_CASE("each profile has its own calendar: pages of the other are passed over", "[trading_calendar]") {
  driver d(trading_calendar(self, roll_profile::auckland), self);
  CHECK(d.input(page(1, monday, first, 3), start_of(monday)).empty());
  auto auckland = page(1, monday, first - 4 * hour_ns, 2);
  auckland.roll = roll_profile::auckland;
  d.input(auckland, start_of(monday));
  auto damaged = page(2, monday, first, 2);
  damaged.boundaries.values[1] = damaged.boundaries.values[0];
  CHECK(d.input(damaged, start_of(monday)).empty());
  CHECK_FALSE(d.failure());
  d.fire_through(first + 10 * day_ns);
  const auto all = d.all_of<trading_day_rolled>();
  REQUIRE(all.size() == 2);
  CHECK(all[0] == trading_day_rolled{monday, first - 4 * hour_ns, roll_profile::auckland});
}
