// What introspection tells of one actor.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace tomnext::actors {

struct actor_figures {
  std::uint64_t id{};
  std::string name;    ///< "risk_management/book"
  std::string kind;    ///< "supervisor", "coordinator", "host", "ingress", "adapter", "journal", "dispatcher", "timers"
  std::string parent;  ///< name of its supervisor; empty for the root
  std::string state;   ///< "starting", "recovering", "running", "stopping", "stopped", "failed"
  std::uint64_t queue_depth{};
  std::uint64_t queue_depth_max{};
  std::uint64_t processed{};
  std::uint64_t errors{};
  std::uint64_t restarts{};
  std::string last_error;
  double p50_us{};  ///< service time of one message
  double p99_us{};
  double up_s{};                                      ///< since its last start
  std::optional<std::uint64_t> feed_lag_events = {};  ///< of a reader of the durable feed: durable, and not done by it; as of the last second
};

}  // namespace tomnext::actors
