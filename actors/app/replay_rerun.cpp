#include "actors/app/replay_rerun.hpp"

#include <fmt/format.h>

#include <map>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/recorded_deployment.hpp"
#include "actors/replay/fork.hpp"
#include "actors/replay/hosts.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::app {
namespace {

using replay::rerun_report;
using replay::run_outcome;

struct presentation {
  const config::deployment& d;
  std::map<std::uint32_t, std::string> hosts;  // by id
  [[nodiscard]] std::string money(amount a) const { return to_string(a, d.account.minor_units); }
  [[nodiscard]] std::string host(host_id id) const {
    const auto h = hosts.find(id.value);
    return h == hosts.end() ? "host " + std::to_string(id.value) : h->second;
  }
  /// "instrument 1" as the market calls it.
  [[nodiscard]] std::string words(std::string what) const {
    const std::string_view key = "instrument ";
    const auto at = what.find(key);
    if (at == std::string::npos) return what;
    auto end = at + key.size();
    while (end < what.size() && what[end] >= '0' && what[end] <= '9') ++end;
    const auto id = std::strtoull(what.c_str() + at + key.size(), nullptr, 10);
    if (id == 0 || id > d.instruments.size()) return what;
    return what.substr(0, at) + std::string(d.instruments[id - 1].symbol.view()) + what.substr(end);
  }
};

nlohmann::ordered_json outcome_json(const run_outcome& r, const presentation& p) {
  nlohmann::ordered_json j{{"signals", r.signals},          {"intents", r.intents}, {"denied_orders", r.denied},
                           {"rejected_orders", r.rejected}, {"fills", r.fills},     {"positions", r.positions}};
  j["commission"] = p.money(r.commission);
  j["financing"] = p.money(r.financing);
  j["final_balance"] = p.money(r.balance);
  j["equity"] = r.equity ? nlohmann::ordered_json(p.money(*r.equity)) : nlohmann::ordered_json(nullptr);
  return j;
}

nlohmann::ordered_json report_json(const rerun_report& r, const presentation& p, const rerun_command_options& o) {
  nlohmann::ordered_json j;
  j["fork_at"] = r.at_seq == 0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(r.at_seq);
  if (r.at_seq != 0) j["fork_at_time"] = to_string(r.at);
  j["parent"] = {{"seq", r.parent.seq}, {"hash", persistence::to_hex(r.parent.chain_hash)}};
  j["settings_changed"] = r.settings_changed;
  j["inputs"] = r.inputs;
  j["venue_reports_passed"] = r.venue_reports_passed;
  j["currency"] = std::string(p.d.account.in.code.view());
  j["recorded"] = outcome_json(r.recorded, p);
  j["other"] = outcome_json(r.other, p);
  j["balance_difference"] = p.money({r.other.balance.value - r.recorded.balance.value});
  const auto& c = r.decisions;
  j["decisions"] = {{"same", c.same}, {"only_recorded", c.only_recorded}, {"only_other", c.only_other}};
  j["differences"] = nlohmann::ordered_json::array();
  for (const auto& d : c.shown)
    j["differences"].push_back(
        {{"at", to_string(d.line.at)}, {"host", p.host(d.line.host)}, {"only", d.recorded ? "recorded" : "other"}, {"what", p.words(d.line.what)}});
  if (!o.into.empty()) j["log"] = {{"directory", o.into}, {"seq", r.head.seq}, {"hash", persistence::to_hex(r.head.chain_hash)}};
  return j;
}

std::string table(const rerun_report& r, const presentation& p, const std::string& name) {
  std::string out = fmt::format("  {:<16}{:>16}{:>16}\n", "", "recorded", name);
  const auto count = [&](const char* what, std::uint64_t a, std::uint64_t b) { out += fmt::format("  {:<16}{:>16}{:>16}\n", what, grouped(a), grouped(b)); };
  const auto cash = [&](const char* what, amount a, amount b) {
    const auto more = b.value - a.value;
    out += fmt::format("  {:<16}{:>16}{:>16}  {}{} {}\n", what, grouped(p.money(a)), grouped(p.money(b)), more > 0 ? "+" : "", grouped(p.money({more})),
                       std::string(p.d.account.in.code.view()));
  };
  count("signals", r.recorded.signals, r.other.signals);
  count("intents", r.recorded.intents, r.other.intents);
  count("denied", r.recorded.denied, r.other.denied);
  count("fills", r.recorded.fills, r.other.fills);
  count("positions", r.recorded.positions, r.other.positions);
  cash("commission", r.recorded.commission, r.other.commission);
  cash("financing", r.recorded.financing, r.other.financing);
  cash("balance", r.recorded.balance, r.other.balance);
  if (r.recorded.equity && r.other.equity) cash("equity", *r.recorded.equity, *r.other.equity);
  return out;
}

std::string report_text(const rerun_report& r, const presentation& p, const rerun_command_options& o) {
  std::string out = r.at_seq == 0 ? fmt::format("the {} inputs from outside once more, under the other settings\n", grouped(r.inputs))
                                  : fmt::format("fork at event {} ({}), {} inputs from outside replayed{}\n", r.at_seq, to_string(r.at), grouped(r.inputs),
                                                r.settings_changed ? "" : "; no setting is changed");
  if (o.at_seq && *o.at_seq != r.at_seq)
    out += fmt::format("  event {} lies within a reaction: the fork is at the last event before it at which everything is answered\n", *o.at_seq);
  if (r.venue_reports_passed != 0)
    out += fmt::format(
        "  the recorded run had a venue that was not simulated: its {} later answers are not taken, and fills here are those of the simulated one\n",
        grouped(r.venue_reports_passed));
  out += "\n" + table(r, p, r.at_seq == 0 ? "other" : "fork");
  const auto& c = r.decisions;
  out += fmt::format("\n{}decisions: {} the same, {} only recorded, {} only here\n", r.at_seq == 0 ? "" : "later ", grouped(c.same), grouped(c.only_recorded),
                     grouped(c.only_other));
  for (std::size_t i = 0; i < c.shown.size() && i < o.shown; ++i) {
    const auto& d = c.shown[i];
    out += fmt::format("  {} {}  {:<28} {}\n", d.recorded ? "-" : "+", to_string(d.line.at), p.host(d.line.host), p.words(d.line.what));
  }
  const auto all = c.only_recorded + c.only_other;
  if (all > o.shown) out += fmt::format("  … {} more (--show N, or --json for the first {})\n", grouped(all - o.shown), grouped(replay::shown_decisions_max));
  if (!o.into.empty()) out += fmt::format("\n{}: {} events, head {}\n", o.into, grouped(r.head.seq), persistence::to_hex(r.head.chain_hash));
  return out;
}

std::map<std::uint32_t, std::string> host_names_of(const recorded_deployment& by) {
  std::map<std::uint32_t, std::string> names;
  if (auto hosts = replay::compose_hosts(by.deployment, by.parts))
    for (const auto& h : *hosts) names[h.definition.id.value] = h.definition.name;
  return names;
}

}  // namespace

result<exit_code> rerun(const persistence::event_log& log, const std::string& directory, const rerun_command_options& o, session& s) {
  replay::rerun_options how;
  how.directory = directory;
  how.into = o.into;
  how.encrypt = o.encrypt;
  if (o.at_seq) {
    auto at = replay::fork_seq(log, *o.at_seq);
    if (!at) return at.error().within("--fork-at");
    how.at_seq = *at;
  }
  const auto in_force = o.at_seq ? how.at_seq : UINT64_MAX;
  auto recorded = deployment_of(log, directory, {}, in_force);
  if (!recorded) return recorded.error();
  auto changed = deployment_of(log, directory, o.configuration, in_force);
  if (!changed) return changed.error();
  interrupts asked;
  progress_line progress(s.err, o.at_seq ? "fork" : "run", "events", log.head().seq);
  how.on_progress = [&](std::uint64_t seq) {
    progress.show(seq);
    return !asked.requested();
  };
  auto report = replay::rerun(log, recorded->deployment, changed->deployment, changed->parts, how);
  if (!report) return report.error();
  progress.hide();
  const presentation p{changed->deployment, host_names_of(*changed)};
  s.out << (s.json ? json_text(report_json(*report, p, o)) + "\n" : report_text(*report, p, o));
  return exit_code::ok;
}

}  // namespace tomnext::app
