// Rolls the day as the comparison does that financing `compat` is for: not at an instant, but after the first event that has come to it.
#pragma once
#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"

namespace tomnext::data_pipeline {

/// On the first event (quote or bar) of each UTC day its boundary is set: 22:00 UTC of the date that the event has five hours west of UTC, which may be past
/// already. The day rolls once all that the first event at or after the boundary has caused is done, and before anything later: by a timer that is due one
/// nanosecond before that event's own time. Only deployments that compare have this host; its roll is nobody's trading day.
class comparison_clock {
 public:
  static constexpr const char* service = "data_pipeline";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<quote_accepted, bar_closed, timer_fired>;
  using outputs = type_list<trading_day_rolled, timer_armed>;

  explicit comparison_clock(host_id self) : self_(self) {}

  void apply(const header& h, const quote_accepted&) { see(h.at); }
  void apply(const header& h, const bar_closed&) { see(h.at); }
  void apply(const header&, const timer_armed& e) { generation_ = e.generation; }
  void apply(const header&, const trading_day_rolled&) {}

  void decide(const header& h, const quote_accepted&, outbox& out) const { arm(h.at, out); }
  void decide(const header& h, const bar_closed&, outbox& out) const { arm(h.at, out); }
  void decide(const header&, const timer_fired& e, outbox& out) const;

  /// Of the newest event's day.
  [[nodiscard]] timestamp boundary() const { return boundary_; }

  template <class Archive> void archive(Archive& a) { a(day_, boundary_, rolled_, reached_, generation_); }

 private:
  void see(timestamp now);
  void arm(timestamp now, outbox& out) const;

  host_id self_;
  date day_{INT32_MIN};   // UTC, of the newest event
  timestamp boundary_;    // of that day
  bool rolled_ = false;   // the boundary was reached by an event before the newest
  bool reached_ = false;  // by the newest, for the first time
  std::uint32_t generation_ = 0;
};

}  // namespace tomnext::data_pipeline
