// Between the writer and the actor that serves readers: what was committed a moment ago, and how far each reader is. It outlives that actor. Readers that live
// at the head get their messages from the writer's thread, in the name of that actor: the way over its thread costs as much as half a sync.
#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
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
    actor_time returned = {};  ///< when it last gave credit back, or began to have something
    bool stalled = false;
    std::uint64_t stalls = 0;
  };

  /// Whoever serves has it. The writer never waits for it: where it is taken, the serving actor is told that there is something.
  std::mutex serving;
  // Of whoever serves.
  std::map<std::string, std::uint64_t> done_to;  ///< by the name of a reader, also while it is away
  std::map<std::string, reader> readers;         ///< those that are there
  bool awaited = false;                          ///< somebody waits until a reader is done: the serving actor must hear of each step

  /// Sends a reader what was taken for it, counted against its credit, in the feed's name. Called while serving.
  void give(const std::string& name, reader& r, persistence::feed_batch batch, const feed_protocol& feed, actor_time now);
  /// Called by the writer when `recent` has more: readers at the head get it, and the feed's actor is told where somebody could have more than that.
  void announce(const feed_protocol& feed, actor_time now);

 private:
  bool serve_recent(const feed_protocol& feed, actor_time now);
};

}  // namespace tomnext::actors
