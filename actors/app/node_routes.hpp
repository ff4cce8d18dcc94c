// What a node answers over HTTP: health, figures, the services' views and commands.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "actors/api/http_message.hpp"
#include "actors/journal/scrub_board.hpp"
#include "actors/runtime/directory.hpp"
#include "actors/runtime/introspection.hpp"

namespace tomnext::app {

/// The handler for a node's server. Requests that need an actor are asked of it with a deadline; nothing blocks the server's thread.
/// `test_hooks` adds POST /api/v1/actors/kill?name=NAME.
api::http_handler routes_of(actors::actor_system& system, std::shared_ptr<actors::directory> directory, std::shared_ptr<actors::introspection> figures,
                            std::shared_ptr<const actors::scrub_board> scrub, std::vector<std::string> services, bool test_hooks);

}  // namespace tomnext::app
