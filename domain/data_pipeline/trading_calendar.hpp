// Rolls the trading day at the instants that the calendar gives.
#pragma once
#include <map>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"

namespace tomnext::data_pipeline {

/// One host for all instruments, and one more where some roll by another profile: each takes the pages of its own. Boundary i of a page ends trading day first_date + i. The day rolls before that instant's quotes: the timer is due
/// one nanosecond earlier. Boundaries that are past when their page comes never roll. A later page replaces the boundaries of the dates that it names.
///
/// A page whose boundaries do not ascend, or lie more than 25 hours apart, and a page that does not fit between its neighbours, is refused whole.
class trading_calendar {
 public:
  static constexpr const char* service = "data_pipeline";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<calendar_defined, timer_fired>;
  using outputs = type_list<trading_day_rolled, timer_armed>;

  explicit trading_calendar(host_id self, roll_profile roll = roll_profile::new_york) : self_(self), roll_(roll) {}

  void apply(const header& h, const calendar_defined& e);
  void apply(const header&, const trading_day_rolled& e);
  void apply(const header&, const timer_armed& e);

  void decide(const header& h, const calendar_defined& e, outbox& out) const;
  void decide(const header& h, const timer_fired& e, outbox& out) const;

  /// Boundaries that have not rolled yet.
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }

  template <class Archive> void archive(Archive& a) { a(pending_, refused_, generation_, armed_for_); }

 private:
  [[nodiscard]] bool fits(const calendar_defined& e) const;
  void arm(timestamp boundary, outbox& out) const;

  host_id self_;
  roll_profile roll_;
  std::map<date, timestamp> pending_;  // instants ascend with their dates
  bool refused_ = false;               // the newest page was
  std::uint32_t generation_ = 0;
  timestamp armed_for_;  // the boundary that the newest timer is for
};

}  // namespace tomnext::data_pipeline
