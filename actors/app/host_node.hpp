// A process that runs hosts and has no log: their journal is in another process. The hosts are those of any node, unchanged.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "actors/app/node_tree.hpp"
#include "actors/remote/endpoint.hpp"
#include "actors/remote/host_gate.hpp"
#include "actors/remote/link.hpp"

namespace tomnext::app {

struct host_node_options {
  std::string name;          ///< this node's, as in its certificate and in the journal's placement
  std::string journal_node;  ///< the name in the certificate of the node to connect to
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  remote::tls_files files;
  std::set<std::string> hosts;  ///< those that are placed here
  remote::session_limits limits;
  std::function<void(const std::string&)> tell;
};

/// Connects to the journal's node, runs its hosts under one supervisor as long as that connection lasts, and begins anew with the next one: new lives of
/// all hosts, which recover from the log.
class host_node {
 public:
  /// Returns at once; the journal's node need not be there yet. errc::configuration_value: files, a host that the deployment does not have.
  static result<std::unique_ptr<host_node>> start(config::deployment deployment, replay::composition_parts parts, host_node_options options);
  ~host_node();
  host_node(const host_node&) = delete;
  host_node& operator=(const host_node&) = delete;

  /// Blocks until a host cannot go on (a log that it cannot fold, say), or finish() is called.
  node_outcome wait();
  void finish(node_outcome outcome);
  [[nodiscard]] remote::endpoint_figures figures() const { return endpoint_->figures(); }

 private:
  host_node(config::deployment deployment, replay::composition_parts parts, host_node_options options);
  result<void> begin();
  result<std::shared_ptr<remote::conversation>> linked(std::function<void()> wake);
  void start_hosts(remote::node_link& over);
  void end_hosts();

  host_node_options options_;
  node_parts parts_;
  hash256 configuration_;
  actors::system_config system_config_;
  std::unique_ptr<actors::actor_system> system_;
  std::unique_ptr<remote::endpoint> endpoint_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  actors::actor_ptr root_;  // null: no hosts run, and the next connection may begin
  std::optional<node_outcome> outcome_;
};

}  // namespace tomnext::app
