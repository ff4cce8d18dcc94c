// The sequencer's decisions, without an actor around them: who may append what, in which order it gets its seq, and when all is quiet.
#pragma once
#include <deque>
#include <map>
#include <string>
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
struct registration_answer {
  std::uint32_t incarnation{};
  std::uint64_t registered_at{};  ///< read through this seq
  std::uint64_t decided_to{};     ///< the highest input that it has a recorded reaction to
  bool known{};                   ///< it has lived before in this log
};

class sequencer {
 public:
  explicit sequencer(ordering order) : order_(order) {}

  /// Before anything else: one call per event of the stored log, in order.
  void restore(const event& e);
  /// Declares a composed host, in rank order, before the first registration.
  void define(const host_definition& d);

  registration_answer enroll(host_id host, const std::string& name);
  /// The host will take events from here on; in lockstep its answers are waited for.
  void went_live(host_id host);

  /// Inputs from outside. An ingress's position must be above its last, or 0 where it keeps none. Returns false for what the log already has.
  bool admit(event e);
  /// A host's reactions, in the order of their causes. errc::stale_incarnation for an earlier life; a reaction that the log has is dropped.
  result<void> take(host_id host, std::uint32_t incarnation, std::vector<reaction> reactions);
  /// A mark of the runtime by a host of this life: sequenced at once.
  result<std::uint64_t> mark(host_id host, std::uint32_t incarnation, event e);

  /// Events that got their seq since the last call, as one group; empty where there is none.
  persistence::group_ref drain();

  [[nodiscard]] std::uint64_t head() const { return head_; }
  [[nodiscard]] timestamp now() const { return now_; }
  /// Every host has answered everything. In arrival order: nothing is waiting to be sequenced.
  [[nodiscard]] bool quiet() const { return order_ == ordering::arrival || next_cause_ > head_; }
  /// The host that the release waits for: for people who ask why nothing moves.
  [[nodiscard]] std::string waiting_for() const;
  [[nodiscard]] std::uint64_t position_of(host_id host) const;
  void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }

 private:
  struct host_entry {
    std::uint32_t incarnation = 0;
    std::uint64_t position = 0;      // highest recorded
    bool seen = false;
    std::string name;
  };
  struct ranked_host {
    host_definition definition;
    bool live = false;
    std::uint64_t decided_to = 0;    // of its present life
    std::deque<reaction> answers;    // not yet released
  };
  struct routed { std::uint16_t type; std::uint32_t key; host_id target; host_id from; };

  void sequence(event& e);
  void release();
  [[nodiscard]] bool answered_already(const ranked_host& h, std::uint64_t cause) const { return cause <= h.decided_to; }
  [[nodiscard]] bool wants(const ranked_host& h, const routed& r) const;
  void remember(const event& e);
  void rewind_to(std::uint64_t cause);

  ordering order_;
  std::uint64_t head_ = 0;
  std::uint64_t epoch_ = 0;
  timestamp now_{};
  std::map<std::uint32_t, host_entry> hosts_;
  std::vector<ranked_host> ranked_;
  std::vector<event> fresh_;           // sequenced, not yet drained
  std::deque<routed> routes_;          // of the events from routes_first_ on: what release needs to know of them
  std::uint64_t routes_first_ = 1;
  std::uint64_t next_cause_ = 1;       // lockstep: the next answer to release is (next_cause_, next_rank_)
  std::size_t next_rank_ = 0;
};

}  // namespace tomnext::actors
