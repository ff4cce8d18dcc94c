#include "domain/data_pipeline/comparison_clock.hpp"

#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using data_pipeline::comparison_clock;

namespace {

timestamp instant(const char* text) { return *parse_timestamp(text); }

struct driver : host_driver<comparison_clock> {
  driver() : host_driver(comparison_clock(host_id{16})) {}
  /// What rolls by the time that the next thing comes.
  std::vector<trading_day_rolled> quote_at(const char* text) {
    const auto before = only<trading_day_rolled>(after_timers(quote_of("1.5", "1.5001"), instant(text)));
    return before;
  }
  void bar_at(const char* text) { after_timers(bar_closed{}, instant(text)); }
};

}  // namespace

TEST_CASE("a day whose first event lies behind the boundary of the evening before rolls at once") {
  driver d;
  CHECK(d.quote_at("2012-02-01T00:00:00Z").empty());
  const auto rolled = d.quote_at("2012-02-01T00:00:00.100Z");
  REQUIRE(rolled.size() == 1);
  // Five hours west it is still January.
  CHECK(rolled[0] == trading_day_rolled{date_of({2012, 1, 31}), instant("2012-01-31T22:00:00Z"), roll_profile::comparison});
  // Once a day: not at 22:00 as well.
  for (const char* t : {"2012-02-01T12:00:00Z", "2012-02-01T22:00:00Z", "2012-02-01T23:59:00Z"}) CHECK(d.quote_at(t).empty());
}

TEST_CASE("a day that begins later rolls after the first event at its boundary, and before anything later") {
  driver d;
  CHECK(d.quote_at("2012-02-01T05:00:00Z").empty());
  CHECK(d.quote_at("2012-02-01T21:59:59.999Z").empty());
  CHECK(d.quote_at("2012-02-01T22:00:00Z").empty());
  CHECK(d.timers() == 1);
  // Also before another event of the same instant.
  const auto rolled = d.quote_at("2012-02-01T22:00:00Z");
  REQUIRE(rolled.size() == 1);
  CHECK(rolled[0].closed == date_of({2012, 2, 1}));
  CHECK(d.now() == instant("2012-02-01T22:00:00Z"));
}

TEST_CASE("bars count as events, and a state that was saved goes on") {
  driver d;
  d.quote_at("2012-02-03T21:00:00Z");
  d.bar_at("2012-02-03T22:05:00Z");
  comparison_clock fresh(host_id{16});
  REQUIRE(restore(fresh, saved(d.host())));
  d.replace(fresh);
  d.bar_at("2012-02-03T22:10:00Z");
  CHECK(d.all_of<trading_day_rolled>().size() == 1);
  d.bar_at("2012-02-04T00:00:00Z");
  d.bar_at("2012-02-04T00:05:00Z");
  const auto all = d.all_of<trading_day_rolled>();
  REQUIRE(all.size() == 2);
  CHECK(all[1].closed == date_of({2012, 2, 3}));
}
