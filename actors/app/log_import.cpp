// tomnext log import: a new log of exported segments. (`tomnext import` makes a log of market files.)
#include <memory>

#include "actors/app/log_copying.hpp"
#include "persistence/log_export.hpp"

namespace tomnext::app {
namespace {

result<exit_code> run(std::vector<std::string> files, session& s) {
  const auto directory = files.back();
  files.pop_back();
  auto head = with_progress(s, "log import", 0, [&](const persistence::keep_going& go_on) { return persistence::import_log(files, directory, go_on); });
  if (!head) return head.error();
  if (s.json) return printed(s, json_text({{"log", directory}, {"head", head_json(*head)}, {"verified", true}}) + "\n");
  return printed(s, fmt::format("{}: events 1 to {}\n", directory, grouped(head->seq)) + head_text(*head));
}

action add_log_import(CLI::App& app) {
  auto paths = std::make_shared<std::vector<std::string>>();
  app.add_option("FILE NEWDIR", *paths,
                 "segment files in the order of their events, from event 1 on, and last the directory of the log to make, which must not exist or be empty. "
                 "Configurations are not in them: replay the log with its configuration's file")
      ->type_name("")
      ->required()
      ->expected(2, 1 << 20);
  return [paths](session& s) { return run(*paths, s); };
}

}  // namespace

command log_import_command() {
  return {"import", "makes a new log of exported segments", "tomnext log import events.segment results/imported", add_log_import};
}

}  // namespace tomnext::app
