// tomnext actors: what the actors of a running node do.
// raw clock in this file: a command at a terminal looks again every so often.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "actors/api/actor_table.hpp"
#include "actors/api/http_client.hpp"
#include "actors/app/commands.hpp"
#include "actors/app/event_trace.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/output_wait.hpp"
#include "actors/app/whole_number.hpp"

namespace tomnext::app {
namespace {

using namespace std::chrono_literals;
using figures = std::vector<actors::actor_figures>;

struct actors_command_options {
  std::string node = "http://127.0.0.1:8080";
  std::string name;
  double interval_s = 1.0;
  std::uint64_t looks = 0;
};

void add_node(CLI::App& app, const std::shared_ptr<actors_command_options>& o) {
  app.add_option("--node", o->node, "where the node answers (default " + o->node + ")")->type_name("URL");
}

result<std::string> asked(const actors_command_options& o, const std::string& path) {
  auto answer = api::http_get(o.node + path, 3s);
  if (!answer) return answer.error();
  if (answer->status != 200) return error(errc::network_io, o.node + " answers " + std::to_string(answer->status) + ": " + answer->body.substr(0, 200));
  return answer->body;
}
result<figures> all_of(const actors_command_options& o) {
  auto body = asked(o, "/api/v1/actors");
  if (!body) return body.error();
  auto all = api::parse_actors(*body);
  if (!all) return all.error().within(o.node);
  return all;
}

// ---- tree ------------------------------------------------------------------------------------------

result<exit_code> tree(const actors_command_options& o, session& s) {
  auto body = asked(o, "/api/v1/actors");
  if (!body) return body.error();
  auto actors = api::parse_actors(*body);
  if (!actors) return actors.error().within(o.node);
  s.out << (s.json ? *body + "\n" : api::actors_tree(*actors));
  return exit_code::ok;
}
action add_tree(CLI::App& app) {
  auto o = std::make_shared<actors_command_options>();
  add_node(app, o);
  return [o](session& s) { return tree(*o, s); };
}

// ---- top -------------------------------------------------------------------------------------------

struct screen {
  std::size_t columns = 160, rows = 1'000;
  bool terminal = false;
};
screen screen_now() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0) return {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {80, 24, true};
  return {size.ws_col, size.ws_row, true};
}

/// One look after the other until a signal, --looks, or the end of whoever reads. Each is compared with the one before it; the very first is not shown.
result<exit_code> top(const actors_command_options& o, session& s) {
  const interrupts asked_to_stop;
  figures before;
  auto then = std::chrono::steady_clock::now();
  const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(o.interval_s));
  auto first = all_of(o);
  if (!first) return first.error();
  before = std::move(*first);
  for (std::uint64_t look = 0; o.looks == 0 || look < o.looks; ++look) {
    if (wait_for_output(interval, asked_to_stop) == wake::stop) return exit_code::ok;
    auto now = all_of(o);
    if (!now) return now.error();
    const auto here = std::chrono::steady_clock::now();
    const std::chrono::duration<double> passed = here - std::exchange(then, here);
    if (s.json) {
      s.out << api::actors_json(*now) << "\n";
    } else {
      const auto fits = screen_now();
      const auto lines = fits.rows > 4 ? fits.rows - 3 : 1;
      if (fits.terminal) s.out << "\x1b[H\x1b[2J";
      else if (look > 0) s.out << "\n";
      s.out << api::actors_top(before, *now, passed.count(), fits.columns, lines);
    }
    s.out.flush();
    if (!s.out) return error(errc::log_io, "the results could not be written to stdout");
    before = std::move(*now);
  }
  return exit_code::ok;
}
action add_top(CLI::App& app) {
  auto o = std::make_shared<actors_command_options>();
  add_node(app, o);
  app.add_option("--interval", o->interval_s, "seconds between two looks (default 1)")->type_name("S")->check(CLI::Range(0.1, 3600.0));
  app.add_option("--looks", o->looks, "end after so many; 0: at a signal (default)")->type_name("N");
  return [o](session& s) { return top(*o, s); };
}

// ---- show ------------------------------------------------------------------------------------------

result<exit_code> show(const actors_command_options& o, session& s) {
  auto all = all_of(o);
  if (!all) return all.error();
  const auto found = std::find_if(all->begin(), all->end(), [&](const auto& a) { return a.name == o.name; });
  if (found == all->end()) {
    std::string near;
    for (const auto& a : *all)
      if (a.name.find(o.name) != std::string::npos) near += (near.empty() ? "; there are " : ", ") + a.name;
    return error(errc::invalid_argument, "there is no actor '" + o.name + "'" + near + (near.empty() ? "; 'tomnext actors' lists them" : ""));
  }
  if (s.json) {
    const auto array = api::actors_json({*found});
    s.out << array.substr(1, array.size() - 2) << "\n";
  } else {
    s.out << api::actor_detail(*found);
  }
  return exit_code::ok;
}
action add_show_actor(CLI::App& app) {
  auto o = std::make_shared<actors_command_options>();
  add_node(app, o);
  app.add_option("name", o->name, "of the actor, as in the tree")->required()->type_name("NAME");
  return [o](session& s) { return show(*o, s); };
}

// ---- flow ------------------------------------------------------------------------------------------

result<exit_code> flow(const actors_command_options& o, session& s) {
  auto body = asked(o, "/api/v1/actors/flow");
  if (!body) return body.error();
  auto flows = api::parse_flow(*body);
  if (!flows) return flows.error().within(o.node);
  if (!o.name.empty()) std::erase_if(*flows, [&](const auto& f) { return f.from.find(o.name) == std::string::npos && f.to.find(o.name) == std::string::npos; });
  s.out << (s.json ? api::flow_json(*flows) + "\n" : api::flow_table(*flows));
  return exit_code::ok;
}
action add_flow(CLI::App& app) {
  auto o = std::make_shared<actors_command_options>();
  add_node(app, o);
  app.add_option("--of", o->name, "only what goes to or comes from actors with this in their name")->type_name("TEXT");
  return [o](session& s) { return flow(*o, s); };
}

// ---- trace -----------------------------------------------------------------------------------------

result<exit_code> trace(const actors_command_options& o, session& s) {
  auto body = asked(o, "/api/v1/trace?correlation=" + o.name);
  if (!body) return body.error();
  auto text = trace_text(*body);
  if (!text) return text.error().within(o.node);
  s.out << (s.json ? *body + "\n" : *text);
  return exit_code::ok;
}
action add_trace(CLI::App& app) {
  auto o = std::make_shared<actors_command_options>();
  add_node(app, o);
  app.add_option("correlation", o->name, "the seq with which a workflow began: correlation in 'tomnext log cat'")
      ->required()
      ->type_name("CORRELATION")
      ->check(whole_number(1));
  return [o](session& s) { return trace(*o, s); };
}

}  // namespace

command actors_command() {
  return {"actors",
          "the actors of a running node: the supervision tree with state, queue, processed, service times, restarts; and more by its parts",
          "tomnext actors --node http://127.0.0.1:8080",
          add_tree,
          {{"tree", "the supervision tree", "tomnext actors tree --node http://127.0.0.1:8080", add_tree},
           {"top", "what they do now, the busiest first, again and again", "tomnext actors top --interval 2", add_top},
           {"show", "all that is known of one", "tomnext actors show risk_management/book", add_show_actor},
           {"flow", "who sends what to whom, and how many", "tomnext actors flow --of journal", add_flow},
           {"trace", "one workflow through all actors: its events, and who handled them when", "tomnext actors trace 4711", add_trace}}};
}

}  // namespace tomnext::app
