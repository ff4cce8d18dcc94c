// Between the writer and the actor that serves readers: what was committed a moment ago, and how far each reader is. It outlives that actor.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "actors/runtime/caf.hpp"
#include "persistence/feed.hpp"

namespace tomnext::actors {

struct feed_link {
  feed_link(std::shared_ptr<const persistence::event_log> log, std::uint64_t bytes_max) : recent(std::move(log), bytes_max) {}

  /// The writer never waits for a reader, and hands over within a bound: groups lie here, and one message at most says that there are some.
  persistence::feed recent;
  std::atomic<bool> told{false};  ///< that message is on its way

  struct place {
    std::uint64_t done_to = 0;
    actor_ptr who;  ///< null: it is away
  };
  std::map<std::string, place> places;  ///< by reader; of the serving actor alone
};

}  // namespace tomnext::actors
