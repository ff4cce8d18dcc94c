// The supervision tree of a node, as data: every actor that it has, who starts it again, and what it is made of. Read node_tree.cpp and service_groups.cpp.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/app/exit_code.hpp"
#include "actors/app/node_routes.hpp"
#include "actors/journal/sequencer.hpp"
#include "actors/monitoring_alerting/supervision_notes.hpp"
#include "actors/protocols.hpp"
#include "actors/replay/hosts.hpp"
#include "actors/runtime/clock.hpp"
#include "actors/runtime/directory.hpp"
#include "actors/runtime/job_history.hpp"
#include "actors/runtime/supervision_tree.hpp"
#include "persistence/snapshots.hpp"

namespace tomnext::app {

/// How a run ended.
struct node_outcome {
  exit_code code = exit_code::ok;
  std::string message;  ///< empty where all is well
};

namespace name_of {
inline constexpr auto node = "node", journal = "journal/journal", writer = "journal/writer", reader = "journal/reader", keeper = "journal/snapshots",
                      feed = "journal/feed", scrubber = "journal/scrubber", disk_watch = "journal/disk", upkeep = "journal/upkeep",
                      readiness = "runtime/readiness", work = work_pool_name, watchdog = "runtime/watchdog", time = "runtime/time", jobs = "runtime/jobs",
                      calendar = calendar_name, source = "data_pipeline/source", ingress = "data_pipeline/ingress";
}  // namespace name_of

/// What the actors of a node are made of.
struct node_parts {
  std::shared_ptr<const config::deployment> deployment;
  replay::composition_parts composition;
  std::vector<replay::composed_host> hosts;
  std::set<std::string> elsewhere = {};          ///< names of hosts that run in other processes: the journal knows them, and nobody here starts them
  std::shared_ptr<persistence::event_log> log;   ///< opened for writing, or in memory
  std::string log_directory;                     ///< empty: in memory
  std::shared_ptr<actors::sequencer> sequencer;  ///< knows the whole stored log
  std::shared_ptr<const persistence::snapshot_store> snapshots;
  std::vector<event> preamble;  ///< with which a new log begins
  bool source_ended = false;    ///< the log holds the end of the source
  log_boards boards;
  std::shared_ptr<actors::job_history> jobs_known;  ///< what the log says of jobs; null: nothing
  actors::wall_clock clock;                         ///< by which jobs run
  std::shared_ptr<actors::introspection> figures;
  std::shared_ptr<actors::directory> directory;  ///< the addresses of all
  std::shared_ptr<actors::supervision_notes> notes;
  std::function<void(const persistence::group&)> tap;                      ///< sees every sequenced group, in the journal's context; may be empty
  std::function<void(const std::vector<actors::offered_input>&)> offered;  ///< sees what the ingress offers, in its context; may be empty
  std::function<void()> on_source_end;                                     ///< the source has ended, and everything that followed from it is durable
  std::function<void(node_outcome)> finish;                                ///< the node is to stop; the first outcome counts
};

/// The whole tree; spawn_supervisor starts it.
[[nodiscard]] actors::supervised_group node_tree(const node_parts& parts);

// ---- its branches ----------------------------------------------------------------------------------
/// A child with an address in the directory.
[[nodiscard]] actors::child_spec child_of(const node_parts& parts, std::string name, actors::restart_kind restart, std::chrono::milliseconds stop_deadline,
                                          std::function<actors::actor_ptr(actors::parent_actor&, const std::string&)> start);
/// What a supervisor does with a restart: a line for the operator, and a note for the log.
[[nodiscard]] std::function<void(const std::string&, std::uint64_t, const std::string&)> restart_noted_by(const node_parts& parts);
/// Whoever bears a name: to be asked for when it is needed, since it may not have been started yet.
template <class Protocol> [[nodiscard]] std::function<Protocol()> whoever_is(const node_parts& parts, std::string name) {
  return [d = parts.directory, name = std::move(name)] { return d->at<Protocol>(name); };
}
/// The scheduler of the node's jobs under a supervisor that never gives up. No children where no jobs are configured.
[[nodiscard]] actors::supervised_group jobs_group(const node_parts& parts);
/// A host as a child of its service's supervisor. Whom it talks to is looked up in the directory when it starts.
[[nodiscard]] actors::child_spec host_child(const node_parts& parts, const replay::composed_host& host, const std::string& service);
/// The nine services, in the order of their start.
[[nodiscard]] std::vector<actors::supervised_group> service_groups(const node_parts& parts);
/// Their names in that order.
[[nodiscard]] std::vector<std::string> service_names();

}  // namespace tomnext::app
