// tomnext log cat: events as lines, forwards or backwards, of those that a filter wants.
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/event_types.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/filter.hpp"
#include "persistence/json.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/time_search.hpp"

namespace tomnext::app {
namespace {

struct cat_options {
  std::string directory;
  std::uint64_t from = 1, to = UINT64_MAX;
  std::string from_time, until_time;
  std::vector<std::string> types;
  std::optional<std::uint32_t> host, instrument;
  std::optional<std::uint64_t> correlation;
  std::uint64_t limit = UINT64_MAX;
  bool reverse = false;
};

/// What is to be printed: seqs from `first` to `last`, of those what `filter` wants.
struct selection {
  std::uint64_t first, last;
  persistence::event_filter filter;
};

result<std::uint64_t> seq_at_text(const persistence::event_log& log, const std::string& text, const char* option) {
  auto t = parse_timestamp(text);
  if (!t) return error(errc::invalid_argument, std::string(option) + ": " + t.error().message);
  return persistence::seq_at(log, *t);
}

result<selection> select(const cat_options& o, const persistence::event_log& log) {
  selection s{o.from, std::min(o.to, log.head().seq), {}};
  if (o.to < o.from) return error(errc::invalid_argument, "--to lies before --from");
  for (const auto& name : o.types) {
    auto number = event_type(name);
    if (!number) return number.error();
    s.filter.types.set(*number);
  }
  if (o.host) s.filter.host = host_id{*o.host};
  s.filter.instrument = o.instrument;
  s.filter.correlation = o.correlation;
  // Nothing of a workflow is earlier than the event that began it, and a time is a place in the log: neither is scanned for.
  if (o.correlation) s.first = std::max(s.first, *o.correlation);
  if (!o.from_time.empty()) {
    auto seq = seq_at_text(log, o.from_time, "--from-time");
    if (!seq) return seq.error();
    s.first = std::max(s.first, *seq);
  }
  if (!o.until_time.empty()) {
    auto seq = seq_at_text(log, o.until_time, "--until-time");
    if (!seq) return seq.error();
    s.last = std::min(s.last, *seq - 1);
  }
  return s;
}

enum class going { on, ended };

class printer {
 public:
  printer(const cat_options& o, const selection& wanted, session& s) : o_(o), wanted_(wanted), s_(s) {}
  result<going> take(const event& e) {
    const auto seq = e.head.seq;
    if (o_.reverse ? seq < wanted_.first : seq > wanted_.last) return going::ended;
    if ((o_.reverse ? seq > wanted_.last : seq < wanted_.first) || !wanted_.filter.wants(e)) return going::on;
    s_.out << (s_.json ? persistence::to_json(e) : persistence::to_line(e)) << '\n';
    if (!s_.out) return error(errc::log_io, "the results could not be written to stdout");
    return ++printed_ == o_.limit ? going::ended : going::on;
  }

 private:
  const cat_options& o_;
  const selection& wanted_;
  session& s_;
  std::uint64_t printed_ = 0;
};

result<exit_code> run(const cat_options& o, session& s) {
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  auto wanted = select(o, **log);
  if (!wanted) return wanted.error();
  if (wanted->first > wanted->last) return exit_code::ok;
  auto scan = o.reverse ? (*log)->scan(wanted->last, persistence::direction::backward) : (*log)->scan(wanted->first);
  if (!scan) return scan.error();
  interrupts asked;
  printer out(o, *wanted, s);
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return exit_code::ok;
    if (asked.requested()) return error(errc::cancelled, "cancelled at event " + std::to_string((*g)->first_seq()));
    const auto& events = (*g)->events;
    for (std::size_t i = 0; i < events.size(); ++i) {
      auto next = out.take(events[o.reverse ? events.size() - 1 - i : i]);
      if (!next) return next.error();
      if (*next == going::ended) return exit_code::ok;
    }
  }
}

action add(CLI::App& app) {
  auto o = std::make_shared<cat_options>();
  const auto seqs = whole_number(1);
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  app.add_option("--from", o->from, "first SEQ to print")->check(seqs)->type_name("SEQ");
  app.add_option("--to", o->to, "last SEQ to print")->check(seqs)->type_name("SEQ");
  app.add_option("--from-time", o->from_time, "only events stamped at this TIME or later, such as 2012-02-03T10:00:00Z")->type_name("TIME");
  app.add_option("--until-time", o->until_time, "only events stamped before this TIME")->type_name("TIME");
  app.add_option("--type", o->types, "only events of this TYPE; may be given several times")->type_name("TYPE")->allow_extra_args(false);
  app.add_option("--host", o->host, "only the stream of this host, by its number (log stats lists them)")->check(whole_number(0, UINT32_MAX))->type_name("ID");
  app.add_option("--instrument", o->instrument, "only events about this instrument, by its number")->check(whole_number(0, UINT32_MAX))->type_name("ID");
  app.add_option("--correlation", o->correlation, "only the workflow that the event with this SEQ began")->check(seqs)->type_name("SEQ");
  app.add_option("--limit", o->limit, "at most N events")->check(seqs)->type_name("N");
  app.add_flag("--reverse", o->reverse, "the latest first");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command log_cat_command() {
  return {"cat", "prints events, one a line", "tomnext log cat results/log --from 1 --to 500 --type order_filled --type position_changed --json", add};
}

}  // namespace tomnext::app
