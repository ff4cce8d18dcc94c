#include "domain/calendar/job_book.hpp"

#include <rapidcheck.h>

#include <set>

#include "tests/domain/calendar/random_zone.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::calendar;

namespace {

schedule by(const std::string& text, const zone& where = zone::utc()) {
  auto c = cron::parse(text);
  if (!c) FAIL(c.error().message);
  return {*c, std::make_shared<const zone>(where)};
}

job_settings hourly(missed_policy missed = missed_policy::run_once, overlap_policy overlap = overlap_policy::skip) {
  job_settings s{"hourly", by("0 * * * *")};
  s.missed = missed;
  s.overlap = overlap;
  s.missed_runs_max = 3;
  return s;
}

/// A book with one job, and a clock: "12:00" is of 2024-05-01, "2 12:00" of the day behind it.
struct desk {
  job_book book;
  timestamp wall;
  std::int64_t monotonic_ns = 0;
  explicit desk(const job_settings& s, const std::string& now = "09:30") : name(s.name) {
    wall = at(now);
    add(s, {.decided_to = wall});
  }
  void add(const job_settings& s, job_memory m) {
    auto added = book.add(s, std::move(m), moment_now());
    if (!added) FAIL(added.error().message);
    left_behind = *added;
  }
  static timestamp at(const std::string& text) {
    const bool has_day = text.size() > 5;
    return *parse_timestamp("2024-05-0" + (has_day ? text.substr(0, 1) : "1") + "T" + (has_day ? text.substr(2) : text) + ":00Z");
  }
  [[nodiscard]] moment moment_now() const { return {wall, monotonic_ns}; }
  /// Time passes until then.
  desk& until(const std::string& text) {
    monotonic_ns += at(text) - wall;
    wall = at(text);
    return *this;
  }
  /// The clock is set.
  desk& set(const std::string& text) {
    wall = at(text);
    return *this;
  }
  /// What is due now: "12:00", by hand "12:00!".
  std::string due() {
    std::string all;
    for (const auto& r : book.due(moment_now())) all += (all.empty() ? "" : " ") + to_string(r.scheduled).substr(11, 5) + (r.by_hand ? "!" : "");
    return all;
  }
  /// Starts what is due, one run; its time.
  std::string start() {
    const auto runs = book.due(moment_now());
    if (runs.empty()) return "";
    run = runs.front();
    REQUIRE(book.started(run, moment_now()));
    return to_string(run.scheduled).substr(11, 5) + (run.by_hand ? "!" : "");
  }
  void end(job_outcome outcome = job_outcome::succeeded) { REQUIRE(book.ended(name, run.number, moment_now(), outcome, "")); }
  /// Starts and ends all that is due.
  std::string run_all() {
    std::string all;
    for (auto one = start(); !one.empty(); one = start()) {
      all += (all.empty() ? "" : " ") + one;
      end();
    }
    return all;
  }
  [[nodiscard]] const job_book::entry& job() const { return book.jobs().at(name); }
  [[nodiscard]] const job_counts& counts() const { return job().memory.counts; }

  std::string name;
  job_run run;
  std::optional<job_run> left_behind;
};

}  // namespace

TEST_CASE("jobs: a run is due at its time, until it has started, and once", "[calendar]") {
  desk d(hourly());
  CHECK(d.due().empty());
  CHECK(d.book.next().wall == desk::at("10:00"));
  CHECK(d.until("10:00").due() == "10:00");
  CHECK(d.due() == "10:00");
  CHECK(d.start() == "10:00");
  CHECK(d.due().empty());
  CHECK_FALSE(d.book.started(d.run, d.moment_now()));
  d.until("10:20").end();
  CHECK(d.due().empty());
  CHECK(d.until("11:00").run_all() == "11:00");
  const auto& m = d.job().memory;
  REQUIRE(m.history.size() == 2);
  CHECK(m.history[0].run == job_run{"hourly", 1, desk::at("10:00"), false});
  CHECK(m.history[0].started == desk::at("10:00"));
  CHECK(m.history[0].ended == desk::at("10:20"));
  CHECK(m.history[1].run.number == 2);
  CHECK(m.counts.succeeded == 2);
  CHECK(d.book.take_skipped().empty());
}

TEST_CASE("jobs: what was missed is left out, made up for once, or all of it up to a limit", "[calendar]") {
  // From 09:30 to 15:30 nobody looks: 10:00 to 15:00 were missed.
  desk skip(hourly(missed_policy::skip));
  CHECK(skip.until("15:30").run_all().empty());
  CHECK(skip.counts().missed == 6);
  CHECK(skip.until("16:00").run_all() == "16:00");
  desk once(hourly(missed_policy::run_once));
  CHECK(once.until("15:30").run_all() == "15:00");
  CHECK(once.counts().missed == 5);
  CHECK(once.book.take_skipped() == std::vector<skipped_runs>{{"hourly", desk::at("15:00") - 1, 5, skip_reason::missed}});
  CHECK(once.until("16:00").run_all() == "16:00");
  desk all(hourly(missed_policy::run_all));
  CHECK(all.until("15:30").run_all() == "13:00 14:00 15:00");
  CHECK(all.counts().missed == 3);
  CHECK(all.until("16:00").run_all() == "16:00");
}

TEST_CASE("jobs: a time that has just come is no missed one, and the run for it is the one that makes up for others", "[calendar]") {
  desk skip(hourly(missed_policy::skip));
  CHECK(skip.until("15:01").run_all() == "15:00");
  CHECK(skip.counts().missed == 5);
  desk once(hourly(missed_policy::run_once));
  CHECK(once.until("15:01").run_all() == "15:00");
  CHECK(once.counts().missed == 5);
  desk late(hourly(missed_policy::skip));
  CHECK(late.until("15:02").run_all().empty());  // beyond the grace of a minute
  desk all(hourly(missed_policy::run_all));
  CHECK(all.until("15:00").run_all() == "12:00 13:00 14:00 15:00");
  CHECK(all.counts().missed == 2);
}

TEST_CASE("jobs: a run that goes on when the next is due has it left out, or waiting", "[calendar]") {
  desk skip(hourly());
  CHECK(skip.until("10:00").start() == "10:00");
  CHECK(skip.until("11:00").due().empty());
  CHECK(skip.until("12:00").due().empty());
  skip.until("12:10").end();
  CHECK(skip.due().empty());
  CHECK(skip.counts().overlapped == 2);
  CHECK(skip.book.take_skipped() == std::vector<skipped_runs>{{"hourly", desk::at("12:00"), 2, skip_reason::overlapped}});
  CHECK(skip.until("13:00").run_all() == "13:00");

  desk queue(hourly(missed_policy::run_once, overlap_policy::queue_one));
  CHECK(queue.until("10:00").start() == "10:00");
  CHECK(queue.until("11:00").due().empty());
  CHECK(queue.until("12:00").due().empty());
  queue.until("12:10").end();
  CHECK(queue.run_all() == "11:00");
  CHECK(queue.counts().overlapped == 1);
  CHECK(queue.until("13:00").run_all() == "13:00");
}

TEST_CASE("jobs: a clock that is set back runs nothing twice", "[calendar]") {
  desk d(hourly());
  CHECK(d.until("10:00").run_all() == "10:00");
  CHECK(d.until("11:00").run_all() == "11:00");
  CHECK(d.set("09:15").due().empty());
  CHECK(d.until("10:00").due().empty());
  CHECK(d.until("11:30").due().empty());
  CHECK(d.until("12:00").run_all() == "12:00");
  CHECK(d.counts().missed == 0);
}

TEST_CASE("jobs: a clock that jumps forward makes runs missed, and coming back from there runs them no more", "[calendar]") {
  desk d(hourly());
  CHECK(d.set("20:30").run_all() == "20:00");
  CHECK(d.counts().missed == 10);
  CHECK(d.set("09:31").due().empty());
  CHECK(d.until("20:59").due().empty());
  CHECK(d.until("21:00").run_all() == "21:00");
}

TEST_CASE("jobs: a clock that was wrong by more than a week is not waited for", "[calendar]") {
  desk d(hourly());
  d.wall = d.wall + 300 * day_ns;
  CHECK(d.run_all().size() == 5);
  d.set("09:45");
  CHECK(d.due().empty());
  CHECK(d.until("10:00").run_all() == "10:00");
}

TEST_CASE("jobs: paused, a job runs by hand only, and what was due meanwhile is not made up for", "[calendar]") {
  for (const auto missed : {missed_policy::run_once, missed_policy::run_all}) {
    desk d(hourly(missed));
    CHECK(*d.book.pause("hourly", d.moment_now()));
    CHECK_FALSE(*d.book.pause("hourly", d.moment_now()));
    CHECK_FALSE(d.book.next().wall);
    CHECK(d.until("12:30").due().empty());
    CHECK(*d.book.run_now("hourly", d.moment_now()) == 1);
    CHECK(d.run_all() == "12:30!");
    CHECK(*d.book.resume("hourly", d.moment_now()));
    CHECK_FALSE(*d.book.resume("hourly", d.moment_now()));
    CHECK(d.due().empty());
    CHECK(d.counts().paused == 3);
    CHECK(d.book.take_skipped() == std::vector<skipped_runs>{{"hourly", desk::at("12:00"), 3, skip_reason::paused}});
    CHECK(d.until("13:00").run_all() == "13:00");
  }
}

TEST_CASE("jobs: what waits when its job is paused is left out, and what runs goes on", "[calendar]") {
  desk d(hourly(missed_policy::run_once, overlap_policy::queue_one));
  d.until("10:00").start();
  CHECK(d.until("11:00").due().empty());
  CHECK(*d.book.pause("hourly", d.moment_now()));
  d.until("11:10").end();
  CHECK(d.due().empty());
  CHECK(d.counts().paused == 1);
  CHECK(d.counts().succeeded == 1);
}

TEST_CASE("jobs: a run by hand comes at once, beside the schedule, and not while another goes on", "[calendar]") {
  desk d(hourly());
  CHECK(*d.book.run_now("hourly", d.moment_now()) == 1);
  CHECK_THAT(d.book.run_now("hourly", d.moment_now()).error().message, has_part("job 'hourly' is about to run"));
  CHECK(d.start() == "09:30!");
  const auto refused = d.book.run_now("hourly", d.moment_now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::illegal_transition);
  CHECK_THAT(refused.error().message, has_part("runs since 2024-05-01T09:30"));
  d.end();
  CHECK(d.until("10:00").run_all() == "10:00");

  desk q(hourly(missed_policy::run_once, overlap_policy::queue_one));
  q.until("10:00").start();
  CHECK(*q.book.run_now("hourly", q.moment_now()) == 2);
  CHECK_THAT(q.book.run_now("hourly", q.moment_now()).error().message, has_part("a run by hand waits already"));
  q.end();
  CHECK(q.run_all() == "10:00!");
  CHECK_THAT(q.book.run_now("daily", q.moment_now()).error().message, has_part("there is no job 'daily'; there are hourly"));
}

TEST_CASE("jobs: a deadline is kept by the clock that only goes on, and what comes after it comes too late", "[calendar]") {
  desk d(hourly());
  d.until("10:00").start();
  d.set("14:00");  // no time has passed
  CHECK(d.book.overdue(d.moment_now()).empty());
  d.set("10:00").until("10:10");
  CHECK(d.book.overdue(d.moment_now()).empty());
  d.monotonic_ns += 1;
  CHECK(d.book.next().monotonic_ns == d.monotonic_ns);
  REQUIRE(d.book.overdue(d.moment_now()) == std::vector<job_run>{d.run});
  d.end(job_outcome::timed_out);
  CHECK(d.book.overdue(d.moment_now()).empty());
  CHECK_FALSE(d.book.ended("hourly", d.run.number, d.moment_now(), job_outcome::succeeded, ""));
  CHECK(d.counts().timed_out == 1);
  CHECK(d.counts().succeeded == 0);
}

TEST_CASE("jobs: a new life goes on from what was recorded, and knows what it has missed", "[calendar]") {
  desk d(hourly(missed_policy::run_all, overlap_policy::queue_one));
  d.until("10:00").run_all();
  d.until("11:00").start();
  CHECK(d.until("12:00").due().empty());  // it waits for the run of 11:00
  const auto recorded = d.job().memory;
  CHECK(recorded.decided_to == desk::at("11:00"));
  desk next(hourly(missed_policy::run_all, overlap_policy::queue_one), "13:30");
  REQUIRE(next.book.remove("hourly"));
  next.add(hourly(missed_policy::run_all), recorded);
  REQUIRE(next.left_behind);
  CHECK(next.left_behind->scheduled == desk::at("11:00"));
  CHECK(next.counts().lost == 1);
  CHECK(next.job().memory.history.back().outcome == job_outcome::lost);
  CHECK(next.run_all() == "12:00 13:00");
  CHECK(next.run.number == 4);
  CHECK(next.until("14:00").run_all() == "14:00");
}

TEST_CASE("jobs: settings out of range, doubled and unknown names are refused", "[calendar]") {
  desk d(hourly());
  auto s = hourly();
  CHECK_THAT(d.book.add(s, {}, d.moment_now()).error().message, has_part("there is a job 'hourly' already"));
  s.name = "";
  CHECK_THAT(d.book.add(s, {}, d.moment_now()).error().message, has_part("1 to 63 bytes"));
  s = hourly();
  s.missed_runs_max = 0;
  CHECK_THAT(d.book.add(s, {}, d.moment_now()).error().message, has_part("allowed are 1 to 1000"));
  s = hourly();
  s.deadline_ns = 0;
  CHECK_THAT(d.book.add(s, {}, d.moment_now()).error().message, has_part("a deadline of 0 s; allowed are 1 to 604800"));
  s = hourly();
  s.grace_ns = 2 * day_ns;
  CHECK_THAT(d.book.add(s, {}, d.moment_now()).error().message, has_part("a grace of 172800 s; allowed are 1 to 86400"));
  CHECK(d.book.remove("hourly"));
  CHECK_FALSE(d.book.remove("hourly"));
  CHECK_THAT(d.book.pause("hourly", d.moment_now()).error().message, has_part("there are none"));
  CHECK_FALSE(d.book.ended("hourly", 1, d.moment_now(), job_outcome::failed, ""));
  for (std::size_t i = 0; i < job_book::jobs_max; ++i) {
    s = hourly();
    s.name = std::to_string(i);
    CHECK(d.book.add(s, {}, d.moment_now()));
  }
  s.name = "one more";
  CHECK_THAT(d.book.add(s, {}, d.moment_now()).error().message, has_part("there are 256 already"));
}

TEST_CASE("jobs: years of missed seconds are counted as many, and the last ones known", "[calendar]") {
  const auto each_second = by("* * * * * *");
  const timestamp from = desk::at("09:30"), to = from + 800 * day_ns;
  const auto d = due_between(each_second, from, to, 3);
  CHECK(d.count == 100'000);
  CHECK(d.last == std::deque<timestamp>{to - 2 * second_ns, to - second_ns, to});
  CHECK(due_between(each_second, from, from + 10 * second_ns, 3).count == 10);
  CHECK(due_between(each_second, from, from, 3).count == 0);
}

// Random lives of a few jobs: time passes, clocks are set by hours, nodes go down, operators pause and start, runs take their time. Every scheduled time is
// accounted for once: it had a run, waits for one, or was left out for a reason that is told.
TEST_CASE("jobs: no scheduled time has two runs, none is forgotten, and one job runs once at a time", "[calendar]") {
  CHECK(rc::check([] {
    const auto where = *random_zone();
    std::vector<job_settings> all;
    const int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
      job_settings s{"job" + std::to_string(i),
                     by(*rc::gen::element<std::string>("*/7 * * * *", "0 * * * *", "30 1,2 * * *", "15 */3 * * *", "0 17 * * *"), where)};
      s.missed = *rc::gen::element(missed_policy::skip, missed_policy::run_once, missed_policy::run_all);
      s.overlap = *rc::gen::element(overlap_policy::skip, overlap_policy::queue_one);
      s.missed_runs_max = *rc::gen::inRange<std::uint32_t>(1, 5);
      all.push_back(std::move(s));
    }
    timestamp wall = start_of(date_of({2024, 2, 25})) + *rc::gen::inRange<std::int64_t>(0, 10'000) * second_ns;
    const timestamp begin = wall;
    std::int64_t monotonic_ns = 0;
    const auto now = [&] { return moment{wall, monotonic_ns}; };
    auto book = std::make_unique<job_book>();
    for (const auto& s : all) RC_ASSERT(book->add(s, {.decided_to = wall}, now()).has_value());
    std::map<std::string, std::set<timestamp>> scheduled_runs;
    std::map<std::string, std::uint64_t> skipped, last_number;
    std::map<std::string, job_run> running;
    bool went_down = false;
    const auto take_skipped = [&] {
      for (const auto& k : book->take_skipped()) skipped[k.job] += k.count;
    };

    for (int step = 0; step < 120; ++step) {
      const auto& name = all[static_cast<std::size_t>(*rc::gen::inRange(0, count))].name;
      switch (*rc::gen::weightedElement<int>({{8, 0}, {10, 1}, {6, 2}, {1, 3}, {2, 4}, {2, 5}, {2, 6}, {1, 7}})) {
        case 0: {  // time passes
          const auto some_ns = *rc::gen::inRange<std::int64_t>(0, 4 * 3600) * second_ns;
          wall = wall + some_ns;
          monotonic_ns += some_ns;
          break;
        }
        case 1:  // what is due starts, all of it or its first
          for (const auto& r : book->due(now())) {
            RC_ASSERT(running.count(r.job) == 0);
            RC_ASSERT(book->started(r, now()));
            RC_ASSERT(!book->started(r, now()));
            RC_ASSERT(r.number > last_number[r.job]);
            last_number[r.job] = r.number;
            running[r.job] = r;
            if (!r.by_hand) {
              RC_ASSERT(scheduled_runs[r.job].insert(r.scheduled).second);
              RC_ASSERT(r.scheduled == *scheduled_runs[r.job].rbegin());  // in order
              RC_ASSERT(book->jobs().at(r.job).settings.when.next_after(r.scheduled - 1) == r.scheduled);
            }
            if (*rc::gen::element(true, false)) break;
          }
          break;
        case 2:  // a run ends
          if (const auto r = running.find(name); r != running.end()) {
            RC_ASSERT(book->ended(name, r->second.number, now(), *rc::gen::element(job_outcome::succeeded, job_outcome::failed, job_outcome::timed_out), ""));
            RC_ASSERT(!book->ended(name, r->second.number, now(), job_outcome::succeeded, ""));
            running.erase(r);
          }
          break;
        case 3: wall = wall + *rc::gen::inRange<std::int64_t>(-30 * 3600, 30 * 3600) * second_ns; break;  // the clock is set
        case 4: RC_ASSERT(book->pause(name, now()).has_value()); break;
        case 5: RC_ASSERT(book->resume(name, now()).has_value()); break;
        case 6: (void)book->run_now(name, now()); break;
        default: {  // the node goes down, and comes back after a while with what was recorded
          take_skipped();
          std::map<std::string, job_memory> recorded;
          for (const auto& [n, j] : book->jobs()) recorded[n] = j.memory;
          wall = wall + *rc::gen::inRange<std::int64_t>(0, 20 * 3600) * second_ns;
          book = std::make_unique<job_book>();
          went_down = true;
          for (const auto& s : all) {
            const auto left_behind = book->add(s, recorded[s.name], now());
            RC_ASSERT(left_behind.has_value());
            RC_ASSERT(left_behind->has_value() == (running.count(s.name) != 0));
          }
          running.clear();
        }
      }
      take_skipped();
      for (const auto& [n, j] : book->jobs()) {
        RC_ASSERT(j.memory.running.has_value() == (running.count(n) != 0));
        RC_ASSERT(j.memory.history.size() <= job_memory::history_max);
        RC_ASSERT(j.waiting.size() <= j.settings.missed_runs_max + 3);
        RC_ASSERT(j.memory.decided_to <= j.decided_to);
        for (std::size_t i = 1; i < j.waiting.size(); ++i) RC_ASSERT(j.waiting[i - 1].number < j.waiting[i].number);
        // What waited or was not told yet when a node went down is looked at anew by the next, so then there may be more of them, and never fewer.
        const auto wait = static_cast<std::uint64_t>(std::count_if(j.waiting.begin(), j.waiting.end(), [](const job_run& r) { return !r.by_hand; }));
        const auto accounted = scheduled_runs[n].size() + skipped[n] + wait + j.overlapped;
        const auto expected = due_between(j.settings.when, begin, j.decided_to, 1).count;
        if (went_down ? accounted < expected : accounted != expected)
          RC_FAIL(n + ": " + std::to_string(accounted) + " of " + std::to_string(expected) + " scheduled times accounted for");
      }
    }
  }));
}
