// Between the writer and the actor that serves readers: what was committed a moment ago, and how far each reader is. It outlives that actor.
#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actors/protocols.hpp"
#include "persistence/feed.hpp"

namespace tomnext::actors {

struct feed_link {
  feed_link(std::shared_ptr<const persistence::event_log> log, std::uint64_t bytes_max) : recent(std::move(log), bytes_max) {}

  /// The writer never waits for a reader, and hands over within a bound: groups lie here, and one message at most says that there are some.
  persistence::feed recent;
  std::atomic<bool> told{false};  ///< that message is on its way

  /// A message that a reader has and has not answered.
  struct given {
    std::uint64_t last_seq, through, events;
  };
  struct reader {
    persistence::feed_cursor cursor;
    durable_reader who;
    std::uint64_t credit_events = 0;
    std::deque<given> outstanding = {};
    std::uint64_t outstanding_events = 0;
    caf::actor_clock::time_point returned = {};  ///< when it last gave credit back, or began to have something
    bool stalled = false;
    std::uint64_t stalls = 0;
  };
  // Of the serving actor alone, and of its next life.
  std::map<std::string, std::uint64_t> done_to;  ///< by the name of a reader, also while it is away
  std::map<std::string, reader> readers;         ///< those that are there
};

}  // namespace tomnext::actors
