// tomnext log scrub: reads a log again from the newest down, a piece at a time, also beside its writer.
#include <fmt/format.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
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

error as_error(const persistence::scrub_damage& d) {
  auto message = d.what.message;
  if (d.event != 0 && message.find("event") == std::string::npos) message += " (in the group with event " + std::to_string(d.event) + ")";
  return {d.what.code, message + "; restore the log from a backup, or repair a copy of it"};
}

void print_pass(session& s, const persistence::scrub_progress& p, std::uint64_t events) {
  s.out << (s.json ? json_text({{"pass", p.passes}, {"events", events}, {"bytes", p.last_bytes}}) + "\n"
                   : fmt::format("pass {} complete: {} events, {} bytes read, no damage\n", p.passes, grouped(events), grouped(p.last_bytes)));
  s.out.flush();
}

class scrub_run {
 public:
  scrub_run(const scrub_arguments& a, session& s) : arguments_(a), session_(s), pace_(a.bytes_per_s), line_(s.err, "log scrub", "events") {}

  result<exit_code> run() {
    TOMNEXT_TRY(reopen());
    auto scrubber = persistence::scrubber::open(arguments_.directory, *log_);
    if (!scrubber) return scrubber.error();
    for (;;) {
      const auto began = clock::now();
      if (began - opened_ >= reopen_interval) TOMNEXT_TRY(reopen());
      const auto events = std::max(scrubber->events_proven(), events_);
      auto step = scrubber->step(*log_, pace_.step_bytes());
      if (!step) return step.error();
      if (step->damage) return stopped(*scrubber, as_error(*step->damage));
      if (!step->progress_unsaved.empty() && !std::exchange(warned_, true))
        session_.err << "tomnext: the progress could not be kept, so that the next scrub begins anew: " << step->progress_unsaved << '\n';
      events_ = step->pass_complete ? 0 : scrubber->events_proven();
      line_.show(events_);
      if (step->pass_complete) {
        print_pass(session_, scrubber->progress(), events);
        if (!session_.out) return error(errc::log_io, "the results could not be written to stdout");
        if (arguments_.once) return exit_code::ok;
        TOMNEXT_TRY(reopen());
      }
      if (!wait(pace_.pause(step->bytes, clock::now() - began), asked_) || asked_.requested())
        return stopped(*scrubber, {errc::cancelled, arguments_.directory + ": cancelled; the next scrub goes on here"});
    }
  }

 private:
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
  std::uint64_t events_ = 0;
  bool warned_ = false;
};

action add(CLI::App& app) {
  auto o = std::make_shared<scrub_arguments>();
  app.add_option("DIR", o->directory, "directory of a log; its writer may be at work")->type_name("")->required();
  app.add_option("--rate", o->bytes_per_s, "read at most so many BYTES a second; without it, as fast as the disk goes")
      ->check(CLI::Range(std::uint64_t{1}, UINT64_MAX))
      ->type_name("BYTES");
  app.add_flag("--once", o->once, "end after one pass; without it, passes follow each other until it is cancelled");
  return [o](session& s) { return scrub_run(*o, s).run(); };
}

}  // namespace

command log_scrub_command() {
  return {"scrub", "reads a log again for damage, newest first; goes on where it stopped", "tomnext log scrub data/log --rate 4000000 --once", add};
}

}  // namespace tomnext::app
