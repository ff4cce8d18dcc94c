#include "actors/app/job_actions.hpp"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "actors/app/node_tree.hpp"
#include "actors/journal/scrub_board.hpp"
#include "actors/runtime/ask_within.hpp"
#include "persistence/backup.hpp"
#include "persistence/scrubber.hpp"
#include "persistence/throttle.hpp"

namespace tomnext::app {
namespace {

using namespace actors;
using namespace std::chrono_literals;
using calendar::job_run;
using config::job_setting;
using answer_run = std::function<void(result<void>)>;

// A run's work is cancelled at the deadline at which the scheduler gives the run up.
call_ref call_of(const action_parts& p, const job_setting& s, const job_run& run) {
  return begin_call("job:" + s.when.name + ":" + std::to_string(run.number), p.system->clock().now() + std::chrono::nanoseconds(s.when.deadline_ns));
}

// ---- work apart ------------------------------------------------------------------------------------

/// Long work on a thread of the pool, where it is seen and can be cancelled (/api/v1/work).
job_action in_the_pool(const action_parts& p, const job_setting& s, std::function<result<void>(job_control&)> work) {
  return [p, s, work = std::move(work)](const job_run& run, answer_run done) {
    auto j = std::make_shared<job>();
    j->name = s.when.name + ", run " + std::to_string(run.number);
    j->owner = "calendar";
    j->priority = work_priority::background;
    j->weight = 10s;
    j->call = call_of(p, s, run);
    j->run = [work](job_control& control) -> result<job_result> {
      TOMNEXT_TRY(work(control));
      return job_result{};
    };
    spawn_errand(*p.system, [pool = p.directory->at<pool_protocol>(name_of::work), j, done = std::move(done)](plain_actor* self) {
      requests_in_flight one;
      ask_within(self, one, *j->call, pool, submit_v, job_ref(j))
          .then([done](const job_result_ref&) { done({}); }, [done](const actor_error& e) { done(from_caf(e)); });
    });
  };
}

job_action refused(const error& why) {
  return [why](const job_run&, const answer_run& done) { done(why); };
}
error in_memory(const job_setting& s) {
  return {errc::invalid_argument, std::string(s.when.action) + ": the log is in memory, and nothing of it lies on a disk"};
}

job_action log_backup(const action_parts& p, const job_setting& s) {
  if (p.log_directory.empty()) return refused(in_memory(s));
  return in_the_pool(p, s, [p, s](job_control& control) -> result<void> {
    const auto total = p.log->head().seq;
    const persistence::backup_options how{.now = p.clock.at(p.system->clock().now())};
    const auto go_on = [&](std::uint64_t seq) {
      control.progress(std::min(seq, total), total, "events");
      return !control.cancelled();
    };
    auto report = persistence::backup_log(p.log_directory, s.target, how, go_on);
    if (!report) return control.cancelled() ? control.why() : report.error();
    control.progress(report->head.seq, report->head.seq, "events");
    spdlog::info("job {}: {} holds the log up to event {}; {} events and {} bytes were new", s.when.name, s.target, report->head.seq,
                 report->head.seq - report->before, report->bytes_new);
    return {};
  });
}

/// Waits, and is woken where the work is cancelled meanwhile.
void pause(std::chrono::nanoseconds time, job_control& control) {
  if (time.count() == 0) return;
  std::mutex mutex;
  std::condition_variable woken;
  const auto reaction = control.token().on_cancel([&](const error&) noexcept {
    const std::scoped_lock lock(mutex);
    woken.notify_all();
  });
  std::unique_lock lock(mutex);
  (void)woken.wait_for(lock, time, [&] { return control.cancelled(); });
}

/// One pass over everything, begun now, whatever the scrubber of the node is at.
result<void> scrub_all(const action_parts& p, const job_setting& s, job_control& control) {
  persistence::scrub_options how;
  how.start = persistence::scrub_start::anew;
  // How far it is belongs to the scrubber that reads all the time: this pass is not gone on with.
  how.save_interval = std::chrono::hours(24 * 365);
  how.save_bytes = UINT64_MAX;
  auto scrubber = persistence::scrubber::open(p.log_directory, *p.log, how);
  if (!scrubber) return scrubber.error();
  const persistence::throttle pace(s.bytes_per_s);
  const auto total = p.log->head().seq;
  std::uint64_t damaged = 0;
  std::string first;
  for (;;) {
    if (control.cancelled()) return control.why();
    const auto events = scrubber->events_proven();
    control.progress(std::min(events, total), total, "events");
    auto step = scrubber->step(*p.log, pace.step_bytes());
    if (!step) return step.error();
    if (step->damage) {
      const auto text = persistence::sentence_of(*step->damage);
      if (++damaged == 1) first = text;
      if (!p.scrub || p.scrub->damaged(*step->damage)) spdlog::error("the log is damaged: {}", text);
    }
    if (step->pass_complete) break;
    pause(pace.pause(step->bytes, 0ns), control);
  }
  if (damaged == 0) return {};
  return error(errc::log_corrupt, std::to_string(damaged) + " damaged places in the log, the first: " + first);
}

job_action log_scrub(const action_parts& p, const job_setting& s) {
  if (p.log_directory.empty()) return refused(in_memory(s));
  return in_the_pool(p, s, [p, s](job_control& control) { return scrub_all(p, s, control); });
}

// ---- snapshots -------------------------------------------------------------------------------------

/// Tells the hosts, and hears from each that it was told; then from the journal that what they said is durable, and from the keeper that it was kept.
struct snapshot_round : std::enable_shared_from_this<snapshot_round> {
  action_parts parts;
  call_ref call;
  answer_run done;
  requests_in_flight flight{4'096};
  std::size_t missing = 0;
  std::string silent;  // who has not answered, and why

  snapshot_round(action_parts p, call_ref c, answer_run d) : parts(std::move(p)), call(std::move(c)), done(std::move(d)) {}

  void begin(plain_actor* self) {
    missing = parts.hosts.size() + 1;
    for (const auto& name : parts.hosts) {
      const auto host = parts.directory->at<host_protocol>(name);
      if (!host) {
        answered(self, name + " has not started yet");
        continue;
      }
      tell(self, host, tick_v);
      ask_within(self, flight, *call, host, query_v, call, std::string("status"), std::string())
          .then(
              [r = shared_from_this(), self, name](const std::string& json) {
                const auto seen = nlohmann::json::parse(json, nullptr, false);
                r->answered(self, seen.is_object() && seen.value("ready", false) ? "" : name + " is recovering");
              },
              [r = shared_from_this(), self, name](const actor_error& e) { r->answered(self, name + ": " + from_caf(e).message); });
    }
    answered(self, "");  // the one too many: a node without hosts has its round too
  }
  void answered(plain_actor* self, const std::string& what_is_wrong) {
    if (!what_is_wrong.empty()) silent += (silent.empty() ? "" : "; ") + what_is_wrong;
    if (--missing > 0) return;
    if (!silent.empty()) return done(error(errc::not_ready, "no snapshot of all hosts: " + silent));
    const auto fail = [r = shared_from_this()](const actor_error& e) { r->done(from_caf(e).within("waiting until the snapshots are kept")); };
    // Not settled_v, which comes only where the market pauses: whatever the journal has heard by now, the hosts' marks among it.
    ask_within(self, flight, *call, parts.directory->at<journal_protocol>(name_of::journal), await_v, std::uint64_t{0})
        .then(
            [r = shared_from_this(), self, fail](std::uint64_t, std::uint64_t) {
              ask_within(self, r->flight, *r->call, r->parts.directory->at<feed_protocol>(name_of::feed), settled_v, std::string(name_of::keeper))
                  .then([r](std::uint64_t) { r->done({}); }, fail);
            },
            fail);
  }
};

job_action snapshot_hosts(const action_parts& p, const job_setting& s) {
  return [p, s](const job_run& run, answer_run done) {
    auto round = std::make_shared<snapshot_round>(p, call_of(p, s, run), std::move(done));
    spawn_errand(*p.system, [round](plain_actor* self) { round->begin(self); });
  };
}

}  // namespace

const std::vector<job_action_entry>& job_actions() {
  static const std::vector<job_action_entry> all{{"snapshot_hosts", snapshot_hosts}, {"log_backup", log_backup}, {"log_scrub", log_scrub}};
  return all;
}

std::vector<job_definition> job_definitions(const std::vector<job_setting>& settings, const action_parts& parts) {
  std::vector<job_definition> all;
  for (const auto& s : settings) {
    auto act = refused({errc::configuration_value, "'" + s.when.action + "' is no action of this build"});
    for (const auto& a : job_actions())
      if (a.name == s.when.action) act = a.make(parts, s);
    all.push_back({s.when, std::move(act)});
  }
  return all;
}

}  // namespace tomnext::app
