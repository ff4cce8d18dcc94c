#include "domain/calendar/fx_day.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext;

TEST_CASE("a boundary is the first instant of the next trading day", "[calendar]") {
  const timestamp first{15'000 * day_ns + 22 * hour_ns};
  // New York's clocks change between the second and the third.
  const std::vector<timestamp> b{first, first + day_ns, first + day_ns + 23 * hour_ns, first + 2 * day_ns + 23 * hour_ns};
  const date monday{15'000};
  CHECK(calendar::trading_day_of(first - 1, monday, b) == monday);
  CHECK(calendar::trading_day_of(first, monday, b) == date{15'001});
  CHECK(calendar::trading_day_of(b[2] - 1, monday, b) == date{15'002});
  CHECK(calendar::trading_day_of(b[2], monday, b) == date{15'003});
  CHECK(!calendar::trading_day_of(b[3], monday, b));
  CHECK(calendar::trading_day_of(first - 25 * hour_ns, monday, b) == monday);
  CHECK(!calendar::trading_day_of(first - 25 * hour_ns - 1, monday, b));
  CHECK(!calendar::trading_day_of(first, monday, {}));
}

TEST_CASE("boundaries ascend and leave no day out", "[calendar]") {
  const timestamp t{15'000 * day_ns};
  CHECK(calendar::well_formed(std::vector<timestamp>{t, t + 23 * hour_ns, t + 48 * hour_ns}));
  CHECK(!calendar::well_formed(std::vector<timestamp>{t, t}));
  CHECK(!calendar::well_formed(std::vector<timestamp>{t, t - 1}));
  CHECK(!calendar::well_formed(std::vector<timestamp>{t, t + 25 * hour_ns + 1}));
}
