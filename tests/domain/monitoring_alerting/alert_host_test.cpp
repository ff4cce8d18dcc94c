#include "domain/monitoring_alerting/alert_host.hpp"

#include <string>

#include "tests/domain/guard_driver.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::monitoring_alerting;
using tomnext::tests::only;

namespace {

using watch = tests::guard_driver<alert_host>;
constexpr timestamp noon{1'000 * second_ns};

actor_restarted restart(const std::string& actor) { return {text(actor), 1, "threw"}; }
queue_depth_crossed queue(const std::string& actor, bool above) { return {text(actor), above ? 900u : 100u, 500, above}; }
account_valued valued(std::uint32_t account, double drawdown) {
  account_valued v;
  v.account = account_id{account};
  v.drawdown = drawdown;
  return v;
}
timer_fired fired(const timer_armed& t) { return {t.target, t.timer, t.generation, t.due}; }
alert_changed one(const std::vector<event>& out) {
  const auto alerts = only<alert_changed>(out);
  REQUIRE(alerts.size() == 1);
  return alerts[0];
}
void fill_up(watch& w) {
  for (std::size_t i = 0; i < alerts_max; ++i) REQUIRE(w(noon, queue("actor " + std::to_string(i), true)).size() == 1);
}

}  // namespace

TEST_CASE("alerts: the third restart within a minute fires, once") {
  watch w(alert_configuration{});
  CHECK(w(noon, restart("feed")).empty());
  CHECK(w(noon + 1, restart("feed")).empty());
  CHECK(w(noon + 2, restart("risk")).empty());
  const auto out = w(noon + 3, restart("feed"));
  const auto alert = one(out);
  CHECK(alert.rule == alert_rule::actor_restarts);
  CHECK(alert.state == alert_state::firing);
  CHECK(alert.subject == text("feed"));
  CHECK(alert.value == 3);
  CHECK(alert.threshold == 3);
  const auto timers = only<timer_armed>(out);
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].target == host_id{7});
  CHECK(timers[0].due == noon + 3 + minute_ns);
  CHECK(w(noon + 4, restart("feed")).empty());
}

TEST_CASE("alerts: restarts spread wider than the window do not fire") {
  watch w(alert_configuration{});
  for (int i = 0; i < 10; ++i) CHECK(w(noon + i * (minute_ns / 2), restart("feed")).empty());
}

TEST_CASE("alerts: a restart alert ends a whole window after the last restart") {
  watch w(alert_configuration{});
  w(noon, restart("feed"));
  w(noon, restart("feed"));
  const auto first = only<timer_armed>(w(noon, restart("feed"))).at(0);
  w(noon + 20 * second_ns, restart("feed"));
  for (int i = 0; i < 2; ++i) w(noon + 30 * second_ns, restart("risk"));
  CHECK(only<timer_armed>(w(noon + 30 * second_ns, restart("risk"))).empty());

  auto out = w(first.due, fired(first));
  CHECK(only<alert_changed>(out).empty());
  const auto second = only<timer_armed>(out).at(0);
  CHECK(second.due == noon + 80 * second_ns);
  CHECK(second.generation > first.generation);
  CHECK(w(second.due, fired(first)).empty());  // stale

  out = w(second.due, fired(second));
  CHECK(one(out).subject == text("feed"));
  CHECK(one(out).state == alert_state::resolved);
  const auto third = only<timer_armed>(out).at(0);
  CHECK(third.due == noon + 90 * second_ns);
  out = w(third.due, fired(third));
  CHECK(one(out).subject == text("risk"));
  CHECK(only<timer_armed>(out).empty());
  CHECK(w.host().firing() == 0);

  for (int i = 0; i < 2; ++i) w(noon + 3 * minute_ns, restart("feed"));
  CHECK(only<timer_armed>(w(noon + 3 * minute_ns, restart("feed"))).size() == 1);
}

TEST_CASE("alerts: a queue fires above and resolves below, once each") {
  watch w(alert_configuration{});
  CHECK(w(noon, queue("journal", false)).empty());
  const auto alert = one(w(noon, queue("journal", true)));
  CHECK(alert.rule == alert_rule::queue_depth);
  CHECK(alert.state == alert_state::firing);
  CHECK(alert.value == 900);
  CHECK(alert.threshold == 500);
  CHECK(w(noon, queue("journal", true)).empty());
  CHECK(one(w(noon, queue("journal", false))).state == alert_state::resolved);
  CHECK(w(noon, queue("journal", false)).empty());
}

TEST_CASE("alerts: a drawdown fires above 5 % and resolves below 2.5 %, and hovering in between is one alert") {
  watch w(alert_configuration{});
  CHECK(w(noon, valued(1, .05)).empty());
  const auto alert = one(w(noon, valued(1, .051)));
  CHECK(alert.rule == alert_rule::drawdown);
  CHECK(alert.subject == text("account 1"));
  CHECK(alert.value == .051);
  for (const double d : {.049, .06, .03, .051, .025}) CHECK(w(noon, valued(1, d)).empty());
  CHECK(one(w(noon, valued(2, .2))).subject == text("account 2"));
  const auto over = one(w(noon, valued(1, .024)));
  CHECK(over.state == alert_state::resolved);
  CHECK(over.subject == text("account 1"));
  CHECK(w.host().fires(alert_rule::drawdown, "account 2"));
}

TEST_CASE("alerts: a flood becomes one summary, is counted, and ends when half of it is over") {
  watch w(alert_configuration{});
  fill_up(w);
  const auto summary = one(w(noon, queue("one more", true)));
  CHECK(summary.subject == text(overflow_subject));
  CHECK(summary.state == alert_state::firing);
  CHECK(w(noon, queue("and another", true)).empty());
  CHECK(w(noon, valued(1, .5)).empty());
  for (int i = 0; i < 3; ++i) CHECK(w(noon, restart("feed")).empty());
  CHECK(w(noon, queue("actor 0", true)).empty());  // fires already: nothing new
  CHECK(w.host().firing() == alerts_max);
  CHECK(w.host().overflowed() == 4);

  for (std::size_t i = 0; i + 1 < alerts_max - alerts_calm; ++i) CHECK(w(noon, queue("actor " + std::to_string(i), false)).size() == 1);
  const auto out = only<alert_changed>(w(noon, queue("actor " + std::to_string(alerts_max - alerts_calm - 1), false)));
  REQUIRE(out.size() == 2);
  CHECK(out[1].subject == text(overflow_subject));
  CHECK(out[1].state == alert_state::resolved);
  CHECK(out[1].value == 4);
  CHECK(one(w(noon, valued(1, .5))).state == alert_state::firing);
}

TEST_CASE("alerts: a host restored from its archive continues as the one that lived on") {
  watch w(alert_configuration{});
  w(noon, restart("feed"));
  w(noon, restart("feed"));
  w(noon, valued(1, .2));
  w(noon, queue("journal", true));
  watch other = w;
  REQUIRE(tests::restart(other, alert_configuration{}, tests::saved(w)));
  CHECK(other.host().firing() == 2);
  const auto expected = w(noon + 1, restart("feed"));
  const auto found = other(noon + 1, restart("feed"));
  REQUIRE(found.size() == 2);
  CHECK(one(found) == one(expected));
  CHECK(only<timer_armed>(found) == only<timer_armed>(expected));
  CHECK(other(noon, valued(1, .04)).empty());
  CHECK(one(other(noon, valued(1, .01))).state == alert_state::resolved);
  CHECK(tests::saved(other) != tests::saved(w));
  w(noon, valued(1, .01));
  CHECK(tests::saved(other) == tests::saved(w));
}

TEST_CASE("alerts: a job that fails, runs out of time or is lost fires once, and ends with the run that succeeds") {
  const auto ended = [](const char* job, std::uint64_t run, job_outcome outcome, const char* why = "") { return job_run_ended{job, run, noon, outcome, why}; };
  watch w(alert_configuration{});
  CHECK(w(noon, ended("backup", 1, job_outcome::succeeded)).empty());
  const auto alert = one(w(noon + 1, ended("backup", 2, job_outcome::failed, "no room left")));
  CHECK(alert.rule == alert_rule::job_failed);
  CHECK(alert.state == alert_state::firing);
  CHECK(alert.subject == text("backup"));
  CHECK(alert.value == 2);
  CHECK(alert.summary == long_text("run 2 of the job failed: no room left"));
  CHECK(w(noon + 2, ended("backup", 3, job_outcome::timed_out)).empty());
  CHECK(one(w(noon + 3, ended("scrub", 1, job_outcome::timed_out))).summary == long_text("run 1 of the job ran out of time"));
  CHECK(one(w(noon + 3, ended("prune", 1, job_outcome::lost))).summary == long_text("run 1 of the job was lost"));
  const auto over = one(w(noon + 4, ended("backup", 4, job_outcome::succeeded)));
  CHECK(over.state == alert_state::resolved);
  CHECK(over.subject == text("backup"));
  CHECK(w.host().fires(alert_rule::job_failed, "scrub"));
  CHECK(w(noon + 5, ended("backup", 5, job_outcome::succeeded)).empty());
  CHECK(w(noon + 6, ended("backup", 5, job_outcome::lost)).empty());  // told again by a next life
  CHECK(one(w(noon + 7, ended("backup", 6, job_outcome::lost))).value == 6);
}

TEST_CASE("alerts: an input that was passed over fires once a host, with its seq and the reason, and stays") {
  watch w(alert_configuration{});
  const auto alert = one(w(noon, input_parked{42, "killed this host 3 times: boom", "risk_management/book"}));
  CHECK(alert.rule == alert_rule::input_parked);
  CHECK(alert.state == alert_state::firing);
  CHECK(alert.subject == text("risk_management/book"));
  CHECK(alert.value == 42);
  CHECK(alert.summary == long_text("an input was passed over: killed this host 3 times: boom"));
  CHECK(w(noon + 1, input_parked{43, "again", "risk_management/book"}).empty());
  CHECK(one(w(noon + 2, input_parked{44, "other", "portfolio_management/account:1"})).subject == text("portfolio_management/account:1"));
}
