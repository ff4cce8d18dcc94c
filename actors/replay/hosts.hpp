// The composed hosts behind one virtual interface: for decision replay and for the live node.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "actors/replay/composition.hpp"
#include "actors/runtime/host_core.hpp"

namespace tomnext::replay {

struct composed_host {
  actors::host_definition definition;
  std::shared_ptr<actors::hosted_service> service;
  /// What the service shows of itself, as JSON: (service, question, argument).
  std::function<result<std::string>(const actors::hosted_service&, const std::string&, const std::string&)> view;
};

/// All hosts of a deployment in rank order, each with its first state.
result<std::vector<composed_host>> compose_hosts(const config::deployment& d, const composition_parts& parts);

}  // namespace tomnext::replay
