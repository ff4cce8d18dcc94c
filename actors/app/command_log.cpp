// tomnext log: looks into a log, and checks it. One part per file: log_stats, log_cat, log_verify, log_compare.
#include "actors/app/command_log.hpp"

#include "actors/app/commands.hpp"
#include "persistence/json.hpp"

namespace tomnext::app {
namespace {

action add_schema(CLI::App&) {
  return [](session& s) -> result<exit_code> {
    // The schema is a .proto either way; as JSON it is one string, so that a caller's parser never meets anything else.
    s.out << (s.json ? json_text({{"proto", persistence::proto_schema()}}) + "\n" : persistence::proto_schema());
    return exit_code::ok;
  };
}

}  // namespace

command log_command() {
  return {"log",
          "looks into a log: stats, cat, grep, tail, verify, scrub, sign, compare, dump, project, schema; and keeps it: backup, restore, export, import, "
          "checkpoint, repair, archive, retain",
          "tomnext log verify results/log",
          nullptr,
          {log_stats_command(),   log_cat_command(),
           log_grep_command(),    log_tail_command(),
           log_verify_command(),  log_scrub_command(),
           log_sign_command(),    log_keypair_command(),
           log_keygen_command(),  log_release_ballast_command(),
           log_compare_command(), log_dump_command(),
           log_project_command(), log_archive_command(),
           log_retain_command(),  log_backup_command(),
           log_restore_command(), log_export_command(),
           log_import_command(),  log_checkpoint_command(),
           log_repair_command(),  {"schema", "prints all events as a .proto", "tomnext log schema", add_schema}}};
}

}  // namespace tomnext::app
