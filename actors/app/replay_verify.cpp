// tomnext replay --verify: does this build, with this configuration, decide what the log says was decided?
#include "actors/app/replay_verify.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/app/command_log.hpp"
#include "actors/app/event_difference.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/recorded_deployment.hpp"
#include "actors/replay/decision_replay.hpp"
#include "actors/replay/log_deployment.hpp"
#include "actors/replay/why.hpp"
#include "persistence/checksum.hpp"
#include "persistence/json.hpp"

namespace tomnext::app {
namespace {

// The causes of a difference: those of what the log holds, or, where it holds nothing, of the input that was decided on.
result<replay::cause_node> causes_of(const persistence::event_log& log, const replay::decision_difference& d) {
  const auto missing = !d.recorded && d.decided;
  return replay::why(log, missing ? d.decided->head.cause : d.seq);
}

std::string skipped_text(const std::vector<replay::skipped_stretch>& skipped) {
  std::string out;
  for (const auto& s : skipped)
    out += s.other_configuration ? fmt::format("  not compared: {} from event {}, decided under another configuration\n", s.host, s.from_seq)
                                 : fmt::format("  not compared: {} from event {}, decided by version {} (this build has {})\n", s.host, s.from_seq,
                                               s.recorded_version, s.version);
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
    j["skipped"].push_back({{"host", s.host},
                            {"from_seq", s.from_seq},
                            {"recorded_version", s.recorded_version},
                            {"version", s.version},
                            {"other_configuration", s.other_configuration}});
  return j;
}

struct verified {
  replay::decision_report report;
  hash256 configuration;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> stretches;  // first and last seq of each, where there is more than one configuration
};

/// One stretch, under the configuration that was in force in it.
result<verified> verify_stretch(const persistence::event_log& log, const std::string& directory, const config_options& configuration, std::uint64_t at_seq,
                                replay::decision_options how, session& s) {
  auto by = deployment_of(log, directory, configuration, at_seq);
  if (!by) return by.error();
  auto hosts = replay::compose_hosts(by->deployment, by->parts);
  if (!hosts) return hosts.error();
  if (how.configuration_hash) how.configuration_hash = by->configuration_hash;
  interrupts asked;
  progress_line progress(s.err, "replay", "events", std::min(log.head().seq, how.to_seq));
  how.on_progress = [&](std::uint64_t seq) {
    progress.show(seq);
    return !asked.requested();
  };
  auto report = replay::replay_decisions(log, std::move(*hosts), how);
  if (!report) return report.error();
  return verified{std::move(*report), by->configuration, {}};
}

/// A fork of changed settings has several configurations: each stretch is compared under its own, the last one under what was given.
result<verified> verify_all(const persistence::event_log& log, const std::string& directory, const verify_options& o, session& s) {
  auto configurations = replay::configurations_of(log);
  if (!configurations) return configurations.error();
  if (configurations->size() <= 1 || !o.configuration.file.empty())
    return verify_stretch(log, directory, o.configuration, UINT64_MAX, {.from_seq = o.from_seq, .to_seq = o.to_seq}, s);
  std::optional<verified> all;
  for (std::size_t i = 0; i < configurations->size(); ++i) {
    const auto begins = (*configurations)[i].from_seq;
    const bool last = i + 1 == configurations->size();
    const auto ends = last ? UINT64_MAX : (*configurations)[i + 1].from_seq - 1;
    if (ends < o.from_seq || begins > o.to_seq) continue;
    replay::decision_options how{.from_seq = std::max(begins, o.from_seq), .to_seq = std::min(ends, o.to_seq), .configuration_hash = 0};
    auto part = verify_stretch(log, directory, last ? o.configuration : config_options{}, begins, how, s);
    if (!part) return part;
    auto& r = part->report;
    // Compared under that other one, in its turn.
    std::erase_if(r.skipped, [](const auto& x) { return x.other_configuration; });
    part->stretches = {{how.from_seq, std::min(how.to_seq, log.head().seq)}};
    if (all) {
      part->stretches.insert(part->stretches.begin(), all->stretches.begin(), all->stretches.end());
      r.compared += all->report.compared;
      r.skipped.insert(r.skipped.begin(), all->report.skipped.begin(), all->report.skipped.end());
    }
    all = std::move(*part);
    if (r.difference) break;
  }
  return std::move(*all);
}

}  // namespace

result<exit_code> verify(const persistence::event_log& log, const std::string& directory, const verify_options& o, session& s) {
  const auto head = log.head().seq;
  if (o.from_seq == 0 || o.from_seq > o.to_seq || o.from_seq > head)
    return error(errc::invalid_argument, fmt::format("--from and --to: the log has the events 1 to {}, and the first comes before the last", head));
  auto v = verify_all(log, directory, o, s);
  if (!v) return v.error();
  const auto& r = v->report;
  auto j = report_json(r, v->configuration);
  std::string text;
  for (const auto& [first, last] : v->stretches) {
    j["stretches"].push_back({{"from_seq", first}, {"to_seq", last}});
    text += fmt::format("  events {} to {} under the configuration of then\n", grouped(first), grouped(last));
  }
  if (r.identical()) {
    s.out << (s.json ? json_text(j) + "\n" : report_text(r) + text);
    return exit_code::ok;
  }
  auto causes = causes_of(log, *r.difference);
  if (!causes) return causes.error();
  j["difference"] = difference_json(*r.difference, *causes);
  s.out << (s.json ? json_text(j) + "\n" : difference_report(r, *causes));
  return exit_code::difference;
}

}  // namespace tomnext::app
