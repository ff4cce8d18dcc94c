// tomnext log keygen: a key for encrypted logs, or one more.
#include <fmt/format.h>

#include <memory>

#include "actors/app/command_log.hpp"
#include "persistence/log_keys.hpp"

namespace tomnext::app {
namespace {

action add_log_keygen(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  app.add_option("--out", *file, "FILE for the keys, of mode 0600; where it has keys already, one with the next id is added, which writes from then on")
      ->type_name("FILE")
      ->required();
  return [file](session& s) -> result<exit_code> {
    auto id = persistence::add_key(*file);
    if (!id) return id.error();
    s.out << (s.json ? json_text({{"file", *file}, {"key", *id}}) + "\n"
                     : fmt::format("{}: key {}. What it encrypts is lost with it: keep a copy apart from the log and its backups.{}\n", *file, *id,
                                   *id > 1 ? " A node takes it up when it is started again; the earlier keys are needed for what they wrote." : ""));
    return exit_code::ok;
  };
}

}  // namespace

command log_keygen_command() {
  return {"keygen", "makes a key for encrypted logs, or adds one (rotation); it is never printed", "tomnext log keygen --out node.keys", add_log_keygen};
}

}  // namespace tomnext::app
