// The first inputs of a live log as events, with the positions by which the log takes each once.
#pragma once
#include <vector>

#include "actors/replay/composition.hpp"

namespace tomnext::replay {

/// In order, from the configuration ingress, positions from 1, at deployment.begins: the log's declaration first. The deployment has been prepared.
inline std::vector<event> preamble_events(const config::deployment& d, const hash256& configuration, log_purpose purpose) {
  std::vector<event> all;
  const auto add = [&](const auto& payload) {
    header h;
    h.at = d.begins;
    h.host = configuration_ingress;
    h.position = all.size() + 1;
    all.emplace_back(h, payload);
  };
  add(declaration_of(purpose));
  preamble(d, configuration, add);
  return all;
}

}  // namespace tomnext::replay
