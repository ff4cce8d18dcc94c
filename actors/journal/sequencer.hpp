// The sequencer's decisions, without an actor around them: who may append what, in which order it gets its seq, and when all is quiet.
#pragma once
#include <deque>
#include <map>
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

class sequencer {
 public:
  explicit sequencer(ordering order) : order_(order) {}

  /// Declares a composed host, in rank order, before anything else.
  void define(const host_definition& d);
  /// Then one call per event of the stored log, in order.
  void restore(const event& e);

  /// A new life of a host: appends of its earlier lives are refused from here on. A host that the log does not know decides nothing of the past.
  registration enroll(host_id host);

  /// Inputs from outside. An ingress's position must be above its last, or 0 where it keeps none; a timer must be armed.
  /// False for what the log already has: it changes nothing.
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
  std::vector<ranked_host> ranked_;
  std::map<timer_key, std::uint64_t> armed_;  // → seq of the arming
  std::vector<event> fresh_;                  // sequenced, not yet drained
  std::deque<routed> routes_;                 // lockstep: of the events from next_cause_ on, what release needs to know of them
  std::uint64_t next_cause_ = 1;              // lockstep: the next answer to release is (next_cause_, next_rank_)
  std::size_t next_rank_ = 0;
};

}  // namespace tomnext::actors
