// The parts of `tomnext log`.
#pragma once
#include <nlohmann/json.hpp>

#include "actors/app/command.hpp"

namespace tomnext::app {

command log_stats_command();
command log_cat_command();
command log_grep_command();
command log_tail_command();
command log_verify_command();
command log_scrub_command();
command log_sign_command();
command log_keypair_command();
command log_keygen_command();
command log_release_ballast_command();
command log_compare_command();
command log_dump_command();
command log_project_command();
command log_archive_command();
command log_retain_command();
command log_backup_command();
command log_restore_command();
command log_export_command();
command log_import_command();
command log_checkpoint_command();
command log_repair_command();

/// JSON on one line; bytes that are no UTF-8 are replaced, never thrown about.
inline std::string json_text(const nlohmann::ordered_json& j) { return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace); }

}  // namespace tomnext::app
