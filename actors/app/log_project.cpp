// tomnext log project: what is folded from a log to be looked up. This file: which there are, where they stand, and questions to them.
#include "actors/app/log_project.hpp"

#include <fmt/format.h>

#include <memory>

#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/checksum.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

using persistence::projection_list;
using persistence::projection_state;
using persistence::projection_status;

struct project_options {
  std::string directory, name, key;
  std::vector<std::string> names;
  std::uint64_t from = 1, limit = 0;
};

nlohmann::ordered_json as_json(const projection_status& p) {
  nlohmann::ordered_json j{{"name", p.name}, {"state", word_of(p.state)}, {"version", p.version}, {"offset", p.mark.offset}, {"head", p.head}, {"lag", p.lag}};
  if (p.state != projection_state::never_run) {
    j["witness"] = {{"seq", p.mark.witness.seq}, {"epoch", p.mark.witness.epoch}, {"hash", persistence::to_hex(p.mark.witness.chain_hash)}};
    j["rows_version"] = p.mark.version;
  }
  if (p.mark.attempts != 0) j["attempts"] = p.mark.attempts;
  if (p.mark.halt == persistence::projection_halt::poisoned) j["parked_before"] = p.mark.offset + 1;
  if (!p.mark.reason.empty()) j["reason"] = p.mark.reason;
  j["skipped"] = nlohmann::ordered_json::array();
  for (const auto& e : p.mark.skipped) j["skipped"].push_back({{"seq", e.seq}, {"reason", e.reason}});
  return j;
}

action add_list(CLI::App&) {
  return [](session& s) -> result<exit_code> {
    for (const auto& p : persistence::projections()) {
      if (s.json) s.out << json_text({{"name", p->name()}, {"version", p->version()}, {"description", p->description()}, {"keys", p->keys()}}) << '\n';
      else s.out << fmt::format("{:<16} {}\n{:<16} get takes: {}\n", p->name(), p->description(), "", p->keys());
    }
    return exit_code::ok;
  };
}

action add_status(CLI::App& app) {
  auto o = std::make_shared<project_options>();
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  app.add_option("--name", o->names, "only this projection; may be given several times")->type_name("NAME")->allow_extra_args(false);
  return [o](session& s) -> result<exit_code> {
    auto chosen = projections_named(o->names);
    if (!chosen) return chosen.error();
    auto log = persistence::open_log_for_reading(o->directory);
    if (!log) return log.error();
    auto store = persistence::open_projections_for_reading(o->directory);
    if (!store) return store.error();
    std::vector<projection_status> all;
    for (const auto& p : *chosen) {
      auto one = persistence::status_of(*p, store->get(), **log);
      if (!one) return one.error();
      all.push_back(std::move(*one));
    }
    print_statuses(s, all);
    return exit_code::ok;
  };
}

/// {"seq":7,"type":"order_filled"} for people: seq=7 type=order_filled
std::string as_line(const std::string& json) {
  std::string line;
  const auto j = nlohmann::ordered_json::parse(json, nullptr, false);
  for (const auto& [name, value] : j.items())
    line += fmt::format("{}{}={}", line.empty() ? "" : " ", name, value.is_string() ? value.get<std::string>() : value.dump());
  return line;
}

result<exit_code> get(const project_options& o, session& s) {
  auto p = projection_named(o.name);
  if (!p) return p.error();
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  auto store = persistence::open_projections_for_reading(o.directory);
  if (!store) return store.error();
  auto status = persistence::status_of(**p, store->get(), **log);
  if (!status) return status.error();
  if (status->state == projection_state::never_run || status->state == projection_state::other_version || status->state == projection_state::other_history)
    return error(errc::not_ready, fmt::format("{}: the projection {} has to be folded from this log first: tomnext log project run {} --name {}", o.directory,
                                              o.name, o.directory, o.name));
  auto rows = (*store)->reader(o.name);
  if (!rows) return rows.error();
  interrupts asked;
  std::uint64_t told = 0;
  TOMNEXT_TRY((*p)->answer({o.key, o.from}, **rows, [&](const std::string& json) {
    s.out << (s.json ? json : as_line(json)) << '\n';
    ++told;
    return s.out.good() && !asked.requested() && (o.limit == 0 || told < o.limit);
  }));
  if (asked.requested()) return error(errc::cancelled, fmt::format("cancelled after {} answers", told));
  if (!s.out) return error(errc::log_io, "the results could not be written to stdout");
  // An answer from yesterday must not pass for one from today.
  if (status->lag != 0)
    s.err << fmt::format("tomnext: {} is {}: it answers for events 1 to {}, and the log has {}\n", o.name, word_of(status->state), status->mark.offset,
                         status->head);
  return exit_code::ok;
}

action add_get(CLI::App& app) {
  auto o = std::make_shared<project_options>();
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  app.add_option("NAME", o->name, "the projection (see `list`)")->type_name("")->required();
  app.add_option("KEY", o->key, "what to look up (see `list`); without it, everything")->type_name("");
  app.add_option("--from", o->from, "nothing about events before SEQ")->check(whole_number(1))->type_name("SEQ");
  app.add_option("--limit", o->limit, "at most N answers; 0: all")->check(whole_number(0))->type_name("N");
  return [o](session& s) { return get(*o, s); };
}

}  // namespace

result<std::shared_ptr<const persistence::projection>> projection_named(const std::string& name) {
  std::string all;
  for (const auto& p : persistence::projections()) {
    if (p->name() == name) return p;
    all += (all.empty() ? "" : ", ") + std::string(p->name());
  }
  return error(errc::invalid_argument, "no projection '" + name + "'; there are: " + all);
}

result<projection_list> projections_named(const std::vector<std::string>& names) {
  if (names.empty()) return persistence::projections();
  projection_list chosen;
  for (const auto& name : names) {
    auto p = projection_named(name);
    if (!p) return p.error();
    if (std::find(chosen.begin(), chosen.end(), *p) == chosen.end()) chosen.push_back(*p);
  }
  return chosen;
}

void print_statuses(session& s, const std::vector<projection_status>& all) {
  if (s.json) {
    auto j = nlohmann::ordered_json::array();
    for (const auto& p : all) j.push_back(as_json(p));
    s.out << json_text({{"projections", j}}) << '\n';
    return;
  }
  s.out << "projection        state              offset           lag  skipped\n";
  for (const auto& p : all) {
    s.out << fmt::format("{:<16}  {:<13}  {:>10}  {:>12}  {:>7}\n", p.name, word_of(p.state), grouped(p.mark.offset), grouped(p.lag), p.mark.skipped.size());
    if (p.state == projection_state::poisoned)
      s.out << fmt::format("  parked before event {} after {} attempts: {}\n", p.mark.offset + 1, p.mark.attempts, p.mark.reason);
    else if (!p.mark.reason.empty()) s.out << fmt::format("  {}\n", p.mark.reason);
    for (const auto& e : p.mark.skipped) s.out << fmt::format("  skipped event {}: {}\n", e.seq, e.reason);
  }
}

command log_project_command() {
  return {"project",
          "folds a log into tables that can be looked up: list, run, status, get, park, resume, skip, reset, rebuild",
          "tomnext log project run results/log",
          nullptr,
          {{"list", "which projections there are, and the keys that they take", "tomnext log project list", add_list},
           project_run_command(),
           {"status", "how far each is behind the log, and why it does not go on", "tomnext log project status results/log --json", add_status},
           {"get", "looks up a key in a projection", "tomnext log project get results/log event_index order_filled --from 1000 --limit 10", add_get},
           project_park_command(),
           project_resume_command(),
           project_skip_command(),
           project_reset_command(),
           project_rebuild_command()}};
}

}  // namespace tomnext::app
