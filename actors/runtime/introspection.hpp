// What each actor of a node is doing: written by the actors themselves without locks, read by anybody.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/runtime/actor_figures.hpp"
#include "actors/runtime/flow_table.hpp"
#include "actors/runtime/hop_ring.hpp"
#include "actors/runtime/latency_histogram.hpp"
#include "actors/runtime/turn_timer.hpp"

namespace tomnext::actors {

/// A handler on a shared thread that takes longer keeps others from running: it is counted, and the watchdog names it.
inline constexpr std::chrono::milliseconds slow_handler{50};

/// The figures of one life of one actor. What only the actor writes is a plain load and store; `enqueued` is written by every sender.
class actor_record {
 public:
  actor_record(std::uint64_t id, std::string name, std::string kind, std::string parent);

  // ---- of the actor that owns the record (its thread only) ----
  /// The text must live for ever: a literal.
  void set_state(const char* state) { state_.store(state, std::memory_order_release); }
  /// Something went wrong: counted, and kept as the last error.
  void set_error(std::string text);
  /// It has a thread of its own, and may block.
  void set_apart() { apart_.store(true, relaxed); }
  /// What its state takes, as far as it knows.
  void set_memory(std::uint64_t bytes) { state_bytes_.store(bytes, relaxed); }
  /// The message that is being handled is about this stretch of the log: kept for traces.
  void handles(std::uint64_t first_seq, std::uint64_t last_seq) {
    if (hop_last_ == 0 || hop_last_ + 1 != first_seq) hop_first_ = first_seq;
    hop_last_ = last_seq;
  }
  void set_in_flight(std::uint64_t requests) { in_flight_.store(requests, relaxed); }
  /// Before a turn, and now and then within a long one: the queue is deepest there, so its high-water mark needs no work of the senders.
  void look_at_queue() {
    const auto depth = queue_depth();
    if (depth > depth_max_.load(relaxed)) depth_max_.store(depth, relaxed);
  }
  /// A message with this name is about to be handled; since then at the latest.
  void begin_message(std::uint64_t name, std::uint64_t since_ns) {
    message_.store(name, relaxed);
    busy_since_ns_.store(since_ns, relaxed);
  }
  /// A message left the queue without counting as work: a time-out that came too late, a notice of the framework.
  void leave_queue() {
    add_one(consumed_);
    idle();
  }
  /// It looked at a message, and left it where it is.
  void idle() { busy_since_ns_.store(0, relaxed); }
  void count_conflated() { add_one(conflated_); }
  /// A message was handled. What it took is told by took().
  void end_message(std::uint64_t sender, std::uint64_t name) {
    add_one(consumed_);
    add_one(processed_);
    own_tables().flow.count(sender, name);
    idle();
  }
  /// True where the clock is to be read after this message: it is about events, or followed from its sender's hand.
  [[nodiscard]] bool wants_time() const { return hop_last_ != 0 || sample_reached(); }
  /// What the messages since the last reading of the clock took together.
  void took(const timed_messages& t, std::uint64_t now_ns) {
    add_times(t);
    if (hop_last_ != 0) note_hop(now_ns - t.total_ns, now_ns);
    if (sample_reached()) take_sample(now_ns);
  }
  /// At the beginning of a turn: what the last one left. True where its messages were short.
  bool take_rest();
  /// This life is over; what is still sent to it is in no queue.
  void end(const char* state) {
    ended_.store(true, std::memory_order_release);
    busy_since_ns_.store(0, relaxed);
    set_state(state);
  }

  // ---- of anybody ----
  /// What the last messages of a turn took. The thread that worked it off tells this when the actor may already run on another one.
  void leave_rest(const timed_messages& t) {
    if (t.count != 0) rest_.fetch_add(t.count << rest_bits | std::min(t.total_ns, rest_mask), std::memory_order_release);
  }
  /// Told by whoever serves the durable feed.
  void set_feed_lag(std::uint64_t events) { feed_lag_.store(static_cast<std::int64_t>(events), relaxed); }
  /// Told by each sender, before the message is in the queue. One in sixteen is followed until it is handled, one at a time.
  void count_enqueued() {
    const auto n = enqueued_.fetch_add(1, relaxed);
    if (n % follow_every == 0 && sample_.load(relaxed) == 0) begin_sample(n);
  }
  /// A message that found the mailbox full. Senders race for it.
  void count_refused() { refused_.fetch_add(1, relaxed); }
  [[nodiscard]] std::uint64_t queue_depth() const { return enqueued_.load(relaxed) - consumed_.load(relaxed); }
  [[nodiscard]] const char* state() const { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& parent() const { return parent_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] actor_figures figures() const;
  [[nodiscard]] std::vector<flow_table::row> flow() const;
  /// Null for actors that handle no stretch of the log, or none yet in this life.
  [[nodiscard]] const hop_ring* hops() const { return hops_.load(std::memory_order_acquire); }

  /// What it has been handling, and since when; nothing where it is idle, or may take its time.
  struct busy {
    std::uint64_t message{};  ///< how many it has handled before: tells one from the next
    std::uint64_t name{};
    std::chrono::nanoseconds time{};
  };
  [[nodiscard]] busy busy_now() const;

 private:
  friend class introspection;
  static constexpr auto relaxed = std::memory_order_relaxed;
  static constexpr std::uint64_t follow_every = 16;
  static constexpr std::uint64_t slow_ns = std::chrono::nanoseconds(slow_handler).count();
  // A sample is one word: 40 bits of the clock (18 minutes) and 24 of the message's number, so that sender and actor agree on it without a lock.
  static constexpr std::uint64_t number_bits = 24;

  static constexpr std::uint64_t number_mask = (std::uint64_t{1} << number_bits) - 1;
  // So is what a turn left: its number of messages over 56 bits of nanoseconds.
  static constexpr std::uint64_t rest_bits = 56;
  static constexpr std::uint64_t rest_mask = (std::uint64_t{1} << rest_bits) - 1;
  static timed_messages rest_of(std::uint64_t word);

  void add_times(const timed_messages& t);
  void note_hop(std::uint64_t begun_ns, std::uint64_t ended_ns);
  void begin_sample(std::uint64_t number);
  // What overtakes others in the queue makes the numbers differ by a few: a sample is of a message near the one that was followed.
  [[nodiscard]] bool sample_reached() const {
    const auto s = sample_.load(relaxed);
    if (s == 0) return false;
    constexpr auto shift = 64 - number_bits;
    return static_cast<std::int64_t>((consumed_.load(relaxed) - 1 - s) << shift) >= 0;
  }
  void take_sample(std::uint64_t now_ns);
  /// Goes on where an earlier life under the same name ended.
  void take_over(const actor_record& earlier);
  void count_restart(std::string reason);
  static void add_one(std::atomic<std::uint64_t>& n) { n.store(n.load(relaxed) + 1, relaxed); }

  const std::uint64_t id_;
  const std::string name_, kind_, parent_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  const std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
  std::atomic<const char*> state_{"starting"};
  std::atomic<bool> ended_{false}, apart_{false};
  std::atomic<std::uint64_t> depth_max_{0}, consumed_{0}, processed_{0}, errors_{0}, restarts_{0}, slow_{0}, conflated_{0};
  std::atomic<std::uint64_t> message_{0}, busy_since_ns_{0}, in_flight_{0}, state_bytes_{0}, service_ns_{0};
  // What is large: made with the first message, and handed on to the next life of the name, in which this one writes no more.
  struct tables {
    latency_histogram service, latency;
    flow_table flow;
    std::uint64_t short_ns = 0;  // of the actor: what a short message took lately
  };
  tables& own_tables() {
    auto* known = tables_.load(relaxed);
    return known != nullptr ? *known : make_tables();
  }
  tables& make_tables();
  [[nodiscard]] const tables* some_tables() const { return tables_.load(std::memory_order_acquire); }
  std::shared_ptr<tables> tables_kept_;
  std::atomic<tables*> tables_{nullptr};
  std::unique_ptr<hop_ring> hops_kept_;  // made when there is something to keep
  std::atomic<const hop_ring*> hops_{nullptr};
  std::uint64_t hop_first_ = 0, hop_last_ = 0;          // of the actor; last 0: this message is about no event
  std::atomic<std::int64_t> feed_lag_{-1};              // below 0: it reads no feed
  alignas(64) std::atomic<std::uint64_t> enqueued_{0};  // of the senders: not on the line that the actor writes
  std::atomic<std::uint64_t> refused_{0};
  alignas(64) std::atomic<std::uint64_t> sample_{0};  // 0: none is followed. Written by one sender in sixteen, read with each message
  std::atomic<std::uint64_t> rest_{0};
  mutable std::mutex text_mutex_;
  std::string last_error_;
  std::deque<restart_note> restart_notes_;
};

/// All actors of a node by name. Owned by the node and handed to whoever spawns; names are unique within a node.
class introspection {
 public:
  explicit introspection(std::string node = {}) : node_(std::move(node)) {}
  /// An actor begins. A restarted actor of the same name gets a fresh record that continues the counts, service times and last error of the one before.
  std::shared_ptr<actor_record> add(std::uint64_t id, std::string name, std::string kind, std::string parent);
  /// What its supervisor has declared of it, and a supervisor of itself. Unknown names are ignored.
  void declare(const std::string& name, std::string restart);
  void declare_strategy(const std::string& name, std::string strategy);
  /// Its supervisor starts it again. Unknown names are ignored.
  void restarted(const std::string& name, std::string reason);
  /// It ended for good and nobody needs to see it any more. Its children, if any, are listed as roots.
  void removed(const std::string& name);
  /// The record of a name, or null.
  [[nodiscard]] std::shared_ptr<actor_record> find(const std::string& name) const;
  /// As a tree: parents before their children, siblings in the order of their first start.
  [[nodiscard]] std::vector<actor_figures> figures() const;
  /// Who has sent what to whom, the most first. Senders that bear no name here are "#id".
  [[nodiscard]] std::vector<message_flow> flow() const;
  /// The records of all actors, for those that only look.
  [[nodiscard]] std::vector<std::shared_ptr<const actor_record>> records() const;

 private:
  struct entry {
    std::uint64_t order{};
    std::shared_ptr<actor_record> record;
    std::string restart = {}, strategy = {};
  };
  void forget_lives();
  const std::string node_;
  mutable std::mutex mutex_;
  std::map<std::string, entry> entries_;
  std::map<std::uint64_t, std::string> names_;  // of earlier lives too, the newest `lives_max`: what they have sent is still told
  static constexpr std::size_t lives_max = 10'000;
  std::uint64_t next_order_ = 0;
};

}  // namespace tomnext::actors
