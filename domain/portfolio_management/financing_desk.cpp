#include "domain/portfolio_management/financing_desk.hpp"

#include <algorithm>

namespace tomnext::portfolio_management {
namespace {

swap_unit unit_of(financing_method m) {
  switch (m) {
    case financing_method::annual_rate: return swap_unit::annual_rate;
    case financing_method::tomnext: return swap_unit::tomnext;
    case financing_method::differential:
    case financing_method::compat: return swap_unit::interest;
    case financing_method::none:
    case financing_method::points: break;
  }
  return swap_unit::points;
}

error unknown(instrument_id i) { return {errc::unknown_instrument, "financing: instrument " + std::to_string(i.value) + " is not defined"}; }

}  // namespace

void financing_desk::define(const instrument_defined& e) { instruments_[e.instrument] = {e.base, e.quote, e.spot_lag_days, e.price_precision, e.roll}; }

result<void> financing_desk::define(const holidays_defined& e) {
  std::set<date> dates;
  for (const auto t : e.dates) dates.insert(utc_date(t));
  return holidays_.define(e.of, e.version, dates);
}

result<void> financing_desk::publish(const swap_rates_published& e) {
  if (!known(e.instrument)) return unknown(e.instrument);
  if (e.last < e.first)
    return error(errc::invalid_argument, "swap rates from " + to_string(e.first) + " to " + to_string(e.last) + ": the last day lies before the first");
  auto& all = published_[e.instrument];
  if (all.size() == publications_max)
    return error(errc::overloaded,
                 "more than " + std::to_string(publications_max) + " publications of swap rates of instrument " + std::to_string(e.instrument.value));
  all.push_back({e.first, e.last, e.unit, e.long_rate, e.short_rate, e.nights});
  return {};
}

result<void> financing_desk::report(const swap_reported& e) {
  if (!known(e.instrument)) return unknown(e.instrument);
  if (is_over(e.instrument, e.day)) return {};
  if (reported_.size() == reported_max) return error(errc::overloaded, "more than " + std::to_string(reported_max) + " reported swaps wait for their rolls");
  reported_[{e.day, e.instrument}] = e.booked;
  return {};
}

void financing_desk::roll(const trading_day_rolled& e) {
  auto& newest = rolled_[static_cast<std::size_t>(e.roll) % rolled_.size()];
  newest = std::max(newest, e.closed);
}

void financing_desk::booked(const financing_booked& e) {
  if (e.method == financing_method::compat) return;
  const std::pair key{e.day, e.instrument};
  booked_[key].value += e.booked.value;
  while (booked_.size() > days_kept_max) {
    forgotten_through_ = std::max(forgotten_through_, booked_.begin()->first.first);
    booked_.erase(booked_.begin());
  }
  if (e.state == financing_state::deferred) {
    waiting_[e.instrument].push_back({e.position, e.strategy, e.day, e.value_date, e.days, e.net, e.mark});
    ++deferred_;
    return;
  }
  if (e.state == financing_state::reported || e.state == financing_state::corrected) reported_.erase(key);
  if (e.state != financing_state::booked) stop_waiting(e);
}

void financing_desk::stop_waiting(const financing_booked& e) {
  const auto found = waiting_.find(e.instrument);
  if (found == waiting_.end()) return;
  // The broker's amount is for all that was held.
  const auto ends = [&](const waiting& w) { return w.day == e.day && (e.state == financing_state::corrected || w.position == e.position); };
  deferred_ -= std::erase_if(found->second, ends);
  if (found->second.empty()) waiting_.erase(found);
}

const financing_desk::instrument* financing_desk::known(instrument_id i) const {
  const auto found = instruments_.find(i);
  return found == instruments_.end() ? nullptr : &found->second;
}

bool financing_desk::rolls_with(instrument_id i, roll_profile roll) const {
  const auto* x = known(i);
  return x != nullptr && x->roll == roll;
}

std::uint32_t financing_desk::price_precision(instrument_id i) const {
  const auto* x = known(i);
  return x == nullptr ? price::scale : x->price_precision;
}

result<calendar::roll_interest> financing_desk::roll_of(instrument_id i, date day) const {
  const auto* x = known(i);
  if (x == nullptr) return unknown(i);
  return calendar::roll_of(day, {x->base, x->quote, x->lag_days}, holidays_);
}

std::optional<swap_rates_published> financing_desk::rates(instrument_id i, date day) const {
  const auto found = published_.find(i);
  if (found == published_.end()) return std::nullopt;
  const auto unit = unit_of(configuration_.method);
  const auto newest =
      std::find_if(found->second.rbegin(), found->second.rend(), [&](const figures& f) { return f.unit == unit && f.first <= day && day <= f.last; });
  if (newest == found->second.rend()) return std::nullopt;
  return swap_rates_published{i, newest->first, newest->last, newest->unit, newest->long_rate, newest->short_rate, newest->nights, {}};
}

result<ledger::fraction> financing_desk::amount_of(instrument_id i, const swap_rates_published& r, const ledger::overnight& held) const {
  const auto* x = known(i);
  if (x == nullptr) return unknown(i);
  const auto count = [&](currency c) { return configuration_.day_count != 0 ? configuration_.day_count : ledger::day_count_of(c); };
  return ledger::financing_of(r, held, {x->price_precision, count(x->base), count(x->quote), configuration_.markup});
}

const std::vector<financing_desk::waiting>* financing_desk::waiting_for(instrument_id i) const {
  const auto found = waiting_.find(i);
  return found == waiting_.end() ? nullptr : &found->second;
}

std::optional<amount> financing_desk::reported(instrument_id i, date day) const {
  const auto found = reported_.find({day, i});
  if (found == reported_.end()) return std::nullopt;
  return found->second;
}

bool financing_desk::is_over(instrument_id i, date day) const {
  const auto* x = known(i);
  return x != nullptr && day <= rolled_[static_cast<std::size_t>(x->roll) % rolled_.size()];
}

std::optional<amount> financing_desk::booked_for(instrument_id i, date day) const {
  if (day <= forgotten_through_) return std::nullopt;
  const auto found = booked_.find({day, i});
  return found == booked_.end() ? amount{} : found->second;
}

}  // namespace tomnext::portfolio_management
