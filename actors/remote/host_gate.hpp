// The journal's side of the links: lets nodes with hosts in, each for the hosts that are placed there, and for nothing else.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/remote/endpoint.hpp"
#include "actors/remote/link.hpp"
#include "actors/runtime/directory.hpp"

namespace tomnext::remote {

/// Which hosts a node runs, by the name in its certificate.
struct host_placement {
  std::string node;
  std::vector<std::string> hosts;  ///< "risk_management/book"
};

struct gate_settings {
  std::string name;  ///< this node's, as in its certificate
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  tls_files files;
  std::vector<host_placement> placements;
  session_limits limits;
  std::function<void(const std::string&)> tell;
};

/// Whom hosts elsewhere talk to, in the directory.
struct gate_names {
  std::string journal, reader, keeper, readiness;
};

class host_gate {
 public:
  /// `hosts`: ids of the composed hosts by name. Errors: endpoint::listen's; errc::configuration_value where a placement names no host, or one twice.
  static result<std::unique_ptr<host_gate>> open(actors::actor_system& system, std::shared_ptr<actors::directory> where, const gate_names& names,
                                                 const std::map<std::string, std::uint32_t>& hosts, const hash256& configuration, gate_settings settings);
  [[nodiscard]] std::uint16_t port() const { return endpoint_->port(); }
  [[nodiscard]] endpoint_figures figures() const { return endpoint_->figures(); }
  /// Hosts elsewhere lose their journal, and begin new lives when there is one again.
  void stop() { endpoint_->stop(); }

 private:
  explicit host_gate(std::unique_ptr<endpoint> e) : endpoint_(std::move(e)) {}
  std::unique_ptr<endpoint> endpoint_;
};

/// A number that tells one life of a process from the next.
[[nodiscard]] std::uint64_t random_run();

}  // namespace tomnext::remote
