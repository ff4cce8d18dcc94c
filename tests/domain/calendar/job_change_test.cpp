#include "domain/calendar/job_change.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::calendar;

namespace {

timestamp at(int minute) { return start_of(date_of({2024, 5, 1})) + minute * minute_ns; }

}  // namespace

TEST_CASE("job records: what is known of a job is the fold of what has happened to it", "[calendar]") {
  job_records all;
  CHECK(all.find("backup") == nullptr);
  all.apply(schedule_given{"backup", "0 17 * * *", "America/New_York", at(0)});
  REQUIRE(all.find("backup"));
  CHECK(all.find("backup")->memory.decided_to == at(0));
  const job_run one{"backup", 1, at(60), false}, by_hand{"backup", 2, at(90), true};
  all.apply(run_began{one, at(61)});
  CHECK(all.find("backup")->memory.running == one);
  CHECK(all.find("backup")->memory.running_since == at(61));
  all.apply(run_ended{"backup", 1, at(62), job_outcome::failed, "no room"});
  all.apply(run_began{by_hand, at(90)});
  all.apply(skipped_runs{"backup", at(180), 2, skip_reason::overlapped});
  all.apply(pause_began{"backup", at(181), "ann", "news"});
  const auto& m = all.find("backup")->memory;
  CHECK(m.history == std::deque<past_run>{{one, at(61), at(62), job_outcome::failed, "no room"}});
  CHECK(m.running == by_hand);
  CHECK(m.decided_to == at(180));
  CHECK(m.last_number == 2);
  CHECK(m.paused);
  CHECK(m.counts.overlapped == 2);
  all.apply(pause_ended{"backup", at(200), "ann", ""});
  CHECK_FALSE(all.find("backup")->memory.paused);
}

TEST_CASE("job records: the same schedule again changes nothing, and another one begins where it was defined", "[calendar]") {
  job_records all;
  all.apply(schedule_given{"backup", "0 17 * * *", "America/New_York", at(0)});
  all.apply(run_began{{"backup", 1, at(60), false}, at(60)});
  all.apply(schedule_given{"backup", "0 17 * * *", "America/New_York", at(500)});
  CHECK(all.find("backup")->memory.decided_to == at(60));
  all.apply(schedule_given{"backup", "0 18 * * *", "America/New_York", at(600)});
  CHECK(all.find("backup")->memory.decided_to == at(600));
  all.apply(schedule_given{"backup", "0 18 * * *", "Europe/London", at(700)});
  CHECK(all.find("backup")->memory.decided_to == at(700));
  CHECK(all.find("backup")->memory.last_number == 1);
}

TEST_CASE("job records: what is told again, or cannot be, is passed over; and there is an end to names", "[calendar]") {
  job_records all;
  const job_run one{"backup", 1, at(60), false};
  all.apply(run_began{one, at(61)});
  all.apply(run_ended{"backup", 7, at(61), job_outcome::failed, ""});
  CHECK(all.find("backup")->memory.running == one);
  all.apply(run_ended{"backup", 1, at(62), job_outcome::succeeded, ""});
  all.apply(run_began{one, at(61)});
  all.apply(run_ended{"backup", 1, at(62), job_outcome::succeeded, ""});
  CHECK_FALSE(all.find("backup")->memory.running);
  CHECK(all.find("backup")->memory.history.size() == 1);
  CHECK(all.find("backup")->memory.counts.succeeded == 1);
  for (std::size_t i = 0; i < job_records::names_max + 10; ++i) all.apply(pause_began{"job" + std::to_string(i), at(0), "", ""});
  CHECK(all.size() == job_records::names_max);
  for (std::uint64_t i = 2; i < 50; ++i) {
    all.apply(run_began{{"backup", i, at(60), false}, at(61)});
    all.apply(run_ended{"backup", i, at(62), job_outcome::succeeded, ""});
  }
  CHECK(all.find("backup")->memory.history.size() == job_memory::history_max);
  CHECK(all.find("backup")->memory.history.back().run.number == 49);
}

TEST_CASE("job records: an operator's command is remembered with what came of it, once, and the last ones only", "[calendar]") {
  job_records all;
  all.apply(pause_began{"backup", at(0), "ann", "news", 40});
  all.apply(run_began{{"backup", 1, at(1), true}, at(1), 41});
  all.apply(pause_ended{"backup", at(2), "ann", "", 42});
  all.apply(pause_began{"backup", at(0), "ann", "news", 40});  // told again
  const auto& m = all.find("backup")->memory;
  CHECK_FALSE(m.paused);
  CHECK(m.commands == std::deque<carried_command>{{40, 0}, {41, 1}, {42, 0}});
  REQUIRE(m.carried(41));
  CHECK(m.carried(41)->run == 1);
  CHECK(m.carried(0) == nullptr);
  for (std::uint64_t c = 100; c < 200; ++c) all.apply(pause_ended{"backup", at(3), "ann", "", c});
  CHECK(m.commands.size() == job_memory::commands_max);
  CHECK(m.carried(41) == nullptr);
  CHECK(m.carried(199));
}

TEST_CASE("job records: a number that comes again with another time is that of the run that was called", "[calendar]") {
  job_records all;
  all.apply(run_began{{"backup", 1, at(60), false}, at(60)});
  // The scheduler ended before it heard of it, and its next life began the time after that.
  all.apply(skipped_runs{"backup", at(119), 1, skip_reason::missed});
  all.apply(run_began{{"backup", 1, at(120), false}, at(121)});
  CHECK(all.find("backup")->memory.decided_to == at(120));
  all.apply(run_ended{"backup", 1, at(122), job_outcome::succeeded, ""});
  CHECK(all.find("backup")->memory.history == std::deque<past_run>{{{"backup", 1, at(120), false}, at(121), at(122), job_outcome::succeeded, ""}});
}
