#include "domain/monitoring_alerting/rules.hpp"

#include <limits>
#include <string>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::monitoring_alerting;

TEST_CASE("alert rules: restarts are counted per actor within a left-open window") {
  restart_history history;
  const timestamp noon{1'000 * second_ns};
  history.add("feed", noon, minute_ns);
  history.add("risk", noon + 1, minute_ns);
  history.add("feed", noon + 2, minute_ns);
  CHECK(history.count("feed", noon + 2, minute_ns) == 2);
  CHECK(history.count("risk", noon + 2, minute_ns) == 1);
  CHECK(history.count("feed", noon + minute_ns - 1, minute_ns) == 2);
  CHECK(history.count("feed", noon + minute_ns, minute_ns) == 1);
}

TEST_CASE("alert rules: the history is bounded, the oldest goes first") {
  restart_history history;
  for (std::size_t i = 0; i < restarts_kept + 10; ++i) history.add("feed", timestamp{static_cast<std::int64_t>(i)}, minute_ns);
  CHECK(history.count("feed", timestamp{static_cast<std::int64_t>(restarts_kept)}, minute_ns) == restarts_kept);
}

TEST_CASE("alert rules: boundaries") {
  const alert_thresholds t;
  CHECK_FALSE(restarts_fire(2, t));
  CHECK(restarts_fire(3, t));
  CHECK_FALSE(restarts_fire(3, alert_thresholds{0, minute_ns, .05}));
  CHECK_FALSE(restarts_over({0}, {minute_ns - 1}, t));
  CHECK(restarts_over({0}, {minute_ns}, t));
  CHECK_FALSE(drawdown_fires(.05, t));
  CHECK(drawdown_fires(.0501, t));
  CHECK_FALSE(drawdown_over(.025, t));
  CHECK(drawdown_over(.0249, t));
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(drawdown_fires(unknown, t));
  CHECK_FALSE(drawdown_over(unknown, t));
}
