#include "domain/data_pipeline/aggregator.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace tomnext::data_pipeline {
namespace {

constexpr std::size_t specifications_max = 64;
constexpr std::uint32_t step_max_s = 31 * 86'400;
// Far from the ends of the representable times, so that a hostile source time cannot overflow a boundary.
constexpr std::int64_t time_max_ns = std::int64_t{1} << 62;
// An overtaken timer leaves at most so many empty bars to one reaction; a runtime that is further behind does not fire its timers at all.
constexpr std::int64_t filled_max = 4'096;

}  // namespace

result<void> validate(const aggregator_configuration& c) {
  const auto refuse = [](std::string why) { return error(errc::configuration_value, "bars: " + std::move(why)); };
  if (c.bars.size() > specifications_max) return refuse("at most " + std::to_string(specifications_max) + " specifications an instrument");
  for (std::size_t i = 0; i < c.bars.size(); ++i) {
    if (c.bars[i].step_s == 0 || c.bars[i].step_s > step_max_s) return refuse(to_string(c.bars[i]) + " is not between 1s and 31d");
    if (static_cast<std::size_t>(c.bars[i].from) > 2) return refuse(to_string(c.bars[i]) + " has a price side other than bid, ask or mid");
    if (c.bars[i].offset_s >= c.bars[i].step_s) return refuse(to_string(c.bars[i]) + " has an offset that is not below its step");
    if (std::find(c.bars.begin(), c.bars.begin() + static_cast<std::ptrdiff_t>(i), c.bars[i]) != c.bars.begin() + static_cast<std::ptrdiff_t>(i))
      return refuse(to_string(c.bars[i]) + " is listed twice");
  }
  return {};
}

aggregator::aggregator(host_id self, aggregator_configuration c)
    : self_(self), instrument_(c.instrument), without_updates_(c.without_updates), ignored_flags_(c.flagged_quotes_aggregate ? 0 : ~std::uint32_t{0}) {
  if (!validate(c)) std::abort();
  for (const auto& b : c.bars) {
    series s;
    s.spec = b;
    s.from = b.from;
    s.open_end = b.interval == bar_interval::right_open ? 1 : 0;
    series_.push_back(s);
  }
}

// A quote that does not lie in the open bar: it opens one, comes late, or has overtaken the timer.
void aggregator::outside(series& s, std::int64_t t, std::int64_t p) {
  const bool open = s.span != 0;
  const bool closed_already = !open && s.generation != 0 && t <= s.last();
  if (closed_already || (open && t <= s.last()) || t > time_max_ns || t < -time_max_ns || s.overtaken) {
    ++late_;
    return;
  }
  if (open) {
    s.overtaken = true;
    s.overtaken_closes_at = s.closes_at;
    s.overtaken_prices = s.ticks > 0 ? std::array{s.open, s.high, s.low, s.close} : std::array{s.close, s.close, s.close, s.close};
    s.overtaken_ticks = s.ticks;
  }
  s.closes_at = s.boundary_of(t);
  s.span = static_cast<std::uint64_t>(s.step_ns());
  s.empty();
  s.add(p);
  needs_decision_ = true;
}

bar_closed aggregator::bar_of(const series& s, std::int64_t closes_at, std::array<std::int64_t, 4> prices, std::uint32_t ticks) const {
  bar_closed b;
  b.instrument = instrument_;
  b.step_s = s.spec.step_s;
  b.from = s.from;
  b.interval = s.spec.interval;
  b.stamp = s.spec.stamp;
  b.offset_s = s.spec.offset_s;
  b.opened_at = {closes_at - s.step_ns()};
  b.closed_at = {closes_at};
  b.open = {prices[0]};
  b.high = {prices[1]};
  b.low = {prices[2]};
  b.close = {prices[3]};
  b.ticks = ticks;
  return b;
}

void aggregator::arm(std::size_t i, std::int64_t due, outbox& out) const {
  out.emit(timer_armed{self_, timer_id{static_cast<std::uint32_t>(i + 1)}, series_[i].generation + 1, timestamp{due}});
}

void aggregator::open_bars(outbox& out) const {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const auto& s = series_[i];
    if (s.overtaken) close_overtaken(s, out);
    if (s.span != 0 && (s.armed_for != s.last() || s.generation == 0)) arm(i, s.last(), out);
  }
}

void aggregator::close_overtaken(const series& s, outbox& out) const {
  out.emit(bar_of(s, s.overtaken_closes_at, s.overtaken_prices, s.overtaken_ticks));
  if (!without_updates_) return;
  const std::int64_t last = s.overtaken_prices[3];
  if ((s.closes_at - s.overtaken_closes_at) / s.step_ns() > filled_max)
    return out.fail(errc::overloaded, "bars " + to_string(s.spec) + ": a quote overtook the timer of " + to_string(timestamp{s.overtaken_closes_at}) +
                                          " by more than " + std::to_string(filled_max) + " bars; timers must fire before later quotes");
  for (std::int64_t t = s.overtaken_closes_at + s.step_ns(); t < s.closes_at; t += s.step_ns()) out.emit(bar_of(s, t, {last, last, last, last}, 0));
}

void aggregator::decide(const header&, const timer_fired& e, outbox& out) const {
  const std::size_t i = e.timer.value - 1;
  if (e.timer.value == 0 || i >= series_.size()) return;
  const auto& s = series_[i];
  if (s.span == 0 || e.generation != s.generation) return;
  out.emit(bar_of(s, s.closes_at, s.ticks > 0 ? std::array{s.open, s.high, s.low, s.close} : std::array{s.close, s.close, s.close, s.close}, s.ticks));
  if (without_updates_) arm(i, s.last() + s.step_ns(), out);
}

void aggregator::apply(const header&, const bar_closed& e) {
  for (auto& s : series_) {
    if (s.spec != e.spec()) continue;
    if (s.overtaken) {
      s.overtaken = false;  // the open bar is a later one
      continue;
    }
    if (e.closed_at.ns != s.closes_at || s.span == 0) continue;
    s.empty();
    if (without_updates_) s.closes_at += s.step_ns();
    else s.span = 0;
  }
}

void aggregator::apply(const header&, const timer_armed& e) {
  auto& s = series_[e.timer.value - 1];
  s.generation = e.generation;
  s.armed_for = e.due.ns;
  needs_decision_ = false;
}

}  // namespace tomnext::data_pipeline
