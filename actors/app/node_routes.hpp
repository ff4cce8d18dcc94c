// What a node answers over HTTP: health, figures, the services' views and commands, its jobs.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/api/http_message.hpp"
#include "actors/journal/disk_board.hpp"
#include "actors/journal/scrub_board.hpp"
#include "actors/runtime/directory.hpp"
#include "actors/runtime/introspection.hpp"
#include "actors/runtime/job_board.hpp"
#include "actors/runtime/work_board.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::app {

/// What those who look after the log have seen, and what works apart.
struct log_boards {
  std::shared_ptr<actors::scrub_board> scrub;
  std::shared_ptr<actors::disk_board> disk;
  std::shared_ptr<actors::work_board> work = nullptr;  ///< of the worker pool; null: the node has none
  std::shared_ptr<actors::job_board> jobs = nullptr;   ///< of the calendar; null: the node has none
};

/// The worker pool's name, where a node has one; and that of the scheduler of its jobs.
inline constexpr auto work_pool_name = "runtime/work";
inline constexpr auto calendar_name = "runtime/calendar";

/// What of a node can be seen from outside.
struct node_surface {
  std::shared_ptr<actors::directory> directory;
  std::shared_ptr<actors::introspection> figures;
  log_boards boards;
  std::vector<std::string> services;
  std::shared_ptr<const persistence::event_log> log = nullptr;  ///< null: nothing is traced
  std::map<std::uint32_t, std::string> host_names = {};         ///< by id
  bool test_hooks = false;                                      ///< adds POST /api/v1/actors/kill?name=NAME
};

/// The handler for a node's server. Requests that need an actor are asked of it with a deadline; nothing blocks the server's thread.
api::http_handler routes_of(actors::actor_system& system, node_surface surface);

}  // namespace tomnext::app
