// tomnext log grep: events whose line matches a pattern, or whose fields have given values.
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/event_lines.hpp"
#include "actors/app/event_selection.hpp"
#include "actors/app/field_values.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/pattern.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/json.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct grep_options {
  selection_options selected;
  std::string pattern;
  std::vector<std::string> fields;
  std::uint64_t limit = UINT64_MAX;
  bool reverse = false, ignore_case = false;
};

/// What must hold of an event. The pattern is tried last: it needs the whole line.
result<event_condition> condition_of(const grep_options& o) {
  if (o.pattern.empty() && o.fields.empty()) return error(errc::invalid_argument, "what to look for is missing: give a PATTERN, or --field NAME=VALUE");
  std::vector<field_value> fields;
  for (const auto& text : o.fields) {
    auto f = field_value::parse(text);
    if (!f) return f.error();
    fields.push_back(std::move(*f));
  }
  std::optional<pattern> line;
  if (!o.pattern.empty()) {
    auto p = pattern::compile(o.pattern, o.ignore_case ? letter_case::ignored : letter_case::exact);
    if (!p) return p.error();
    line = std::move(*p);
  }
  return event_condition([fields = std::move(fields), line = std::move(line)](const event& e) {
    for (const auto& f : fields)
      if (!f.held_by(e)) return false;
    return !line || line->found_in(persistence::to_line(e));
  });
}

result<exit_code> run(const grep_options& o, session& s) {
  auto condition = condition_of(o);
  if (!condition) return condition.error();
  auto log = persistence::open_log_for_reading(o.selected.directory());
  if (!log) return log.error();
  const interrupts asked;
  progress_line progress(s.err, "log grep", "events", (*log)->head().seq);
  const auto go_on = [&](std::uint64_t seq) {
    progress.show(o.reverse ? (*log)->head().seq - seq : seq);
    return !asked.requested();
  };
  auto wanted = o.selected.in(**log, go_on);
  if (!wanted) return wanted.error();
  const auto where_to = o.reverse ? persistence::direction::backward : persistence::direction::forward;
  auto scan = persistence::filtered_scan::open(**log, wanted->wanted, wanted->range, where_to, go_on);
  if (!scan) return scan.error();
  // What is found may go to the terminal that the progress is on.
  TOMNEXT_TRY(print_events(s, *scan, o.limit, [&](const event& e) {
    const bool found = (*condition)(e);
    if (found) progress.hide();
    return found;
  }));
  return exit_code::ok;
}

action add_log_grep(CLI::App& app) {
  auto o = std::make_shared<grep_options>();
  o->selected.add_filters(app);
  app.add_option("PATTERN", o->pattern, "regular expression, looked for anywhere in an event's line as `log cat` prints it without --json")->type_name("");
  app.add_option("--field", o->fields,
                 "only events whose payload has this field with exactly this value, written as either form of `log cat` writes it; may be given several times")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_flag("-i,--ignore-case", o->ignore_case, "the pattern's letters match in either case");
  o->selected.add_range(app);
  app.add_option("--limit", o->limit, "at most N events")->check(whole_number(1))->type_name("N");
  app.add_flag("--reverse", o->reverse, "the latest first");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command log_grep_command() {
  return {"grep", "prints the events whose line matches a pattern, or whose fields have given values",
          "tomnext log grep results/log rejected --field instrument=1 --reverse --limit 20", add_log_grep};
}

}  // namespace tomnext::app
