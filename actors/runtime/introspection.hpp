// What each actor of a node is doing: written by the actors themselves without locks, read by anybody.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/runtime/actor_figures.hpp"
#include "actors/runtime/latency_histogram.hpp"

namespace tomnext::actors {

/// The figures of one life of one actor. What only the actor writes is a plain load and store; `enqueued` is written by every sender.
class actor_record {
 public:
  actor_record(std::uint64_t id, std::string name, std::string kind, std::string parent);

  // ---- of the actor that owns the record (its thread only) ----
  /// The text must live for ever: a literal.
  void set_state(const char* state) { state_.store(state, std::memory_order_release); }
  /// Something went wrong: counted, and kept as the last error.
  void set_error(std::string text);
  /// A message is about to be handled. The queue is deepest right here, so its high-water mark needs no work of the senders.
  void begin_message() {
    const auto depth = enqueued_.load(std::memory_order_relaxed) - consumed_.load(std::memory_order_relaxed);
    if (depth > depth_max_.load(std::memory_order_relaxed)) depth_max_.store(depth, std::memory_order_relaxed);
  }
  /// A message left the queue without counting as work: a time-out that came too late, a notice of the framework.
  void leave_queue() { add_one(consumed_); }
  /// A message was handled.
  void end_message(std::uint64_t service_ns) {
    add_one(consumed_);
    add_one(processed_);
    service_.record(service_ns);
  }
  /// This life is over; what is still sent to it is in no queue.
  void end(const char* state) {
    ended_.store(true, std::memory_order_relaxed);
    set_state(state);
  }

  // ---- of anybody ----
  /// Told by whoever serves the durable feed.
  void set_feed_lag(std::uint64_t events) { feed_lag_.store(static_cast<std::int64_t>(events), std::memory_order_relaxed); }
  void count_enqueued() { enqueued_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] const char* state() const { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& parent() const { return parent_; }
  [[nodiscard]] actor_figures figures() const;

 private:
  friend class introspection;
  /// Goes on where an earlier life under the same name ended.
  void take_over(const actor_record& earlier);
  void count_restart(std::string reason);
  static void add_one(std::atomic<std::uint64_t>& n) { n.store(n.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }

  const std::uint64_t id_;
  const std::string name_, kind_, parent_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<const char*> state_{"starting"};
  std::atomic<bool> ended_{false};
  std::atomic<std::uint64_t> depth_max_{0}, consumed_{0}, processed_{0}, errors_{0}, restarts_{0};
  latency_histogram service_;
  std::atomic<std::int64_t> feed_lag_{-1};              // below 0: it reads no feed
  alignas(64) std::atomic<std::uint64_t> enqueued_{0};  // of the senders: not on the line that the actor writes
  mutable std::mutex text_mutex_;
  std::string last_error_;
};

/// All actors of a node by name. Owned by the node and handed to whoever spawns; names are unique within a node.
class introspection {
 public:
  /// An actor begins. A restarted actor of the same name gets a fresh record that continues the counts, service times and last error of the one before.
  std::shared_ptr<actor_record> add(std::uint64_t id, std::string name, std::string kind, std::string parent);
  /// Its supervisor starts it again. Unknown names are ignored.
  void restarted(const std::string& name, std::string reason);
  /// It ended for good and nobody needs to see it any more. Its children, if any, are listed as roots.
  void removed(const std::string& name);
  /// The record of a name, or null.
  [[nodiscard]] std::shared_ptr<actor_record> find(const std::string& name) const;
  /// As a tree: parents before their children, siblings in the order of their first start.
  [[nodiscard]] std::vector<actor_figures> figures() const;

 private:
  struct entry {
    std::uint64_t order{};
    std::shared_ptr<actor_record> record;
  };
  mutable std::mutex mutex_;
  std::map<std::string, entry> entries_;
  std::uint64_t next_order_ = 0;
};

}  // namespace tomnext::actors
