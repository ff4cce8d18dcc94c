// Starts actors in order, restarts those that fail, gives up with an error where that does not help, and stops them in reverse order.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/runtime/caf.hpp"
#include "actors/runtime/introspection.hpp"

namespace tomnext::actors {

/// Who is restarted with a child that failed: nobody else, those started after it, or all.
enum class strategy_kind : std::uint8_t { one_for_one, rest_for_one, one_for_all };
/// permanent: restarted however it ended. transient: unless it ended without an error or was shut down. temporary: never, and then forgotten.
enum class restart_kind : std::uint8_t { permanent, transient, temporary };

struct child_spec {
  std::string name;                               ///< in introspection too: what start() spawns bears this name
  std::function<actor_ptr(parent_actor&)> start;  ///< spawns and returns at once; called again for each restart. Null or an exception: it failed.
  restart_kind restart = restart_kind::permanent;
  /// Asked to stop it has this long, then it is killed. Of a nested supervisor: longer than those of its children together.
  std::chrono::milliseconds stop_deadline{2000};
  /// Siblings that must have been started before it, and are stopped after it.
  std::vector<std::string> needs = {};
  /// Its stable address, which is bound to each life of it. Null: it has none.
  std::function<actor_ptr(actor_system&)> address = {};
};

struct supervisor_settings {
  std::string name, parent;
  strategy_kind strategy = strategy_kind::one_for_one;
  /// More failures than this within the window: all children are stopped and the supervisor ends with errc::actor_down, for its parent to see.
  std::uint32_t restarts_max = 5;
  std::chrono::milliseconds window{10'000}, backoff_min{10}, backoff_max{1'000};
  /// Just before a child starts again; restarts of it counted by this life of the supervisor. In the supervisor's context, as is the next.
  std::function<void(const std::string& child, std::uint64_t restarts, const std::string& reason)> on_restart;
  /// A child ended for good (temporary, or transient without an error), made the supervisor give up, or did not end even when killed.
  std::function<void(const std::string& child, const error&)> on_child_ended;
  std::chrono::milliseconds kill_grace{250};  ///< a killed child that is busy longer than this is left behind
  std::uint64_t seed = 0;                     ///< of the back-off's jitter, together with the name
};

/// A supervisor ends when it is told to exit: its children in reverse order, one at a time, each behind its queue so that it finishes its work;
/// then the supervisor, with the reason that it was given. Killed, or failing itself, it kills them all at once: none outlives it.
/// Where children restart together, the others are stopped first, one at a time and without regard to their queues, and all are down before any starts.
/// Invalid settings end it at birth with errc::invalid_argument.
actor_ptr spawn_supervisor(actor_system& system, std::shared_ptr<introspection> figures, supervisor_settings settings, std::vector<child_spec> children);
actor_ptr spawn_supervisor(parent_actor& parent, std::shared_ptr<introspection> figures, supervisor_settings settings, std::vector<child_spec> children);

}  // namespace tomnext::actors
