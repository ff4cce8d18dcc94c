// The sequencer's decisions, without an actor around them: who may append what, in which order it gets its seq, and when all is quiet.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "actors/runtime/host_core.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::actors {

/// How outputs of hosts get their place.
enum class ordering : std::uint8_t {
  arrival,   ///< as they come
  lockstep,  ///< by (cause, host rank, ordinal), as the back-test kernel does
};

/// A host's answer when it registers: its new life, and how much of the log it must read.
struct registration {
  std::uint32_t incarnation{};
  std::uint64_t registered_at{};  ///< read through this seq
  host_record record;
  bool known{};  ///< it has lived before in this log
};

/// As many of the latest operator commands are remembered, with their idempotency keys and outcomes, also over a restart: a key that is older than all of
/// them counts as new. Bounds the sequencer's memory to some 8 MB.
inline constexpr std::size_t commands_remembered_max = 16'384;

class sequencer {
 public:
  explicit sequencer(ordering order) : order_(order) {}

  /// Declares a composed host, in rank order, before anything else.
  void define(const host_definition& d);
  /// Then one call per event of the stored log, in order.
  void restore(const event& e);

  /// A new life of a host: appends of its earlier lives are refused from here on. A host that the log does not know decides nothing of the past.
  registration enroll(host_id host);

  /// Whether an input may enter, before anything is changed: 0 where it is new, the seq of its first time where its idempotency key and all else are known.
  /// errc::version_conflict: its stream does not end at `expected_version` · errc::invalid_argument: its key was another command's. A repetition is one
  /// whatever version it expects: its first time met it.
  [[nodiscard]] result<std::uint64_t> may_admit(const event& e, std::optional<std::uint64_t> expected_version) const;
  /// The seq of the last event of a stream: what one ingress said under one routing key. 0: nothing yet.
  [[nodiscard]] std::uint64_t version_of(host_id ingress, std::uint32_t routing_key) const;
  /// The last event with which hosts have answered a remembered command; 0: none has.
  [[nodiscard]] std::uint64_t outcome_of(std::uint64_t command_seq) const;

  /// Inputs from outside. An ingress's position must be above its last, or 0 where it keeps none; a timer must be armed.
  /// False for what the log already has, a command whose key is known among it: it changes nothing.
  bool admit(event e);
  /// A host's reactions in the order of their causes, and how far it has consumed its inputs. errc::stale_incarnation for an earlier life;
  /// a reaction that the log has is dropped.
  result<void> take(host_id host, std::uint32_t incarnation, std::uint64_t answered_to, std::vector<reaction> reactions);

  /// Events that got their seq since the last call, as one group of whole reactions; empty where there is none.
  persistence::group_ref drain();

  [[nodiscard]] std::uint64_t head() const { return head_; }
  [[nodiscard]] timestamp now() const { return now_; }
  /// Lockstep: every host has answered everything. In arrival order: nothing is waiting to be sequenced.
  [[nodiscard]] bool quiet() const { return order_ == ordering::arrival || next_cause_ > head_; }
  /// The host that the release waits for: for people who ask why nothing moves.
  [[nodiscard]] std::string waiting_for() const;
  /// The position that an ingress or a host has recorded.
  [[nodiscard]] std::uint64_t position_of(host_id host) const;
  /// Timers that were armed and have not fired, in order of (due, target, timer, generation).
  [[nodiscard]] std::vector<timer_armed> armed_timers() const;
  void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }
  [[nodiscard]] ordering order() const { return order_; }

 private:
  struct host_entry {
    std::uint32_t incarnation = 0;
    std::uint64_t position = 0;     // highest recorded
    std::uint64_t recorded_to = 0;  // seq of the last own event
    bool known = false;
    bool composed = false;
  };
  struct remembered_command {
    std::uint64_t seq;
    std::uint64_t outcome;  // 0: no host has answered it
    operator_commanded what;
  };
  struct ranked_host {
    host_definition definition;
    std::uint64_t decided_to = 0;  // of its present life: causes up to here need no answer
    std::uint64_t answered_to = 0;
    std::deque<reaction> answers;  // not yet released
  };
  struct routed {
    std::uint16_t type;
    std::uint32_t key;
    host_id target;
    host_id from;
  };
  using timer_key = std::tuple<timestamp, host_id, timer_id, std::uint32_t>;

  void record(const event& e);
  void remember(const event& e);
  [[nodiscard]] std::size_t place_of_command(std::uint64_t seq) const;
  [[nodiscard]] const remembered_command* command_at(std::uint64_t seq) const;
  [[nodiscard]] const remembered_command* command_of(const event& e) const;
  void sequence(event& e);
  void sequence_all(std::vector<event>& events) {
    for (auto& e : events) sequence(e);
  }
  void release();
  bool release_answer(ranked_host& h, std::uint64_t cause);
  void release_marks(ranked_host& h);
  [[nodiscard]] bool wants(const ranked_host& h, const routed& r) const;
  ranked_host* ranked(host_id id);

  ordering order_;
  std::uint64_t head_ = 0;
  std::uint64_t epoch_ = 0;
  timestamp now_{};
  std::map<std::uint32_t, host_entry> hosts_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> streams_;  // (ingress, routing key) → version
  std::deque<remembered_command> commands_;                                   // in order of their seqs
  std::map<std::string, std::uint64_t, std::less<>> command_keys_;            // → seq
  std::vector<ranked_host> ranked_;
  std::map<timer_key, std::uint64_t> armed_;  // → seq of the arming
  std::vector<event> fresh_;                  // sequenced, not yet drained
  std::deque<routed> routes_;                 // lockstep: of the events from next_cause_ on, what release needs to know of them
  std::uint64_t next_cause_ = 1;              // lockstep: the next answer to release is (next_cause_, next_rank_)
  std::size_t next_rank_ = 0;
};

}  // namespace tomnext::actors
