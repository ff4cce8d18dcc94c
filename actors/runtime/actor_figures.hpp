// What introspection tells of one actor.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tomnext::actors {

/// One restart, as its supervisor saw it.
struct restart_note {
  std::string at;      ///< UTC, "2026-02-03T04:05:06.789Z"
  std::string reason;  ///< "an exception escaped: boom"
  friend bool operator==(const restart_note&, const restart_note&) = default;
};

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
  double p95_us = 0;
  double service_s = 0;  ///< all its service times together: what it has worked
  double p999_us = 0;
  double latency_p50_us = 0;  ///< from the sender's hand to the end of its handler: waiting and service. Of a sample of messages
  double latency_p95_us = 0;
  double latency_p99_us = 0;
  double latency_p999_us = 0;
  std::string node = {};                         ///< name of the process that it lives in
  std::string since = {};                        ///< UTC, of its last start
  std::string thread = {};                       ///< "shared", or "own" where it may block
  std::string policy = {};                       ///< what its supervisor does with it: "permanent, 2 s to stop"; of a supervisor also its strategy
  std::string message = {};                      ///< what it handles now: "deliver"; empty where it is idle
  double busy_ms = 0;                            ///< with that, so long
  std::uint64_t slow = 0;                        ///< messages that took longer than `slow_handler`
  std::uint64_t refused = 0;                     ///< messages that found its mailbox full
  std::uint64_t conflated = 0;                   ///< messages that a later one made needless
  std::uint64_t in_flight = 0;                   ///< requests of its own that wait for an answer
  std::uint64_t memory_bytes = 0;                ///< its state as far as it tells, its mailbox (128 bytes a message) and its record
  std::vector<restart_note> restart_notes = {};  ///< the latest, oldest first
};

/// So many messages of this name went from one actor to another.
struct message_flow {
  std::string from;  ///< empty: from outside of actors
  std::string to;
  std::string message;  ///< "deliver"; "answer" for answers to its own requests
  std::uint64_t count{};
  friend bool operator==(const message_flow&, const message_flow&) = default;
};

}  // namespace tomnext::actors
