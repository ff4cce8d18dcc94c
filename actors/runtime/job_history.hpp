// What the log says of jobs: it outlives the actor that runs them, as the log does.
#pragma once
#include <cstdint>

#include "domain/events/event.hpp"
#include "domain/calendar/job_change.hpp"

namespace tomnext::actors {

/// The fold of the log's events, each of them once, however often it is told. Of one context at a time: whoever restores the node, then each life of the
/// scheduler, which reads the durable feed.
class job_history {
 public:
  /// In the order of the log. What was heard before changes nothing.
  void apply(const event& e);
  [[nodiscard]] const calendar::job_records& records() const { return records_; }

  /// Something is offered to the log from here on: what is in it may not have been heard of yet.
  void offered() { offered_ = true; }
  [[nodiscard]] bool may_lag() const { return offered_; }

 private:
  calendar::job_records records_;
  std::uint64_t through_ = 0;
  bool offered_ = false;
};

}  // namespace tomnext::actors
