// What the jobs of a node's calendar do, by name. Each is called when the beginning of its run is durable, and must not block: it asks others.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/app/node_routes.hpp"
#include "actors/runtime/calendar_scheduler.hpp"
#include "actors/runtime/clock.hpp"
#include "actors/runtime/directory.hpp"
#include "config/deployment.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::app {

/// What actions work with.
struct action_parts {
  actors::actor_system* system = nullptr;        ///< outlives every action
  std::shared_ptr<actors::directory> directory;  ///< the addresses of the journal, the feed, the hosts and the worker pool
  std::shared_ptr<persistence::event_log> log;
  std::string log_directory;  ///< empty: in memory
  std::vector<std::string> hosts;
  std::shared_ptr<actors::scrub_board> scrub;  ///< where damage is told; null: in the run's error alone
  actors::wall_clock clock;
};

struct job_action_entry {
  std::string_view name;
  actors::job_action (*make)(const action_parts& parts, const config::job_setting& setting);
};

/// All there are: a line in the .cpp and a word in config::job_action_names make one more.
[[nodiscard]] const std::vector<job_action_entry>& job_actions();

/// The jobs of a deployment with their actions. A name without an action, which the configuration refuses, fails each of its runs.
[[nodiscard]] std::vector<actors::job_definition> job_definitions(const std::vector<config::job_setting>& settings, const action_parts& parts);

}  // namespace tomnext::app
