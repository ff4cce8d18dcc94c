// tomnext replay: does this build, with this configuration, decide what the log says was decided?
#include <fmt/format.h>

#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/commands.hpp"
#include "actors/app/event_difference.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/recorded_deployment.hpp"
#include "actors/replay/decision_replay.hpp"
#include "actors/replay/why.hpp"
#include "persistence/checksum.hpp"
#include "persistence/json.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct replay_options {
  std::string directory;
  bool verify = false;
  config_options configuration;
};

// The causes of a difference: those of what the log holds, or, where it holds nothing, of the input that was decided on.
result<replay::cause_node> causes_of(const persistence::event_log& log, const replay::decision_difference& d) {
  const auto missing = !d.recorded && d.decided;
  return replay::why(log, missing ? d.decided->head.cause : d.seq);
}

std::string skipped_text(const std::vector<replay::skipped_stretch>& skipped) {
  std::string out;
  for (const auto& s : skipped)
    out += fmt::format("  not compared: {} from event {}, decided by version {} (this build has {})\n", s.host, s.from_seq, s.recorded_version, s.version);
  return out;
}

std::string report_text(const replay::decision_report& r) {
  return fmt::format("identical: {} decisions over {} events and {} inputs\n  pending     {}{}\n  state hash  {:016x}\n{}", grouped(r.compared),
                     grouped(r.events), grouped(r.inputs), r.pending, r.pending == 0 ? "" : " (decided here, not yet recorded when the log ended)",
                     r.state_hash, skipped_text(r.skipped));
}

std::string difference_report(const replay::decision_report& r, const replay::cause_node& causes) {
  const auto& d = *r.difference;
  return fmt::format("event {}: {} decides otherwise (the {} decisions before it are identical)\n{}\nwhat led there:\n{}{}", d.seq, d.host,
                     grouped(r.compared == 0 ? 0 : r.compared - 1), difference_text(d.recorded, "recorded", d.decided, "decided"), replay::to_tree(causes),
                     skipped_text(r.skipped));
}

nlohmann::ordered_json event_json(const std::optional<event>& e) {
  return e ? nlohmann::ordered_json::parse(persistence::to_json(*e)) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json difference_json(const replay::decision_difference& d, const replay::cause_node& causes) {
  auto fields = nlohmann::ordered_json::array();
  if (d.recorded && d.decided)
    for (const auto& f : differing_fields(*d.recorded, *d.decided)) fields.push_back({{"field", f.field}, {"recorded", f.left}, {"decided", f.right}});
  return {{"seq", d.seq},
          {"host", d.host},
          {"fields", fields},
          {"recorded", event_json(d.recorded)},
          {"decided", event_json(d.decided)},
          {"causes", nlohmann::ordered_json::parse(replay::to_json(causes))}};
}

nlohmann::ordered_json report_json(const replay::decision_report& r, const hash256& configuration) {
  nlohmann::ordered_json j{{"identical", r.identical()}, {"events", r.events},   {"inputs", r.inputs},
                           {"compared", r.compared},     {"pending", r.pending}, {"state_hash", fmt::format("{:016x}", r.state_hash)}};
  if (configuration != hash256{}) j["configuration"] = persistence::to_hex(configuration);
  j["skipped"] = nlohmann::ordered_json::array();
  for (const auto& s : r.skipped)
    j["skipped"].push_back({{"host", s.host}, {"from_seq", s.from_seq}, {"recorded_version", s.recorded_version}, {"version", s.version}});
  return j;
}

result<replay::decision_report> verify(const persistence::event_log& log, const recorded_deployment& by, session& s) {
  auto hosts = replay::compose_hosts(by.deployment, by.parts);
  if (!hosts) return hosts.error();
  interrupts asked;
  progress_line progress(s.err, "replay", "events", log.head().seq);
  return replay::replay_decisions(log, std::move(*hosts), [&](std::uint64_t seq) {
    progress.show(seq);
    return !asked.requested();
  });
}

result<exit_code> run(const replay_options& o, session& s) {
  if (!o.verify) return error(errc::invalid_argument, "what to do with the log? --verify runs every decision again and compares it with the recorded one");
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  auto by = deployment_of(**log, o.directory, o.configuration);
  if (!by) return by.error();
  auto report = verify(**log, *by, s);
  if (!report) return report.error();
  if (report->identical()) {
    s.out << (s.json ? json_text(report_json(*report, by->configuration)) + "\n" : report_text(*report));
    return exit_code::ok;
  }
  auto causes = causes_of(**log, *report->difference);
  if (!causes) return causes.error();
  auto j = report_json(*report, by->configuration);
  j["difference"] = difference_json(*report->difference, *causes);
  s.out << (s.json ? json_text(j) + "\n" : difference_report(*report, *causes));
  return exit_code::difference;
}

action add(CLI::App& app) {
  auto o = std::make_shared<replay_options>();
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  o->configuration.add(app, false);
  app.add_flag("--verify", o->verify, "compares every decision; the configuration is the one recorded in the log unless CONFIG is given");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command replay_command() {
  return {"replay", "runs the decisions of a recorded log again, and proves them identical or shows the first difference",
          "tomnext replay results/log --verify --set strategies.0.fast=11", add};
}

}  // namespace tomnext::app
