// What a running node says is durable.
#pragma once
#include <optional>

#include "persistence/checksum.hpp"
#include "tests/e2e/live_node.hpp"

namespace tomnext::tests {

/// What a node has acknowledged, as it tells at /api/v1/log; nothing where it does not answer.
inline std::optional<persistence::log_head> acknowledged_by(live_node& n) {
  const auto j = n.ask("/api/v1/log");
  if (!j.is_object()) return std::nullopt;
  persistence::log_head h;
  h.seq = j["durable"];
  h.epoch = j["durable_epoch"];
  const auto hash = persistence::parse_hash(j["durable_hash"].get<std::string>());
  REQUIRE(hash);
  h.chain_hash = *hash;
  return h;
}

}  // namespace tomnext::tests
