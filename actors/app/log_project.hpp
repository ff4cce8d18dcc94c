// What the parts of `tomnext log project` share.
#pragma once
#include "actors/app/command_log.hpp"
#include "persistence/projection_runner.hpp"

namespace tomnext::app {

// Looking: log_project.cpp. Working on them: log_project_work.cpp.
command project_run_command();
command project_rebuild_command();
command project_park_command();
command project_resume_command();
command project_skip_command();
command project_reset_command();

/// The projection of that name; an unknown one gets those that there are.
result<std::shared_ptr<const persistence::projection>> projection_named(const std::string& name);
/// Those that were named, or all where none was.
result<persistence::projection_list> projections_named(const std::vector<std::string>& names);

void print_statuses(session& s, const std::vector<persistence::projection_status>& all);

}  // namespace tomnext::app
