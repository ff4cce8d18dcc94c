#include "actors/replay/equity_curve.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tomnext::replay {

bool equity_curve::kept_for(const config::deployment& d) {
  return std::all_of(d.strategies.begin(), d.strategies.end(),
                     [&](const auto& s) { return s.instrument.value > 0 && d.instruments.at(s.instrument.value - 1).quote == d.account.in; });
}

equity_curve::equity_curve(const config::deployment& d) : minor_units_(static_cast<double>(power_of_ten(d.account.minor_units))) {
  if (kept_for(d)) strategies_ = d.strategies;
}

double equity_curve::equity() const {
  double sum = static_cast<double>(balance_.value) / minor_units_;
  for (const auto& [position, h] : held_)
    if (const auto mark = marks_.find(h.instrument); mark != marks_.end()) sum += h.units * (mark->second - h.average);
  return sum;
}

void equity_curve::take(const header&, const bar_closed& e) {
  const bool traded_on = std::any_of(strategies_.begin(), strategies_.end(), [&](const auto& s) { return s.instrument == e.instrument && s.bars == e.spec(); });
  if (!traded_on) return;
  marks_[e.instrument] = e.close.to_double();
  // Bars of several pairs that close at one instant are one point.
  if (points_.empty() || points_.back().at != e.closed_at) points_.push_back({e.closed_at, 0});
  points_.back().equity = equity();
}

void equity_curve::take(const header&, const cash_moved& e) { balance_ = e.balance; }

void equity_curve::take(const header&, const position_changed& e) {
  balance_ = e.balance;
  if (e.net) held_[e.position] = {e.instrument, e.net.to_double(), e.average_price};
  else held_.erase(e.position);
  if (ended_ && !points_.empty()) points_.back().equity = equity();
}

std::string to_csv(const std::vector<equity_point>& points, std::uint32_t minor_units) {
  std::string out = "at,equity\n";
  for (const auto& p : points) out += fmt::format("{},{:.{}f}\n", to_string(p.at), p.equity, minor_units);
  return out;
}

}  // namespace tomnext::replay
