// A live node: the composition root, where every actor is wired. Read node.cpp from top to bottom.
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "actors/api/http_server.hpp"
#include "actors/app/node_tree.hpp"
#include "actors/remote/host_gate.hpp"

namespace tomnext::app {

struct node_options {
  std::shared_ptr<persistence::event_log> log;                             ///< opened for writing, or in memory
  std::string directory;                                                   ///< of the log; empty: in memory, no snapshots
  std::optional<std::uint16_t> port;                                       ///< of the HTTP endpoint; 0: any free one; absent: none
  std::optional<remote::gate_settings> gate = {};                          ///< lets hosts in that run in other processes; absent: all run here
  bool test_hooks = false;                                                 ///< POST /api/v1/actors/NAME/kill
  actors::wall_clock clock;                                                ///< by which jobs run
  bool stay = false;                                                       ///< go on answering when the source has ended
  std::function<void(const persistence::group&)> tap;                      ///< sees every sequenced group, in the journal's context
  std::function<void(const std::vector<actors::offered_input>&)> offered;  ///< sees what the ingress offers, in its context; for measurements
  std::function<void()> on_outcome;                                        ///< called once when the outcome is known, on some thread
};

/// "host:4711": what a node is called among others.
[[nodiscard]] std::string process_name();

class node {
 public:
  /// Reads the stored log, starts all actors, and the HTTP endpoint where a port is configured. Errors: the log's, a configuration that is not the log's,
  /// a port in use.
  static result<std::unique_ptr<node>> start(config::deployment deployment, replay::composition_parts parts, node_options options);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Blocks until the source has ended, something failed, or somebody asked to stop.
  node_outcome wait();
  [[nodiscard]] std::optional<node_outcome> outcome() const;
  /// Ends wait() with this outcome, unless there is one already.
  void finish(node_outcome outcome);
  /// The ordered stop: no more inputs, everything answered and durable, hosts leave a mark, actors end in reverse order. Returns within about ten seconds.
  /// After a failure actors are killed instead. True where everything ended in order.
  bool stop();

  /// Whether all hosts have recovered; nothing where the actors' shared threads do not answer in time.
  [[nodiscard]] std::optional<bool> ready_within(std::chrono::milliseconds deadline) const;
  [[nodiscard]] std::uint16_t port() const { return http_ ? http_->port() : std::uint16_t{0}; }
  /// Null where all hosts run here.
  [[nodiscard]] const remote::host_gate* gate() const { return gate_.get(); }
  [[nodiscard]] std::shared_ptr<actors::introspection> figures() const { return figures_; }
  /// For measurements and tests.
  [[nodiscard]] actors::actor_system& system() { return *system_; }
  [[nodiscard]] std::shared_ptr<actors::directory> addresses() const { return directory_; }
  /// Kills an actor on purpose. False where there is none of that name.
  bool kill(const std::string& name);
  /// A host's view of itself, as its coordinator would get it; for tests.
  result<std::string> view(const std::string& host, const std::string& question, const std::string& argument = "");

 private:
  node(config::deployment deployment, replay::composition_parts parts, node_options options);
  result<void> restore();
  void spawn_actors(std::vector<replay::composed_host> hosts);
  result<void> listen();
  result<void> open_gate();

  std::shared_ptr<const config::deployment> deployment_;
  replay::composition_parts parts_;
  node_options options_;
  std::shared_ptr<actors::introspection> figures_ = std::make_shared<actors::introspection>(process_name());
  std::shared_ptr<actors::directory> directory_ = std::make_shared<actors::directory>();
  std::shared_ptr<actors::supervision_notes> notes_ = std::make_shared<actors::supervision_notes>();
  std::shared_ptr<actors::sequencer> sequencer_;
  std::shared_ptr<const persistence::snapshot_store> snapshots_;
  log_boards boards_;
  hash256 configuration_;
  std::map<std::uint32_t, std::string> host_names_;
  std::vector<event> preamble_;
  bool source_ended_ = false;
  std::shared_ptr<actors::job_history> jobs_known_ = std::make_shared<actors::job_history>();

  actors::system_config system_config_;
  std::unique_ptr<actors::actor_system> system_;
  actors::actor_ptr root_;
  std::unique_ptr<api::http_server> http_;
  std::unique_ptr<remote::host_gate> gate_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<node_outcome> outcome_;
  bool root_ended_ = false;
  bool stopped_ = false;
};

}  // namespace tomnext::app
