// The life of a host by laws 5 to 7, without an actor around it: fold the log, then one atomic reaction per input.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actors/runtime/hosted_service.hpp"
#include "domain/base/result.hpp"

namespace tomnext::actors {

/// Everything a host puts out for one input: one append, whole or absent. A mark of the runtime is a reaction to the last input consumed.
struct reaction {
  std::uint64_t cause{};
  std::vector<event> events;
  /// Marks tell of the host's life; they are no answer to their cause.
  [[nodiscard]] bool is_mark() const;
};

/// What a recovery starts from: a snapshot, or nothing.
struct recovery_point {
  std::uint64_t covered = 0;  ///< inputs up to here are in the state
  std::uint64_t mark = 0;     ///< own outputs up to here are in the state
};

/// What the journal knows of a host when it registers.
struct host_record {
  std::uint64_t decided_to = 0;   ///< c*: the highest input that it has a recorded reaction to, or passed over
  std::uint64_t recorded_to = 0;  ///< seq of its last own event
};

class host_core {
 public:
  host_core(host_definition definition, std::shared_ptr<hosted_service> service) : definition_(std::move(definition)), service_(std::move(service)) {}

  /// Begins a life.
  void begin(std::uint32_t incarnation, const host_record& record, const recovery_point& point);

  /// Folds one event of the log: every event after point.covered through the registration seq, in order, own ones included. Two independent cursors:
  /// an input up to decided_to is applied, then what is recorded for it, and nothing is decided; a later input is decided anew.
  /// Inputs wait until the own events recorded for them have been seen; behind recorded_to nothing waits any more.
  result<void> fold(const event& e);
  /// The log is read. What still waits is taken; after this the host is live.
  result<void> end_of_log();

  /// One live input; nothing where the event is not for this host. An error: the service cannot answer it, and its state is no longer to be used.
  result<void> take(const event& e);

  /// That input is not shown to the service: it is answered by being parked, for this reason. To be said before the life begins to fold.
  void pass_over(std::uint64_t seq, std::string why);
  /// Seq of the input that its service is deciding on; 0 where it is not. After an exception, and after an error of fold, end_of_log or take: whose fault it
  /// is, which need not be the event that was handed in.
  [[nodiscard]] std::uint64_t deciding() const { return deciding_; }
  /// The reaction to the input that is being decided on, where it is passed over.
  [[nodiscard]] reaction parked(std::string_view why) const { return parked(deciding_, deciding_at_, why); }

  /// Reactions since the last call, in the order of their causes; empty answers are not among them.
  [[nodiscard]] std::vector<reaction> reactions() { return std::exchange(reactions_, {}); }
  /// A mark of this host, as the reaction to the last input consumed.
  template <class E> [[nodiscard]] reaction mark(const E& payload, std::uint64_t position) const {
    header h;
    h.position = position;
    h.host = definition_.id;
    h.incarnation = incarnation_;
    return {position, {event(h, payload)}};
  }

  [[nodiscard]] const host_definition& definition() const { return definition_; }
  [[nodiscard]] hosted_service& service() { return *service_; }
  [[nodiscard]] const hosted_service& service() const { return *service_; }
  [[nodiscard]] std::uint32_t incarnation() const { return incarnation_; }
  /// The newest input consumed.
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }
  [[nodiscard]] std::uint64_t inputs() const { return inputs_; }

 private:
  result<void> settle(const event& input);
  result<void> settle_through(std::uint64_t seq);
  result<void> fold_own(const event& e);
  [[nodiscard]] reaction parked(std::uint64_t seq, timestamp at, std::string_view why) const;

  host_definition definition_;
  std::shared_ptr<hosted_service> service_;
  std::uint32_t incarnation_ = 0;
  host_record record_;
  recovery_point point_;
  std::deque<event> waiting_;  // inputs whose recorded reactions may still come
  std::uint64_t consumed_ = 0;
  std::optional<timestamp> said_at_;  // of the newest input applied: what is said to it is said at this time
  std::uint64_t inputs_ = 0;
  std::uint64_t deciding_ = 0;
  timestamp deciding_at_;
  std::uint64_t passed_over_ = 0;  // seq; 0: none
  std::string passed_over_why_;
  std::vector<reaction> reactions_;
  std::vector<event> buffer_;
};

/// Marks of the runtime that carry a host's id but are not outputs of its service.
bool is_host_mark(std::uint16_t type_number);

}  // namespace tomnext::actors
