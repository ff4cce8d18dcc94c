// tomnext log tail: the last events, and with --follow those that come.
#include <algorithm>
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/event_lines.hpp"
#include "actors/app/event_selection.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/output_wait.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/log_follower.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

using persistence::direction, persistence::filtered_scan;

struct tail_options {
  selection_options selected;
  std::uint64_t count = 10;
  bool follow = false;
};

/// The seq of the last event but count − 1 that is wanted; one behind the head where nothing is to be shown.
result<std::uint64_t> first_of_last(const persistence::event_log& log, const selection& wanted, std::uint64_t count, const persistence::scan_progress& go_on) {
  auto first = log.head().seq + 1;
  auto scan = filtered_scan::open(log, wanted.wanted, wanted.range, direction::backward, go_on);
  if (!scan) return scan.error();
  for (; count > 0; --count) {
    auto e = scan->next();
    if (!e) return e.error();
    if (*e == nullptr) break;
    first = (*e)->head.seq;
  }
  return first;
}

/// What is wanted from `first` to the end of the log as it is now.
result<void> print_from(session& s, const persistence::event_log& log, const selection& wanted, std::uint64_t first, const persistence::scan_progress& go_on) {
  auto scan = filtered_scan::open(log, wanted.wanted, {first, UINT64_MAX}, direction::forward, go_on);
  if (!scan) return scan.error();
  TOMNEXT_TRY(print_events(s, *scan));
  s.out.flush();
  if (!s.out) return error(errc::log_io, "the results could not be written to stdout");
  return {};
}

result<exit_code> follow(const tail_options& o, session& s, const selection& wanted, const persistence::log_head& shown, const interrupts& asked,
                         const persistence::scan_progress& go_on) {
  persistence::log_follower follower(o.selected.directory(), shown);
  while (wait_for_output(follower.pause(), asked) == wake::look) {
    auto log = follower.look();
    if (!log) return log.error();
    if (!*log) continue;
    TOMNEXT_TRY(print_from(s, **log, wanted, follower.seen().seq + 1, go_on));
    follower.saw((*log)->head());
  }
  return asked.requested() ? exit_code::cancelled : exit_code::ok;
}

result<exit_code> run(const tail_options& o, session& s) {
  auto log = persistence::open_log_for_reading(o.selected.directory());
  if (!log) return log.error();
  const interrupts asked;
  const auto go_on = [&](std::uint64_t) { return !asked.requested(); };
  auto wanted = o.selected.in(**log, go_on);
  if (!wanted) return wanted.error();
  auto first = first_of_last(**log, *wanted, o.count, go_on);
  if (!first) return first.error();
  TOMNEXT_TRY(print_from(s, **log, *wanted, *first, go_on));
  if (!o.follow) return exit_code::ok;
  const auto shown = (*log)->head();
  log->reset();
  auto ended = follow(o, s, *wanted, shown, asked, go_on);
  // Asked to end while it printed is asked to end: following has no other way to.
  if (!ended && ended.error().code == errc::cancelled) return exit_code::cancelled;
  return ended;
}

action add_log_tail(CLI::App& app) {
  auto o = std::make_shared<tail_options>();
  o->selected.add_filters(app);
  app.add_option("-n,--lines", o->count, "the last N events of those wanted; 10")->check(whole_number(0))->type_name("N");
  app.add_flag("--follow", o->follow,
               "then those that come, once they are on the disk, until SIGINT or SIGTERM (exit 130); a node may stop and start again meanwhile");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command log_tail_command() {
  return {"tail", "prints the last events, and with --follow new ones as they come", "tomnext log tail results/log -n 20 --type order_filled --follow",
          add_log_tail};
}

}  // namespace tomnext::app
