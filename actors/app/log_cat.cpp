// tomnext log cat: events as lines.
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/event_types.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/log_reader.hpp"
#include "persistence/json.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct cat_options {
  std::string directory;
  std::uint64_t from = 1, to = 0;
  std::vector<std::string> types;
};

result<std::vector<bool>> wanted_types(const std::vector<std::string>& names) {
  std::vector<bool> wanted(event_numbers, names.empty());
  for (const auto& name : names) {
    auto number = event_type(name);
    if (!number) return number.error();
    wanted[*number] = true;
  }
  return wanted;
}

result<exit_code> run(const cat_options& o, session& s) {
  auto wanted = wanted_types(o.types);
  if (!wanted) return wanted.error();
  if (o.to != 0 && o.to < o.from) return error(errc::invalid_argument, "--to lies before --from");
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  auto reader = log_reader::open(**log, o.from);
  if (!reader) return reader.error();
  interrupts asked;
  for (;;) {
    auto e = reader->next();
    if (!e) return e.error();
    if (*e == nullptr || (o.to != 0 && (*e)->head.seq > o.to)) return exit_code::ok;
    if (asked.requested()) return error(errc::cancelled, "cancelled at event " + std::to_string((*e)->head.seq));
    const auto type = (*e)->head.type;
    // A type that this build does not know is shown all the same where no type was asked for.
    if (type < event_numbers ? !(*wanted)[type] : !o.types.empty()) continue;
    s.out << (s.json ? persistence::to_json(**e) : persistence::to_line(**e)) << '\n';
    if (!s.out) return error(errc::log_io, "the results could not be written to stdout");
  }
}

action add(CLI::App& app) {
  auto o = std::make_shared<cat_options>();
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  app.add_option("--from", o->from, "first SEQ to print")->check(CLI::Range(std::uint64_t{1}, UINT64_MAX))->type_name("SEQ");
  app.add_option("--to", o->to, "last SEQ to print")->check(CLI::Range(std::uint64_t{1}, UINT64_MAX))->type_name("SEQ");
  app.add_option("--type", o->types, "only events of this TYPE; may be given several times")->type_name("TYPE")->allow_extra_args(false);
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command log_cat_command() {
  return {"cat", "prints events, one a line", "tomnext log cat results/log --from 1 --to 500 --type order_filled --type position_changed --json", add};
}

}  // namespace tomnext::app
