// tomnext state: account, positions, open orders and features, or the state of a host, or of all, as of any moment of a log.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/commands.hpp"
#include "actors/app/event_selection.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/recorded_deployment.hpp"
#include "actors/app/state_summary.hpp"
#include "actors/replay/as_of.hpp"
#include "domain/base/hash.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/time_search.hpp"

namespace tomnext::app {
namespace {

struct state_options {
  std::string directory, host, at, question = "status", argument;
  bool from_first = false, all = false, summary = false;
  /// What there is to look at on one page; the states of all hosts, or of one, where more is asked for.
  [[nodiscard]] bool summarises() const { return summary || (host.empty() && !all && question == "status"); }
};

/// A seq, or a time: then the last event that is not later.
result<std::uint64_t> moment_of(const persistence::event_log& log, const std::string& text) {
  const auto head = log.head().seq;
  if (text.empty()) return head;
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::uint64_t seq = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (wrong != std::errc() || end != text.data() + text.size() || seq == 0 || seq > head)
      return error(errc::invalid_argument, fmt::format("--at {}: the log has the events 1 to {}", text, head));
    return seq;
  }
  auto t = parse_timestamp(text);
  if (!t) return t.error().within("--at takes the seq of an event, or a time");
  auto next = persistence::seq_at(log, *t + 1);
  if (!next) return next.error();
  if (*next <= 1) return error(errc::invalid_argument, fmt::format("--at {}: the log begins later", text));
  return *next - 1;
}

std::string names_of(const std::vector<replay::composed_host>& hosts) {
  std::string names;
  for (const auto& h : hosts) names += (names.empty() ? "" : ", ") + h.definition.name;
  return names;
}

nlohmann::ordered_json state_json(const replay::host_as_of& s, const state_options& o) {
  nlohmann::ordered_json j{{"host", s.host.definition.name},
                           {"as_of_seq", s.seq},
                           {"at", to_string(s.at)},
                           {"state_hash", fmt::format("{:016x}", s.host.service->state_hash())},
                           {"inputs", s.inputs},
                           {"folded_from", s.from}};
  auto seen = s.host.view(*s.host.service, o.question, o.argument);
  if (seen) j["view"] = nlohmann::ordered_json::parse(*seen, nullptr, false);
  else j["error"] = seen.error().message;
  return j;
}

result<exit_code> run(const state_options& o, session& s) {
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  auto seq = moment_of(**log, o.at);
  if (!seq) return seq.error();
  auto by = deployment_of(**log, o.directory, {}, *seq);
  if (!by) return by.error();
  auto hosts = replay::compose_hosts(by->deployment, by->parts);
  if (!hosts) return hosts.error();
  if (!o.host.empty()) {
    const auto all = names_of(*hosts);
    std::erase_if(*hosts, [&](const auto& h) { return h.definition.name != o.host; });
    if (hosts->empty()) return error(errc::invalid_argument, "there is no host '" + o.host + "'; there are " + all);
  }
  const persistence::snapshot_store snapshots(o.directory);
  interrupts asked;
  progress_line progress(s.err, "state", "events", *seq);
  replay::as_of_options how;
  how.seq = *seq;
  if (!o.from_first) how.snapshots = &snapshots;
  how.configuration_hash = hash64(by->deployment.source_text);
  how.on_progress = [&](std::uint64_t at) {
    progress.show(at);
    return !asked.requested();
  };
  auto states = replay::states_as_of(**log, std::move(*hosts), how);
  if (!states) return states.error();
  progress.hide();
  if (o.summarises()) {
    const auto summary = state_summary(*states, by->deployment);
    s.out << (s.json ? json_text(summary) + "\n" : summary_text(summary));
    return exit_code::ok;
  }
  auto all = nlohmann::ordered_json::array();
  for (const auto& x : *states) all.push_back(state_json(x, o));
  const auto shown = o.host.empty() ? all : all.at(0);
  if (!o.host.empty() && shown.contains("error")) return error(errc::bad_request, o.host + ": " + shown["error"].get<std::string>());
  s.out << (s.json ? json_text(shown) : shown.dump(2)) << "\n";
  return exit_code::ok;
}

action add_state(CLI::App& app) {
  auto o = std::make_shared<state_options>();
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  auto* host = app.add_option("HOST", o->host, "name of a host, as in 'tomnext actors'; without it a summary of account, positions, open orders and features")
                   ->type_name("");
  app.add_option("--at", o->at, "seq of an event, or a time such as 2012-02-03T10:00:00Z: the last event up to it (default: the end)")->type_name("SEQ|TIME");
  app.add_option("--question", o->question, "what to show of it: any question that the host answers over HTTP (default status)")->type_name("WORD");
  app.add_option("--argument", o->argument, "of the question")->type_name("TEXT");
  app.add_flag("--summary", o->summary, "balance, equity, positions, open orders, and the newest features of each instrument (the default without HOST)")
      ->excludes(host);
  app.add_flag("--all", o->all, "the states of all hosts instead, each with its hash")->excludes(host);
  app.add_flag("--from-first", o->from_first, "folds from the first event, whatever snapshots there are");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command state_command() {
  return {"state", "account, positions, orders and features, or the state of a host, as of any moment of a log, by folding what is recorded",
          "tomnext state results/log --at 2012-02-03T10:00:00Z", add_state};
}

}  // namespace tomnext::app
