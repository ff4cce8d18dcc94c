// Reads the log of a running node again, on a thread of its own and slowly, so that damage is found while there is still a backup without it.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "actors/journal/scrub_board.hpp"
#include "actors/protocols.hpp"
#include "actors/runtime/clock.hpp"
#include "persistence/throttle.hpp"

namespace tomnext::actors {

struct scrubber_settings {
  std::string directory;          ///< of the log
  std::uint64_t bytes_per_s = 0;  ///< on average; above 0
  std::shared_ptr<scrub_board> board;
  std::chrono::seconds pass_every{60};   ///< a pass begins no sooner than this after the one before: a small log is not read all the time
  std::chrono::seconds retry_after{60};  ///< after a failure that is no damage
};

/// One step of about a quarter of a second's share per message, so that an order to end waits for no more than that (or for one content or snapshot, which is
/// read as a whole). How far it is goes to the log's file `scrub` when it ends, and a new life goes on there. Damage is told once, and stops nobody: what is
/// durable elsewhere, what may still be traded on, and when to stop are an operator's to decide.
class scrubber_state {
 public:
  scrubber_state(scrubber_protocol::pointer self, std::shared_ptr<const persistence::event_log> log, scrubber_settings settings);
  scrubber_protocol::behavior_type behavior();

 private:
  [[nodiscard]] std::chrono::nanoseconds next_piece();
  result<std::chrono::nanoseconds> step();
  void told(const persistence::scrub_step& s);
  void stop(const actor_error& reason);

  scrubber_protocol::pointer self_;
  std::shared_ptr<const persistence::event_log> log_;
  scrubber_settings settings_;
  persistence::throttle pace_;
  std::optional<persistence::scrubber> scrubber_;  // none before the first step
  monotonic_time pass_began_{};
  bool begins_ = true;
  bool unsaved_told_ = false;
};

}  // namespace tomnext::actors
