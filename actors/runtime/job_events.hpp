// What happens to jobs as events of the log, and back.
#pragma once
#include <functional>
#include <optional>

#include "actors/protocols.hpp"
#include "actors/runtime/calendar_scheduler.hpp"

namespace tomnext::actors {

/// Text that is longer than an event holds is cut. The host is supervision's ingress; the log stamps it with the market's present, so wall time travels in it.
[[nodiscard]] event event_of(const calendar::job_change& c);
/// Nothing where the event is about no job.
[[nodiscard]] std::optional<calendar::job_change> change_of(const event& e);

/// Offers what has happened as urgent inputs, all or nothing, and waits until it is durable. Where the answer is lost on its way it is offered again, and may
/// be in the log twice: whoever folds it passes over the second time. What earlier lives have offered is in the log, or was refused, when nothing behind it
/// waits any more.
[[nodiscard]] job_log jobs_in_log(std::function<time_protocol()> time_authority, std::function<journal_protocol()> journal,
                                  std::function<feed_protocol()> feed);

}  // namespace tomnext::actors
