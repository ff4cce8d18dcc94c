// tomnext actors: the supervision tree of a running node.
#include <memory>

#include "actors/api/actor_table.hpp"
#include "actors/api/http_client.hpp"
#include "actors/app/commands.hpp"

namespace tomnext::app {
namespace {

struct actors_command_options {
  std::string node = "http://127.0.0.1:8080";
};

result<exit_code> run(const actors_command_options& o, session& s) {
  auto answer = api::http_get(o.node + "/api/v1/actors", std::chrono::seconds(3));
  if (!answer) return answer.error();
  if (answer->status != 200) return error(errc::network_io, o.node + " answers " + std::to_string(answer->status) + ": " + answer->body.substr(0, 200));
  auto actors = api::parse_actors(answer->body);
  if (!actors) return actors.error().within(o.node);
  s.out << (s.json ? answer->body + "\n" : api::actors_tree(*actors));
  return exit_code::ok;
}

action add(CLI::App& app) {
  auto o = std::make_shared<actors_command_options>();
  app.add_option("--node", o->node, "where the node answers (default " + o->node + ")")->type_name("URL");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command actors_command() {
  return {"actors", "the supervision tree of a running node: state, queue, processed, service times, restarts", "tomnext actors --node http://127.0.0.1:8080",
          add};
}

}  // namespace tomnext::app
