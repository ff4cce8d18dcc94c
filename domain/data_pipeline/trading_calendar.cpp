#include "domain/data_pipeline/trading_calendar.hpp"

#include <string>

#include "domain/calendar/fx_day.hpp"

namespace tomnext::data_pipeline {
namespace {

constexpr timer_id day_timer{1};
// About forty years of days.
constexpr std::size_t pending_max = 15'000;

date nth(const calendar_defined& e, std::size_t i) { return {e.first_date.days + static_cast<std::int32_t>(i)}; }

}  // namespace

// Instants must go on ascending with the dates when the page is put among what is pending already.
bool trading_calendar::fits(const calendar_defined& e) const {
  if (e.boundaries.empty()) return true;
  if (!calendar::well_formed({e.boundaries.begin(), e.boundaries.end()})) return false;
  if (pending_.size() + e.boundaries.size() > pending_max) return false;
  const auto next = pending_.lower_bound(nth(e, e.boundaries.size()));
  const auto first = pending_.lower_bound(e.first_date);
  if (next != pending_.end() && next->second <= e.boundaries[e.boundaries.size() - 1]) return false;
  return first == pending_.begin() || std::prev(first)->second < e.boundaries[0];
}

void trading_calendar::apply(const header& h, const calendar_defined& e) {
  refused_ = e.roll == roll_ && !fits(e);
  if (refused_ || e.roll != roll_) return;
  for (std::size_t i = 0; i < e.boundaries.size(); ++i) {
    if (e.boundaries[i] > h.at) pending_[nth(e, i)] = e.boundaries[i];
    else pending_.erase(nth(e, i));
  }
}

void trading_calendar::apply(const header&, const trading_day_rolled& e) { pending_.erase(e.closed); }

void trading_calendar::apply(const header&, const timer_armed& e) {
  generation_ = e.generation;
  armed_for_ = e.due + 1;
}

void trading_calendar::arm(timestamp boundary, outbox& out) const { out.emit(timer_armed{self_, day_timer, generation_ + 1, boundary - 1}); }

void trading_calendar::decide(const header&, const calendar_defined& e, outbox& out) const {
  if (refused_)
    return out.fail(errc::invalid_argument, "calendar page " + std::to_string(e.version) + " from " + to_string(e.first_date) +
                                                ": its boundaries must ascend, at most 25 hours apart and between those of its neighbours, at most " +
                                                std::to_string(pending_max) + " pending");
  if (pending_.empty() || e.roll != roll_) return;
  if (const timestamp next = pending_.begin()->second; generation_ == 0 || next != armed_for_) arm(next, out);
}

void trading_calendar::decide(const header&, const timer_fired& e, outbox& out) const {
  if (e.generation != generation_ || pending_.empty()) return;
  const auto today = pending_.begin();
  if (today->second - 1 != e.due) return;
  out.emit(trading_day_rolled{today->first, today->second, roll_});
  if (const auto tomorrow = std::next(today); tomorrow != pending_.end()) arm(tomorrow->second, out);
}

}  // namespace tomnext::data_pipeline
