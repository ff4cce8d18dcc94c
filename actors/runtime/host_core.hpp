// The life of a host by laws 5 to 7, without an actor around it: recover, then one atomic reaction per input.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actors/runtime/hosted_service.hpp"
#include "domain/base/result.hpp"

namespace tomnext::actors {

/// Everything a host puts out for one input: one append, whole or absent. Empty where it had nothing to say.
struct reaction {
  std::uint64_t cause{};
  std::vector<event> events;
};

/// Events in seq order, one at a time; nothing at the end.
using event_source = std::function<result<std::optional<event>>()>;

/// What a recovery starts from: a snapshot, or nothing.
struct recovery_point {
  std::uint64_t covered = 0;   ///< inputs up to here are in the state
  std::uint64_t mark = 0;      ///< own outputs up to here are in the state
};

class host_core {
 public:
  host_core(host_definition definition, std::shared_ptr<hosted_service> service) : definition_(std::move(definition)), service_(std::move(service)) {}

  /// Begins a life. Inputs up to `decided_to` have recorded reactions; later ones are decided anew.
  void begin(std::uint32_t incarnation, std::uint64_t decided_to) {
    incarnation_ = incarnation;
    decided_to_ = decided_to;
  }

  /// Folds the log. `inputs` yields every event after point.covered, `own` this host's own events after point.mark; both end at the registration seq.
  /// Two independent cursors: an input up to decided_to is applied and then what is recorded for it; a later one is decided, and its reaction is
  /// handed to `propose` (empty ones too).
  result<void> recover(const recovery_point& point, const event_source& inputs, const event_source& own,
                       const std::function<void(reaction)>& propose);

  /// One live input. Nothing where the event is not for this host. An error: the service cannot answer it.
  result<std::optional<reaction>> take(const event& e);

  [[nodiscard]] const host_definition& definition() const { return definition_; }
  [[nodiscard]] hosted_service& service() { return *service_; }
  [[nodiscard]] const hosted_service& service() const { return *service_; }
  [[nodiscard]] std::uint32_t incarnation() const { return incarnation_; }
  /// The newest input consumed.
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }
  [[nodiscard]] std::uint64_t decided_to() const { return decided_to_; }

 private:
  host_definition definition_;
  std::shared_ptr<hosted_service> service_;
  std::uint32_t incarnation_ = 0;
  std::uint64_t decided_to_ = 0;
  std::uint64_t consumed_ = 0;
  std::vector<event> buffer_;
};

/// Marks of the runtime that carry a host's id but are not outputs of its service.
bool is_host_mark(std::uint16_t type_number);

}  // namespace tomnext::actors
