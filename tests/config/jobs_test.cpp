// Jobs of a node's calendar: what is read, and what is refused with its place and what is allowed.
#include "config/jobs.hpp"

#include "tests/config/load_helper.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

/// The printed file has seven lines; the first job stands in line 10.
std::string with_job(const std::string& job) { return printed_file + "node:\n  jobs:\n    - {" + job + "}\n"; }
const std::string plain = "name: nightly, schedule: '0 17 * * MON-FRI', action: snapshot_hosts";

std::string refused(const std::string& job) { return refusal(with_job(job)); }

#define CHECK_JOB_REFUSED(job, place, why) \
  do {                                     \
    const auto message = refused(job);     \
    INFO("message: " << message);          \
    CHECK(has_text(message, place));       \
    CHECK(has_text(message, why));         \
  } while (false)

}  // namespace

TEST_CASE("jobs: a job with nothing but what it needs, and one with everything") {
  auto d = load(printed_file + R"(
node:
  holidays:
    - {name: london, dates: [2026-12-28, 2026-12-25]}
  jobs:
    - {name: nightly, schedule: "0 17 * * MON-FRI", action: snapshot_hosts}
    - name: backup
      schedule: "30 15 22 L * *"
      zone: Europe/London
      holidays: [london, 2027-05-31]
      on_holiday: previous_business_day
      missed: run_all
      missed_max: 3
      overlap: queue_one
      grace_s: 300
      timeout_s: 7200
      action: log_backup
      target: backups/log
    - {name: scrub, schedule: "@weekly", zone: Etc/UTC, action: log_scrub, bytes_per_s: 1000}
)");
  if (!d) FAIL(d.error().message);
  const auto& jobs = d->node.jobs;
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[0].when.name == "nightly");
  CHECK(jobs[0].when.action == "snapshot_hosts");
  CHECK(jobs[0].when.when.expression().text() == "0 17 * * MON-FRI");
  CHECK(jobs[0].when.when.where().name() == "America/New_York");
  CHECK(jobs[0].when.when.on_holiday() == calendar::holiday_policy::run);
  CHECK(jobs[0].when.missed == calendar::missed_policy::run_once);
  CHECK(jobs[0].when.overlap == calendar::overlap_policy::skip);
  CHECK(jobs[0].when.grace_ns == minute_ns);
  CHECK(jobs[0].when.deadline_ns == 10 * minute_ns);
  CHECK(jobs[0].target.empty());

  const auto& b = jobs[1];
  CHECK(b.when.when.where().name() == "Europe/London");
  CHECK(b.when.when.holidays().dates().size() == 3);
  CHECK(b.when.when.holidays().contains(date_of({2026, 12, 25})));
  CHECK(b.when.when.holidays().contains(date_of({2027, 5, 31})));
  CHECK(b.when.when.on_holiday() == calendar::holiday_policy::previous_business_day);
  CHECK(b.when.missed == calendar::missed_policy::run_all);
  CHECK(b.when.missed_runs_max == 3);
  CHECK(b.when.overlap == calendar::overlap_policy::queue_one);
  CHECK(b.when.grace_ns == 300 * second_ns);
  CHECK(b.when.deadline_ns == 7200 * second_ns);
  CHECK(b.target == "/data/backups/log");
  // 31 May 2027 is the last of its month, a Monday and a holiday: it runs on the Friday before, at a quarter past ten by London's summer clock.
  CHECK(b.when.when.next_after(start_of(date_of({2027, 5, 1}))) == *parse_timestamp("2027-05-28T21:15:30Z"));

  CHECK(jobs[2].bytes_per_s == 1'000);
  CHECK(load(printed_file)->node.jobs.empty());
}

TEST_CASE("jobs: what cannot be is refused with its place and with what is allowed") {
  CHECK_JOB_REFUSED("schedule: '0 17 * * *', action: snapshot_hosts", "test.yaml:10: node.jobs[0].name", "is missing");
  CHECK_JOB_REFUSED("name: nightly, action: snapshot_hosts", "test.yaml:10: node.jobs[0].schedule", "is missing");
  CHECK_JOB_REFUSED("name: nightly, schedule: '0 17 * * *'", "test.yaml:10: node.jobs[0].action", "is missing");
  CHECK_JOB_REFUSED("name: 'a/b', schedule: '0 17 * * *', action: log_scrub", "node.jobs[0].name", "1 to 63 letters, digits");
  CHECK_JOB_REFUSED("name: " + std::string(64, 'x') + ", schedule: '0 17 * * *', action: log_scrub", "node.jobs[0].name", "1 to 63 letters");
  CHECK_JOB_REFUSED("name: n, schedule: '0 25 * * *', action: log_scrub", "test.yaml:10: node.jobs[0].schedule", "25");
  CHECK_JOB_REFUSED("name: n, schedule: '0 0 30 2 *', action: log_scrub", "node.jobs[0].schedule", "no date");
  CHECK_JOB_REFUSED("name: n, schedule: '0 " + std::string(130, '1') + " * * *', action: log_scrub", "node.jobs[0].schedule", "at most 127 are allowed");
  CHECK_JOB_REFUSED("name: n, schedule: '0 17 * * *', zone: Europe/Londn, action: log_scrub", "node.jobs[0].zone", "is it Europe/London");
  CHECK_JOB_REFUSED("name: n, schedule: '0 17 * * *', action: make_tea", "test.yaml:10: node.jobs[0].action",
                    "'make_tea' is none of: snapshot_hosts, log_backup, log_scrub");
  CHECK_JOB_REFUSED(plain + ", missed: all", "node.jobs[0].missed", "'all' is none of: skip, run_once, run_all");
  CHECK_JOB_REFUSED(plain + ", overlap: two", "node.jobs[0].overlap", "skip, queue_one");
  CHECK_JOB_REFUSED(plain + ", timeout_s: 0", "node.jobs[0].timeout_s", "from 1 to 604800");
  CHECK_JOB_REFUSED(plain + ", grace_s: 86401", "node.jobs[0].grace_s", "from 1 to 86400");
  CHECK_JOB_REFUSED(plain + ", missed_max: 0", "node.jobs[0].missed_max", "from 1 to 1000");
  CHECK_JOB_REFUSED(plain + ", when: now", "test.yaml:10: node.jobs[0].when", "unknown key; allowed here: name, schedule, zone, holidays");
  // What belongs to another action would mean nothing.
  CHECK_JOB_REFUSED(plain + ", target: backups", "node.jobs[0].target", "unknown key");
  CHECK_JOB_REFUSED("name: n, schedule: '0 17 * * *', action: log_backup", "node.jobs[0].target", "is missing");
  CHECK_JOB_REFUSED("name: n, schedule: '0 17 * * *', action: log_backup, target: ''", "node.jobs[0].target", "must name the folder");
  CHECK_JOB_REFUSED(plain + "}\n    - {" + plain, "test.yaml:11: node.jobs[1].name", "'nightly' is used twice");
}

TEST_CASE("jobs: holidays are dates or names of lists") {
  CHECK_JOB_REFUSED(plain + ", holidays: [2026-02-30]", "node.jobs[0].holidays", "'2026-02-30' is no date such as 2026-12-25, nor a list of node.holidays");
  CHECK_JOB_REFUSED(plain + ", holidays: london", "node.jobs[0].holidays", "must be a list");
  CHECK_JOB_REFUSED(plain + ", on_holiday: skip", "node.jobs[0].on_holiday", "says nothing without 'holidays'");
  CHECK_JOB_REFUSED(plain + ", holidays: [2026-12-25], on_holiday: rest", "node.jobs[0].on_holiday", "run, skip, next_business_day, previous_business_day");
  const auto lists = [](const std::string& l) { return refusal(printed_file + "node:\n  holidays: [" + l + "]\n"); };
  CHECK(lists("{name: bank, dates: [2026-12-25]}").empty());
  CHECK(has_text(lists("{name: bank}"), "node.holidays[0].dates: is missing"));
  CHECK(has_text(lists("{name: 2026-12-25, dates: []}"), "node.holidays[0].name: '2026-12-25' is no name"));
  CHECK(has_text(lists("{name: a, dates: []}, {name: a, dates: []}"), "node.holidays[1].name: 'a' is used twice"));
  CHECK(has_text(lists("{name: a, dates: [b]}"), "node.holidays[0].dates: 'b' is no date"));
  const auto other = refusal(printed_file + "node:\n  holidays: [{name: bank, dates: []}]\n  jobs: [{" + plain + ", holidays: [banc]}]\n");
  CHECK(has_text(other, "nor a list of node.holidays (there are: bank)"));
}

TEST_CASE("jobs: more than 256 are refused, and jobs are no part of what decides") {
  std::string many;
  for (int i = 0; i < 257; ++i) many += "    - {name: j" + std::to_string(i) + ", schedule: '@daily', action: log_scrub}\n";
  CHECK(has_text(refusal(printed_file + "node:\n  jobs:\n" + many), "node.jobs[256].name: more than 256 jobs"));
  CHECK(load(with_job(plain))->source_text == load(printed_file)->source_text);
  CHECK(load(with_job(plain), {"node.jobs.0.schedule=0 18 * * *"})->node.jobs[0].when.when.expression().text() == "0 18 * * *");
}
