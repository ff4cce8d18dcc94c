// The jobs of a node's calendar, as the configuration names them.
#pragma once
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/deployment.hpp"
#include "config/yaml_reader.hpp"

namespace tomnext::config {

/// What a job may do, by its word; actors/app has a function for each.
inline constexpr std::array<std::string_view, 3> job_action_names{"snapshot_hosts", "log_backup", "log_scrub"};

/// Reads `holidays` and `jobs` of the section `node`. `resolved`: a file name that may be relative to the configuration file.
std::vector<job_setting> read_jobs(mapping& node, const std::function<std::string(const std::string&)>& resolved);

}  // namespace tomnext::config
