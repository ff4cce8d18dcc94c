// tomnext jobs: the jobs of a running node: when they run, how they went, and what an operator wants of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "actors/api/http_client.hpp"
#include "actors/api/utf8.hpp"
#include "actors/app/commands.hpp"
#include "actors/app/whole_number.hpp"

namespace tomnext::app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

struct jobs_command_options {
  std::string node = "http://127.0.0.1:8080";
  std::string name, who, why, key;
  std::string expected_version;
};

void add_node(CLI::App& app, const std::shared_ptr<jobs_command_options>& o) {
  app.add_option("--node", o->node, "where the node answers (default " + o->node + ")")->type_name("URL");
}
void add_name(CLI::App& app, const std::shared_ptr<jobs_command_options>& o) {
  app.add_option("name", o->name, "of the job, as in the list")->required()->type_name("NAME");
}

/// A name from the command line as a part of a path.
std::string escaped(const std::string& name) {
  std::string path;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    path += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return path;
}

/// The answer's JSON, or what the node says is wrong. What the operator may have mistyped is a usage error.
result<json> answered(const jobs_command_options& o, const result<api::http_response>& answer) {
  if (!answer) return answer.error();
  auto body = json::parse(answer->body, nullptr, false);
  if (answer->status == 200 && body.is_object()) return body;
  const auto said =
      body.is_object() && body.contains("message") && body["message"].is_string() ? body["message"].get<std::string>() : answer->body.substr(0, 200);
  const auto text = o.node + " answers " + std::to_string(answer->status) + ": " + said;
  if (answer->status == 400 || answer->status == 404) return error(errc::invalid_argument, text);
  if (answer->status == 409) return error(errc::illegal_transition, text);
  return error(errc::network_io, text);
}
result<json> asked(const jobs_command_options& o, const std::string& path) { return answered(o, api::http_get(o.node + path, 3s)); }

std::string text_of(const json& j, const char* key) {
  return j.contains(key) && j[key].is_string() ? api::printable(j[key].get<std::string>()) : std::string("-");
}
std::uint64_t number_of(const json& j, const char* key) { return j.contains(key) && j[key].is_number_unsigned() ? j[key].get<std::uint64_t>() : 0; }

// ---- list ------------------------------------------------------------------------------------------

/// "succeeded 2026-11-30T22:00:04Z", of the latest run.
std::string last_run(const json& job) {
  if (!job.contains("history") || job["history"].empty()) return "-";
  const auto& last = job["history"][0];
  return text_of(last, "outcome") + " " + text_of(last, "ended");
}

std::string as_table(const json& all) {
  if (!all.contains("jobs") || all["jobs"].empty()) return "no jobs are configured (node.jobs)\n";
  std::vector<std::array<std::string, 6>> rows{{"NAME", "STATE", "NEXT (UTC)", "THERE", "ZONE", "LAST"}};
  for (const auto& j : all["jobs"])
    rows.push_back({text_of(j, "name"), text_of(j, "state"), text_of(j, "next"), text_of(j, "next_local"), text_of(j, "time_zone"), last_run(j)});
  std::array<std::size_t, 6> widths{};
  for (const auto& r : rows)
    for (std::size_t i = 0; i < r.size(); ++i) widths[i] = std::max(widths[i], r[i].size());
  std::string text;
  for (const auto& r : rows) {
    std::string line;
    for (std::size_t i = 0; i < r.size(); ++i) line += i + 1 < r.size() ? fmt::format("{:<{}}  ", r[i], widths[i]) : r[i];
    text += line + "\n";
  }
  if (const auto why = text_of(all, "failing"); why != "-" && !why.empty())
    text += fmt::format("\nnot recorded for now, and none begins until they are ({} waiting): {}\n", number_of(all, "unrecorded"), why);
  return text;
}

result<exit_code> list(const jobs_command_options& o, session& s) {
  auto all = asked(o, "/api/v1/jobs");
  if (!all) return all.error();
  s.out << (s.json ? all->dump() + "\n" : as_table(*all));
  return exit_code::ok;
}
action add_list(CLI::App& app) {
  auto o = std::make_shared<jobs_command_options>();
  add_node(app, o);
  return [o](session& s) { return list(*o, s); };
}

// ---- show ------------------------------------------------------------------------------------------

std::string as_text(const json& j) {
  const auto line = [](const char* what, const std::string& value) { return fmt::format("  {:<10}{}\n", what, value); };
  std::string text = text_of(j, "name") + ": " + text_of(j, "state") + "\n";
  text += line("does", text_of(j, "action"));
  text += line("schedule", text_of(j, "schedule") + " in " + text_of(j, "time_zone"));
  if (number_of(j, "holidays") != 0) text += line("holidays", std::to_string(number_of(j, "holidays")) + ", " + text_of(j, "on_holiday"));
  text += line("next", text_of(j, "next") + ", there " + text_of(j, "next_local"));
  text += line("missed", text_of(j, "missed") + "; overlapping: " + text_of(j, "overlap"));
  text += line("limits", fmt::format("begins within {} s, ends within {} s", number_of(j, "grace_s"), number_of(j, "deadline_s")));
  if (j.contains("running") && j["running"].is_object())
    text += line("running", fmt::format("run {} since {}", number_of(j["running"], "run"), text_of(j["running"], "since")));
  const auto counts = [&](const char* of) {
    std::string all;
    if (j.contains(of))
      for (const auto& [word, count] : j[of].items()) all += fmt::format("{}{} {}", all.empty() ? "" : ", ", word, count.dump());
    return all;
  };
  text += line("runs", counts("runs"));
  text += line("skipped", counts("skipped"));
  if (j.contains("history"))
    for (const auto& h : j["history"]) {
      const auto why = text_of(h, "error");
      text += fmt::format("  run {:<5} {}{} to {}: {}{}\n", number_of(h, "run"), text_of(h, "started"), h.value("by_hand", false) ? ", by hand," : "",
                          text_of(h, "ended"), text_of(h, "outcome"), why.empty() || why == "-" ? "" : ": " + why);
    }
  return text;
}

result<exit_code> show(const jobs_command_options& o, session& s) {
  auto one = asked(o, "/api/v1/jobs/" + escaped(o.name));
  if (!one) return one.error();
  s.out << (s.json ? one->dump() + "\n" : as_text(*one));
  return exit_code::ok;
}
action add_show_job(CLI::App& app) {
  auto o = std::make_shared<jobs_command_options>();
  add_node(app, o);
  add_name(app, o);
  return [o](session& s) { return show(*o, s); };
}

// ---- pause, resume, run ----------------------------------------------------------------------------

result<exit_code> command_job(const char* verb, const jobs_command_options& o, session& s) {
  json body{{"who", o.who}};
  if (!o.why.empty()) body["why"] = o.why;
  if (!o.key.empty()) body["idempotency_key"] = o.key;
  if (!o.expected_version.empty()) body["expected_version"] = std::stoull(o.expected_version);
  const auto text = body.dump(-1, ' ', false, json::error_handler_t::replace);
  auto told = answered(o, api::http_post(o.node + "/api/v1/jobs/" + escaped(o.name) + "/" + verb, text, 5s));
  if (!told) return told.error();
  if (s.json) {
    s.out << told->dump() << "\n";
    return exit_code::ok;
  }
  const auto status = told->value("status", json::object());
  s.out << o.name << ": " << text_of(status, "state");
  if (status.contains("run")) s.out << ", run " << number_of(status, "run");
  else if (status.contains("next") && status["next"].is_string()) s.out << ", next " << text_of(status, "next") << ", there " << text_of(status, "next_local");
  s.out << " (event " << number_of(*told, "seq") << ")\n";
  return exit_code::ok;
}
template <const char* const& Verb> action add_command(CLI::App& app) {
  auto o = std::make_shared<jobs_command_options>();
  add_node(app, o);
  add_name(app, o);
  app.add_option("--who", o->who, "whose command it is; it is kept in the log")->required()->type_name("NAME");
  app.add_option("--why", o->why, "why; kept in the log")->type_name("TEXT");
  app.add_option("--key", o->key, "the same key again is the same command, and gets what came of the first")->type_name("KEY");
  app.add_option("--expected-version", o->expected_version, "only if this is the seq of the last command before it; 0: there was none")
      ->type_name("SEQ")
      ->check(whole_number(0));
  return [o](session& s) { return command_job(Verb, *o, s); };
}
constexpr const char* pause_word = "pause";
constexpr const char* resume_word = "resume";
constexpr const char* run_word = "run";

}  // namespace

command jobs_command() {
  return {"jobs",
          "the jobs of a running node: when each runs next and how its last run ended; pause, resume, run now",
          "tomnext jobs --node http://127.0.0.1:8080",
          add_list,
          {{"list", "all of them", "tomnext jobs list --node http://127.0.0.1:8080", add_list},
           {"show", "all that is known of one, with its last runs", "tomnext jobs show nightly_backup", add_show_job},
           {"pause", "from now on it runs by hand only, also after a restart of the node", "tomnext jobs pause nightly_backup --who ann --why maintenance",
            add_command<pause_word>},
           {"resume", "it runs by its schedule again; what was scheduled meanwhile is left out", "tomnext jobs resume nightly_backup --who ann",
            add_command<resume_word>},
           {"run", "a run now, beyond its schedule, also where it is paused", "tomnext jobs run nightly_backup --who ann --key 4711", add_command<run_word>}}};
}

}  // namespace tomnext::app
