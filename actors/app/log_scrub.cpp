// tomnext log scrub: reads a log again from the newest down, a piece at a time, also beside its writer.
// raw clock in this file: a command at a terminal keeps its pace in real time.
#include <fmt/format.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/scrubber.hpp"
#include "persistence/throttle.hpp"

namespace tomnext::app {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// A reader sees a log as it was when it was opened: it is opened again now and then, so that new rows are read soon.
constexpr auto reopen_interval = 30s;
/// A waiting command asks so often whether it is cancelled.
constexpr auto cancel_interval = 50ms;

struct scrub_arguments {
  std::string directory;
  std::uint64_t bytes_per_s = 0;
  bool once = false;
};

/// False where the wait was cancelled.
bool wait(std::chrono::nanoseconds pause, const interrupts& asked) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  for (const auto until = clock::now() + pause; clock::now() < until && !asked.requested();)
    (void)never.wait_until(lock, std::min(until, clock::now() + cancel_interval));
  return !asked.requested();
}

/// What a pass did, for its last line. Part of it may be the work of an earlier run.
struct pass_told {
  std::uint64_t events = 0, earlier_bytes = 0;
  timestamp began;
};

void print_pass(session& s, const persistence::scrub_progress& p, const pass_told& pass) {
  if (s.json) {
    s.out << json_text({{"pass", p.passes}, {"events", pass.events}, {"bytes", p.last_bytes}, {"bytes_by_earlier_runs", pass.earlier_bytes}}) << '\n';
  } else {
    s.out << fmt::format("pass {} complete: {} events, {} bytes read, no damage\n", p.passes, grouped(pass.events), grouped(p.last_bytes));
    if (pass.earlier_bytes != 0)
      s.out << fmt::format("  {} of these bytes were read by earlier runs, since {}; `--once` reads all of them now\n", grouped(pass.earlier_bytes),
                           to_string(pass.began));
  }
  s.out.flush();
}

/// Each place is told when it is found; at the end of the pass the first of them are the error.
error as_error(const std::vector<std::string>& damage) {
  constexpr std::size_t told_max = 10;
  auto text = damage.front();
  for (std::size_t i = 1; i < std::min(damage.size(), told_max); ++i) text += "\n  and " + damage[i];
  if (damage.size() > told_max) text += "\n  and " + std::to_string(damage.size() - told_max) + " more, told above";
  return {errc::log_corrupt, text};
}

class scrub_run {
 public:
  scrub_run(const scrub_arguments& a, session& s) : arguments_(a), session_(s), pace_(a.bytes_per_s), line_(s.err, "log scrub", "events") {}

  result<exit_code> run() {
    TOMNEXT_TRY(reopen());
    persistence::scrub_options how;
    if (arguments_.once) how.start = persistence::scrub_start::anew;
    auto scrubber = persistence::scrubber::open(arguments_.directory, *log_, how);
    if (!scrubber) return scrubber.error();
    pass_.earlier_bytes = scrubber->progress().bytes;
    pass_.began = scrubber->progress().began;
    for (;;) {
      const auto began = clock::now();
      if (began - opened_ >= reopen_interval) TOMNEXT_TRY(reopen());
      pass_.events = std::max(pass_.events, scrubber->events_proven());
      auto step = scrubber->step(*log_, pace_.step_bytes());
      if (!step) return step.error();
      if (step->damage) note(*step->damage);
      // Of this pass, and not of the next, which has begun where this one is complete.
      if (!step->pass_complete) pass_.began = scrubber->progress().began;
      if (!step->progress_unsaved.empty() && !std::exchange(warned_, true))
        session_.err << "tomnext: the progress could not be kept, so that the next scrub begins anew: " << step->progress_unsaved << '\n';
      line_.show(step->pass_complete ? 0 : scrubber->events_proven());
      if (step->pass_complete) {
        if (!damage_.empty()) return as_error(damage_);
        print_pass(session_, scrubber->progress(), std::exchange(pass_, {}));
        if (!session_.out) return error(errc::log_io, "the results could not be written to stdout");
        if (arguments_.once) return exit_code::ok;
        TOMNEXT_TRY(reopen());
      }
      if (!wait(pace_.pause(step->bytes, clock::now() - began), asked_) || asked_.requested()) return stopped(*scrubber, cancelled());
    }
  }

 private:
  /// A run that has found damage has not merely been cancelled.
  [[nodiscard]] error cancelled() const {
    if (!damage_.empty()) return as_error(damage_);
    return {errc::cancelled, arguments_.directory + ": cancelled; a scrub without --once goes on here"};
  }

  void note(const persistence::scrub_damage& d) {
    damage_.push_back(persistence::sentence_of(d));
    session_.err << "tomnext: damage: " << damage_.back() << '\n';
    session_.err.flush();
  }

  result<void> reopen() {
    auto log = persistence::open_log_for_reading(arguments_.directory);
    if (!log) return log.error();
    log_ = std::move(*log);
    opened_ = clock::now();
    return {};
  }

  /// What was proven is kept, whatever ends the run; that it could not be is told, and does not hide why the run ends.
  result<exit_code> stopped(persistence::scrubber& s, error why) {
    auto saved = s.save();
    if (!saved) why.message += " (the progress could not be kept: " + saved.error().message + ")";
    return why;
  }

  const scrub_arguments& arguments_;
  session& session_;
  persistence::throttle pace_;
  progress_line line_;
  interrupts asked_;
  std::unique_ptr<persistence::event_log> log_;
  clock::time_point opened_;
  pass_told pass_;
  std::vector<std::string> damage_;
  bool warned_ = false;
};

action add_log_scrub(CLI::App& app) {
  auto o = std::make_shared<scrub_arguments>();
  app.add_option("DIR", o->directory, "directory of a log; its writer may be at work")->type_name("")->required();
  app.add_option("--rate", o->bytes_per_s, "read at most so many BYTES a second; without it, as fast as the disk goes")
      ->check(whole_number(1))
      ->type_name("BYTES");
  app.add_flag("--once", o->once,
               "one pass over everything, begun now; without it, goes on where an earlier run stopped, pass after pass, until it is cancelled");
  return [o](session& s) { return scrub_run(*o, s).run(); };
}

}  // namespace

command log_scrub_command() {
  return {"scrub", "reads a log again for damage, newest first, also beside its writer", "tomnext log scrub data/log --rate 4000000 --once", add_log_scrub};
}

}  // namespace tomnext::app
