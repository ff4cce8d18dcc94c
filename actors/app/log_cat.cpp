// tomnext log cat: events as lines, forwards or backwards, of those that a filter wants.
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/event_lines.hpp"
#include "actors/app/event_selection.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct cat_options {
  selection_options selected;
  std::uint64_t limit = UINT64_MAX;
  bool reverse = false;
};

result<exit_code> run(const cat_options& o, session& s) {
  auto log = persistence::open_log_for_reading(o.selected.directory());
  if (!log) return log.error();
  const interrupts asked;
  const auto go_on = [&](std::uint64_t) { return !asked.requested(); };
  auto wanted = o.selected.in(**log, go_on);
  if (!wanted) return wanted.error();
  const auto where_to = o.reverse ? persistence::direction::backward : persistence::direction::forward;
  auto scan = persistence::filtered_scan::open(**log, wanted->wanted, wanted->range, where_to, go_on);
  if (!scan) return scan.error();
  TOMNEXT_TRY(print_events(s, *scan, o.limit));
  return exit_code::ok;
}

action add_log_cat(CLI::App& app) {
  auto o = std::make_shared<cat_options>();
  o->selected.add_filters(app);
  o->selected.add_range(app);
  app.add_option("--limit", o->limit, "at most N events")->check(whole_number(1))->type_name("N");
  app.add_flag("--reverse", o->reverse, "the latest first");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command log_cat_command() {
  return {"cat", "prints events, one a line", "tomnext log cat results/log --from 1 --to 500 --type order_filled --type position_changed --json", add_log_cat};
}

}  // namespace tomnext::app
