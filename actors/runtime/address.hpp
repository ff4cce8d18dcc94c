// Stable addresses: whoever holds one reaches the life that an actor has now, across its restarts.
#pragma once
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "actors/runtime/caf.hpp"

namespace tomnext::actors {

/// Not an actor that runs: what is sent here is put into the mailbox of the present life by the sender itself, at the cost of one lock.
/// While there is no life, messages wait here in their order, at most `backlog_max` of them. Beyond that requests are refused with errc::overloaded, and what
/// is no request is counted and gone. Notices of the framework (an order to end, say) are for a life, and do not wait for the next one.
/// Delivery is at most once: what a life had in its mailbox when it ended is answered with an error where it was a request, and lost where it was not.
class address final : public stand_in {
 public:
  address(spawn_config& config, std::string name, std::size_t backlog_max);

  void take(mail_ptr message, worker_ptr worker) override;

  /// A new life: it gets what has waited, in order, before anything that is sent from now on.
  void bind(actor_ptr life);
  /// That life is over; nothing happens where another one is bound already.
  void unbind(const actor_ptr& life);
  /// Its life has ended for good: what waits is refused, and so is everything until another life is bound.
  void retire();
  /// The same for ever; those who watch this address learn of it.
  void close();

  /// Who bears the name now; null while nobody does.
  [[nodiscard]] actor_ptr life() const;
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::uint64_t refused() const;

 private:
  [[nodiscard]] error why_refused() const;

  const std::size_t backlog_max_;
  mutable std::mutex mutex_;
  actor_ptr life_;
  std::deque<mail_ptr> backlog_;
  std::uint64_t refused_ = 0;
  bool retired_ = false;
};

/// An address without a life yet.
[[nodiscard]] actor_ptr make_address(actor_system& system, std::string name, std::size_t backlog_max);
/// What `p` points to, where it is an address; null otherwise.
[[nodiscard]] address* as_address(const actor_ptr& p);

}  // namespace tomnext::actors
