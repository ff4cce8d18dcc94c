// tomnext why: what an event rests on, down to the ticks.
#include <fmt/format.h>

#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/event_types.hpp"
#include "actors/replay/why.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct why_options {
  std::string directory;
  std::uint64_t seq = 0;
  std::string last;
};

result<std::uint64_t> wanted_seq(const why_options& o, const persistence::event_log& log) {
  if (o.last.empty()) return o.seq;
  auto type = event_type(o.last);
  if (!type) return type.error();
  auto newest = replay::last_of(log, *type);
  if (!newest) return newest.error();
  return newest->head.seq;
}

result<exit_code> run(const why_options& o, session& s) {
  if (o.seq == 0 && o.last.empty()) return error(errc::invalid_argument, "which event? write its seq (from 1), or --last TYPE such as --last order_filled");
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  auto seq = wanted_seq(o, **log);
  if (!seq) return seq.error();
  auto tree = replay::why(**log, *seq);
  if (!tree) return tree.error();
  s.out << (s.json ? replay::to_json(*tree) + "\n" : replay::to_tree(*tree));
  return exit_code::ok;
}

action add_why(CLI::App& app) {
  auto o = std::make_shared<why_options>();
  app.add_option("DIR", o->directory, "directory of a log")->required();
  auto* seq = app.add_option("SEQ", o->seq, "the event's place in the log");
  app.add_option("--last", o->last, "the newest event of this TYPE, such as order_filled")->excludes(seq);
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command why_command() {
  return {"why", "the chain of causes of an event, down to the ticks, as a tree", "tomnext why results/log --last order_filled", add_why};
}

}  // namespace tomnext::app
