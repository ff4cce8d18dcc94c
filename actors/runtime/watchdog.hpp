// Names handlers that keep a shared thread for too long: nothing that blocks may run there.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/protocols.hpp"
#include "actors/runtime/introspection.hpp"

namespace tomnext::actors {

/// A handler that has been running for longer than `slow_handler`, on a thread that it shares.
struct slow_report {
  std::string actor;
  std::string message;
  std::chrono::milliseconds time{};
  std::uint64_t untold = 0;  ///< so many were slow since the last report of this actor
};

/// What is slow now and is to be told: an actor once in `told_every`, however often it is slow, so that a starved machine does not fill the log.
/// How often is in the actors' figures.
class slow_watch {
 public:
  static constexpr std::chrono::seconds told_every{10};
  [[nodiscard]] std::vector<slow_report> look(const std::vector<std::shared_ptr<const actor_record>>& records, std::chrono::steady_clock::time_point now);

 private:
  struct told {
    std::uint64_t message;  ///< its number among those that the actor has handled
    std::chrono::steady_clock::time_point at;
    std::uint64_t untold;
  };
  std::map<std::string, told> told_;
};

/// Looks often enough to see what takes `slow_handler`. On a thread of its own, since it is the shared ones that it watches.
class watchdog_state {
 public:
  watchdog_state(watchdog_protocol::pointer self, std::shared_ptr<const introspection> figures, std::function<void(const slow_report&)> tell);
  watchdog_protocol::behavior_type behavior();

 private:
  watchdog_protocol::pointer self_;
  std::shared_ptr<const introspection> figures_;
  std::function<void(const slow_report&)> tell_;
  slow_watch watch_;
};

}  // namespace tomnext::actors
